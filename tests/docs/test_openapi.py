"""Every route is in its audience's OpenAPI document, and each document is valid."""

import json
import re
from pathlib import Path
from typing import Any, Final

import jsonschema_rs
import pytest
from click.testing import CliRunner
from openapi_spec_validator import OpenAPIV31SpecValidator

from mshield.cli.main import main
from mshield.server.http.audiences import AUDIENCES
from mshield.server.http.openapi.documents import Documents
from mshield.server.main import create_app
from mshield.server.settings.settings import Settings
from tests.support.application import running
from tests.support.clock import Clock

_APP: Final = create_app(Settings.of(mode="demo", public_origin="https://shield.example.cn"))
_DOCUMENTS: Final[Documents] = _APP.state.documents
_NOT_DESCRIBED: Final = {
    "/docs": "the API as a page for people",
    "/docs/": "the API as a page for people",
    "/problems/{code}": "an error as a page for people",
    "/openapi.json": "the documents themselves",
    "/openapi/{audience}.json": "the documents themselves",
    "/mshield.js": "a file of the front end",
    "/assets/{name}": "a file of the front end",
    "/app": "the phone app",
    "/portal": "pages of the legal representative's portal",
    "/portal/{path}": "pages of the legal representative's portal",
    "/console": "the console, as staff see it",
    "/console/{path}": "the console, as staff see it",
    "/verify": "the page where anyone verifies a signature",
    "/verify/{path}": "the page where anyone verifies a signature",
    "/register": "the page that registers people on a PC",
    "/register/{path}": "the page that registers people on a PC",
    "/q/{request_id}": "text of a QR code: leads a browser to the phone app",
    "/scanned": "a page for people",
    "/": "leads to /download",
    "/download": "a page for people",
    "/download/qr.svg": "a picture on that page",
    "/app/{path}": "the phone app",
    "/demo": "demonstration only, never in production",
    "/demo/": "demonstration only, never in production",
    "/dev/sms": "demonstration only, never in production",
    "/dev/codes": "of the demonstration",
    "/dev/sms.json": "demonstration only, never in production",
    "/dev/captchas/{captcha_id}": "demonstration only, never in production",
}
_BY_STANDARD: Final = {"application/json", "text/html"}
"""Refusals of OpenID Connect: the standard's own errors for clients, pages for people."""
_PAGES: Final = Path(__file__).parents[2] / "docs/api"
_ANSWERED: Final = 200
_REFUSED: Final = 400


