"""Each operation has realistic examples that match their schemas, and its page names the same refusals."""

import base64
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, Final

import pytest

from mshield.client import verify
from mshield.server.error_codes import BY_CODE
from mshield.server.http.openapi.examples import Example, examples
from tests.support.conformance import document, faults
from tests.support.generated_pages import DOCS

_SHOWN: Final = re.compile(r"application/(.+\+)?(json|x-www-form-urlencoded)|text/(?!html)")
"""Bodies that an example can show; a binary file or a page can't."""

_OPERATIONS: Final = {
    f"{method.upper()} {path}": operation
    for path, item in document()["paths"].items()
    for method, operation in item.items()
}


def _bodies(operation: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yields place and content of bodies that can be shown; of several media types the first."""
    asked = operation.get("requestBody", {}).get("content", {})
    answers = {status: each.get("content", {}) for status, each in operation["responses"].items()}
    for place, content in {"request": asked, **answers}.items():
        shown = [each for media_type, each in content.items() if _SHOWN.match(media_type)]
        if shown:
            yield place, shown[0]


def _value(example: dict[str, Any]) -> Any:
    if "$ref" in example:
        name = example["$ref"].removeprefix("#/components/examples/")
        example = document()["components"]["examples"][name]
    return example["value"]


@pytest.mark.parametrize("name", sorted(_OPERATIONS))
def test_an_operation_has_its_examples(name: str) -> None:
    operation = _OPERATIONS[name]
    missing = [place for place, content in _bodies(operation) if not content.get("examples")]
    missing += [
        each["name"] for each in operation.get("parameters", ()) if each["required"] and "example" not in each
    ]
    assert not missing, (
        f"put them into server/http/openapi/examples, at {operation['operationId']} (see CONTRIBUTING.md)"
    )


@pytest.mark.parametrize("name", sorted(_OPERATIONS))
def test_the_examples_fit_their_schemas(name: str) -> None:
    operation = _OPERATIONS[name]
    for place, content in _bodies(operation):
        for example in content.get("examples", {}).values():
            assert not faults(content["schema"], _value(example)), f"{name} {place}"
    for each in operation.get("parameters", ()):
        if "example" in each:
            assert not faults(each["schema"], each["example"]), f"{name} {each['name']}"


def test_the_problems_are_problems() -> None:
    for code, example in document()["components"]["examples"].items():
        assert not faults({"$ref": "#/components/schemas/Problem"}, example["value"])
        assert example["value"]["code"] == code
        assert example["value"]["zh"] != example["value"]["en"]


def test_examples_have_no_removed_operations_or_codes() -> None:
    ids = {operation["operationId"] for operation in _OPERATIONS.values()}
    for operation_id, example in examples().items():
        assert operation_id in ids or operation_id.endswith(" *"), operation_id
        assert set(example.errors) <= BY_CODE.keys(), operation_id


def test_document_names_each_refusal_and_page_only_those() -> None:
    """The document is the complete list; a page names a refusal only to explain it."""
    text = "\n".join(file.read_text("utf-8") for file in (DOCS / "api").glob("*.md"))
    for section in re.split(r"^## ", text, flags=re.MULTILINE)[1:]:
        name, _, body = section.partition("\n")
        if name not in _OPERATIONS:
            continue
        named = {
            code
            for line in re.findall(r"\*\*Errors\*\*(.*?)(?=\n\n|\n- |\n#|\Z)", body, re.DOTALL)
            for code in re.findall(r"`(\w+)`", line)
            if code in BY_CODE
        }
        told = set(re.findall(r"`(\w+)`", str([each["description"] for each in _refusals(name)])))
        own = set(examples().get(_OPERATIONS[name]["operationId"], Example()).errors)
        assert named <= told, f"{name}: the document lacks {sorted(named - told)}"
        assert own <= told, f"{name}: the document lacks {sorted(own - told)}"


def _refusals(name: str) -> list[dict[str, Any]]:
    return [each for status, each in _OPERATIONS[name]["responses"].items() if status >= "4"]


def test_example_result_verifies() -> None:
    result = examples()["getResult"].response
    shown = result["documents"][0]
    verified = verify(
        message=base64.b64decode(shown["message_b64"]),
        signature=base64.b64decode(shown["signature_b64"]),
        certificate=result["certificate_pem"],
        chain=result["chain_pem"][:1],
        roots=[result["chain_pem"][1]],
        at=datetime.fromtimestamp(result["signed_at"] / 1000, UTC),
        ocsp=base64.b64decode(result["ocsp_b64"]),
    )
    assert verified.name == result["signer"]["name"]
    asked = examples()["createRequest"].request["documents"][0]
    assert asked["content_b64"] == shown["message_b64"]
