"""Every refusal is a problem document, and a 401 names the authentication scheme."""

import html
import json

import pytest
from starlette.requests import Request

from mshield.server.error_codes import BY_CODE
from mshield.server.errors import in_general
from mshield.server.http.audiences import AUDIENCES
from mshield.server.http.problems import MEDIA_TYPE, Refusals
from mshield.server.staff.rules import StaffRole
from tests.support.application import Application
from tests.support.assertions import assert_refused
from tests.support.cases import cases
from tests.support.console_people import API, Clerk


@cases(
    ("method", "path", "status", "allow"),
    [
        ("GET", "/api/nothing", 404, None),
        ("GET", "/nothing", 404, None),
        ("GET", "/api/faq/", 404, None),
        ("GET", "/openapi/nobody.json", 404, None),
        ("PUT", "/api/phone/renewals/current", 405, "DELETE, GET"),
        ("GET", "/api/phone/keys/00/open", 405, "POST"),
        ("OPTIONS", "/api/portal/session", 405, "DELETE, GET"),
        ("TRACE", "/api/faq", 405, "GET, HEAD"),
        ("POST", "/pki/root.cer", 405, "GET, HEAD"),
    ],
)
async def test_unknown_addresses_and_methods_are_refused(
    application: Application, method: str, path: str, status: int, allow: str | None
) -> None:
    answer = await application.http.request(method, path)
    assert answer.status_code == status
    assert answer.headers.get("allow") == allow
    assert answer.headers["content-type"] == MEDIA_TYPE
    assert answer.json()["status"] == status


@cases("path", ["/nonsense", "/portal2/x", "/oidc/nothing", "/problems/nothing"])
async def test_a_person_gets_a_page_at_an_unknown_address(application: Application, path: str) -> None:
    browser = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8", "Accept-Language": "en-US,en;q=0.9"}
    answer = await application.http.get(path, headers=browser)
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert "There is no such page" in answer.text
    assert 'href="/download"' in answer.text
    assert "没有" not in answer.text
    chinese = await application.http.get(path, headers=browser | {"Accept-Language": "zh-CN"})
    assert "没有这个页面" in chinese.text
    assert (await application.http.get(path)).headers["content-type"] == MEDIA_TYPE
    posted = await application.http.post(path, headers=browser)
    assert posted.headers["content-type"] == MEDIA_TYPE


async def test_every_problem_has_its_page_in_one_language(application: Application) -> None:
    for code, error in BY_CODE.items():
        zh, en = in_general(error)
        assert not set("{}…") & set(zh + en), code
        for lang, own, other in (("zh", zh, en), ("en", en, zh)):
            answer = await application.http.get(f"/problems/{code}?lang={lang}")
            assert answer.status_code == 200, code
            text = html.unescape(answer.text)
            assert own in text, code
            assert other not in text, code
            assert code in text


async def test_the_documents_are_listed_for_people(application: Application) -> None:
    for lang, title in (("zh", "接口文档"), ("en", "Documents of the API")):
        text = (await application.http.get(f"/docs?lang={lang}")).text
        assert title in text
        assert (await application.http.get(f"/docs/?lang={lang}")).text == text
        for name in AUDIENCES:
            assert f'href="/openapi/{name}.json"' in text
        assert "POST /api/business/requests" in text


@cases("path", ["/pki/root.cer", "/pki/issuing.crl", "/healthz", "/api/faq", "/openapi/pc.json"])
async def test_public_resource_answers_head(application: Application, path: str) -> None:
    got, head = await application.http.get(path), await application.http.head(path)
    assert (head.status_code, head.content) == (200, b"")
    assert got.content
    for name in ("content-type", "content-length", "cache-control", "etag"):
        assert head.headers.get(name) == got.headers.get(name)


async def test_authenticated_resource_refuses_head(application: Application) -> None:
    answer = await application.http.head("/api/portal/session")
    assert (answer.status_code, answer.headers["allow"]) == (405, "DELETE, GET")


@cases(
    ("path", "challenge"),
    [
        ("/api/phone/me", 'DPoP algs="ES256"'),
        ("/api/portal/session", 'Session realm="mshield-portal"'),
        ("/api/business/requests/x", 'Basic realm="mshield", charset="UTF-8"'),
        ("/api/console/acts", 'Bearer realm="mshield"'),
        ("/api/pc/requests/x", 'Bearer realm="mshield"'),
    ],
)
async def test_a_401_names_the_scheme_of_its_audience(
    application: Application, path: str, challenge: str
) -> None:
    answer = await application.http.get(path)
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == challenge


async def test_a_wrong_proof_is_named_by_its_standard(application: Application) -> None:
    device = application.device()
    answer = await device.send("POST", "/api/phone/sessions", b"{}", "nothing")
    assert answer.status_code == 422  # the body is validated first
    device.token = "x" * 43
    answer = await device.send("GET", "/api/phone/me", b"", "nothing")
    assert_refused(answer, "invalid_proof")
    assert answer.headers["www-authenticate"] == 'DPoP algs="ES256", error="invalid_dpop_proof"'


async def test_unexpected_error_is_logged_but_not_revealed(caplog: pytest.LogCaptureFixture) -> None:
    scope = {
        "type": "http",
        "method": "GET",
        "path": "/",
        "headers": [],
        "mshield.request_id": "5f0c1e9a77b3d204",
    }
    answer = await Refusals({})(Request(scope), RuntimeError("what lies within"))
    assert answer.status_code == 500
    told = json.loads(bytes(answer.body))
    assert (told["code"], told["request_id"]) == ("internal", "5f0c1e9a77b3d204")
    assert b"lies within" not in bytes(answer.body)
    assert "5f0c1e9a77b3d204" in caplog.text
    assert "what lies within" in caplog.text


@pytest.mark.parametrize("damage", ["readable", "missing", "another"])
async def test_unusable_master_key_is_a_refusal_with_a_code(application: Application, damage: str) -> None:
    """The operator finds the cause in the log and in the check `keys`; a caller tries again later."""
    clerk = await Clerk.added(application, StaffRole.AUDITOR)
    file = application.context.settings.keys.master_key_file
    if damage == "readable":
        file.chmod(0o644)
    elif damage == "missing":
        file.unlink()
    else:
        file.write_text("no key\n")
    answer = await clerk.http.post(f"{API}/set-ups", json={"code": clerk.set_up_code})
    assert_refused(answer, "unavailable", 503)