def _operations(document: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {
        f"{method.upper()} {path}": operation
        for path, item in document["paths"].items()
        for method, operation in item.items()
    }


def test_every_route_is_in_one_audiences_document() -> None:
    served = {
        f"{route.method} {route.template}"
        for route in _APP.all_routes
        if route.template not in _NOT_DESCRIBED
    }
    described = [name for audience in AUDIENCES for name in _operations(_DOCUMENTS.of(audience))]
    assert sorted(described) == sorted(served)
    assert set(_operations(_DOCUMENTS.of())) == served


def test_waits_and_redirects_document_their_header() -> None:
    told = {
        (operation["operationId"], status): answer.get("headers", {}).keys()
        for operation in _operations(_DOCUMENTS.of()).values()
        for status, answer in operation["responses"].items()
    }
    for place in (
        ("getEvidence", "409"),
        ("createRequest", "409"),
        ("createRequest", "503"),
        ("authorize", "429"),
    ):
        assert "Retry-After" in told[place], place
    led = {place: names for place, names in told.items() if place[1] == "303"}
    assert ("authorize", "303") in led
    assert [place for place, names in led.items() if "Location" not in names] == []


@pytest.mark.parametrize("audience", [*AUDIENCES, None])
def test_document_is_valid(audience: str | None) -> None:
    document = _DOCUMENTS.of(audience)
    OpenAPIV31SpecValidator(document).validate()
    # This includes regular expressions, which follow JSON Schema's dialect and not Python's.
    names = document["components"]["schemas"]
    jsonschema_rs.Draft202012Validator(
        {
            "components": document["components"],
            "allOf": [{"$ref": f"#/components/schemas/{name}"} for name in names],
        }
    )
    assert document["servers"] == [{"url": "https://shield.example.cn"}]
    defined = set(document["components"]["securitySchemes"])
    ids = []
    for name, operation in _operations(document).items():
        ids.append(operation["operationId"])
        assert operation["summary"], name
        assert operation["description"], name
        assert operation["operationId"].isalnum(), f"{name}: an operation id of its own, in camelCase"
        assert {each for way in operation.get("security", ()) for each in way} <= defined, name
        for status, answer in operation["responses"].items():
            assert answer["description"] != "Successful Response", f"{name} {status}: it has no description"
            assert answer.get("content", {}).get("application/json") != {"schema": {}}, (
                f"{name} {status}: it has no schema"
            )
            if int(status) >= _REFUSED and not _BY_STANDARD & answer["content"].keys():
                assert "application/problem+json" in answer["content"], f"{name} {status}"
                examples = answer["content"]["application/problem+json"]["examples"]
                assert examples, f"{name} {status}: which codes? Put them into server/http/openapi/examples"
    assert len(ids) == len(set(ids))


def test_document_has_only_its_audiences_operations() -> None:
    console = _DOCUMENTS.of("console")
    assert {each["name"] for each in console["tags"]} == {"console"}
    assert set(console["components"]["securitySchemes"]) == {"console", "staff"}
    assert "ActMessage" in console["components"]["schemas"]
    assert "CreateMessage" not in console["components"]["schemas"]
    for audience in AUDIENCES:
        text = json.dumps(_DOCUMENTS.of(audience))
        for name in _DOCUMENTS.of(audience)["components"]["schemas"]:
            assert f"#/components/schemas/{name}" in text


async def test_documents_are_built_on_demand(sqlite_url: str, tmp_path: Path, clock: Clock) -> None:
    async with running(sqlite_url, tmp_path, clock) as application:
        documents: Documents = application.app.state.documents
        await application.http.post("/api/phone/captchas")
        before = documents.are_made
        answer = await application.http.get("/openapi/business.json")
        assert answer.status_code == _ANSWERED
        assert (before, documents.are_made) == (False, True)
        assert answer.json() == documents.of("business")
        assert (await application.http.get("/openapi.json")).json() == documents.of()


def test_an_audiences_pages_have_a_section_for_each_of_its_operations() -> None:
    rows = re.findall(
        r"^\| (\w+) \|.*`/openapi/(\w+)\.json` \|(.*)\|$",
        (_PAGES / "README.md").read_text("utf-8"),
        re.MULTILINE,
    )
    assert [row[:2] for row in rows] == [(name, name) for name in AUDIENCES]
    for audience, _, links in rows:
        text = "\n".join((_PAGES / page).read_text("utf-8") for page in re.findall(r"\]\((\w+\.md)\)", links))
        missing = [name for name in _operations(_DOCUMENTS.of(audience)) if f"\n## {name}\n" not in text]
        assert not missing, audience


def test_the_inbox_description_states_its_order() -> None:
    """`tests/requests/test_inbox.py` checks the order itself."""
    document = _DOCUMENTS.of("phone")
    answer = document["paths"]["/api/phone/inbox"]["get"]["responses"]["200"]["description"]
    for text in (answer, document["components"]["schemas"]["InboxMessage"]["description"]):
        assert "newest first" in text


def test_the_command_prints_the_same(tmp_path: Path) -> None:
    printed = CliRunner().invoke(main, ["openapi", "portal"])
    assert json.loads(printed.stdout)["paths"] == _DOCUMENTS.of("portal")["paths"]
    file = tmp_path / "openapi.json"
    assert CliRunner().invoke(main, ["openapi", "-o", str(file)]).exit_code == 0
    assert json.loads(file.read_text("utf-8"))["paths"] == _DOCUMENTS.of()["paths"]
    assert CliRunner().invoke(main, ["openapi", "nobody"]).exit_code == 2
