"""The refusals in the OpenAPI documents: which codes an operation's problem documents can have, each with an example.

What follows from an operation's form (its authentication, its body) is said here once, which statuses it has too; the
rest stands in `examples`. A route declares only what neither tells.
"""

from collections import defaultdict
from typing import Any, Final

from mshield.domain.errors import BY_CODE, Json
from mshield.web.audiences import CSRF_HEADER, challenge
from mshield.web.body import ProtocolWire
from mshield.web.idempotency_key import HEADER as _KEY_HEADER
from mshield.web.openapi.examples import examples
from mshield.web.openapi.messages import PROBLEM_TYPE, RETRY_AFTER, STRUCT, STRUCTS
from mshield.web.problems import STATUS, document

_PROBLEM: Final[dict[str, Any]] = {
    "type": "object",
    "description": "A problem document (RFC 9457). Programs decide by `code`, which is stable; `zh` and `en` are for "
    "people, `faq` is the entry of `GET /api/faq` that helps. Any operation may also answer 500 `internal`",
    "required": ["type", "title", "status", "detail", "code", "zh", "en", "faq", "request_id"],
    "properties": {
        "type": {"type": "string", "format": "uri-reference"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "code": {"type": "string"},
        "zh": {"type": "string"},
        "en": {"type": "string"},
        "faq": {"type": ["string", "null"]},
        "request_id": {"type": ["string", "null"]},
    },
    "additionalProperties": True,
}
_BY_SCHEME: Final[dict[str, dict[int, tuple[str, ...]]]] = {
    "phone": {401: ("unauthenticated", "invalid_proof")},
    "portal": {401: ("unauthenticated",)},
    "business": {401: ("wrong_client",)},
    "staff": {401: ("wrong_staff_token",), 403: ("forbidden",)},
    "console": {401: ("unauthenticated",)},
    "status_token": {401: ("wrong_status_token",)},
}
_EXTRA: Final[dict[str, Json]] = {
    "left": 2,
    "retry_after": 42,
    "limit": 6,
    "lines": 3,
    "phone_masked": "138****6027",
    "source": "single-window",
}
"""For the numbers and names in sentences."""


def describe(raw: dict[str, Any]) -> None:
    """Completes the refusals of all operations."""
    raw["components"]["schemas"]["Problem"] = _PROBLEM
    raw["components"]["examples"] = {
        code: {"value": _example(code, STATUS[code])} for code in sorted(BY_CODE)
    }
    for path, item in raw["paths"].items():
        for operation in item.values():
            _describe(path, operation)


def _describe(path: str, operation: dict[str, Any]) -> None:
    responses = operation["responses"]
    example = examples().get(operation["operationId"])
    by_status: dict[int, list[str]] = defaultdict(list)
    for code in example.errors if example else ():
        by_status[STATUS[code]].append(code)
    declared = {int(status) for status, answer in responses.items() if _refuses(answer)}
    for status in sorted({*by_status, *declared, *_of_its_caller(operation), *_of_its_body(operation)}):
        codes = sorted({*by_status[status], *_usual(status, operation, known=bool(by_status[status]))})
        responses[str(status)] = _answer(path, status, codes)
    operation["responses"] = dict(sorted(responses.items()))


def _of_its_caller(operation: dict[str, Any]) -> set[int]:
    """Who calls must be known, which asks the database."""
    refusals = [_BY_SCHEME[scheme] for scheme in _schemes(operation) if scheme in _BY_SCHEME]
    changes = {403} if CSRF_HEADER in _headers(operation) else set()
    return changes.union(*refusals, {503} if refusals else ())


def _of_its_body(operation: dict[str, Any]) -> set[int]:
    """What isn't JSON is malformed; other JSON than the message's an invalid request, unless by the protocol."""
    messages = _messages(operation)
    return {400 for _ in messages} | {422 for message in messages if not issubclass(message, ProtocolWire)}


def _messages(operation: dict[str, Any]) -> list[type]:
    content = operation.get("requestBody", {}).get("content", {})
    references = (body.get("schema", {}).get("$ref", "") for body in content.values())
    return [STRUCTS[reference] for reference in references if reference.startswith(STRUCT)]


def _schemes(operation: dict[str, Any]) -> set[str]:
    return {name for way in operation.get("security", ()) for name in way}


def _headers(operation: dict[str, Any]) -> set[str]:
    return {parameter["name"] for parameter in operation.get("parameters", ()) if parameter["in"] == "header"}


def _refuses(answer: dict[str, Any]) -> bool:
    return PROBLEM_TYPE in answer.get("content", {})


def _usual(status: int, operation: dict[str, Any], *, known: bool) -> tuple[str, ...]:
    """The codes that follow from the operation's form."""
    codes = [code for name in _schemes(operation) for code in _BY_SCHEME.get(name, {}).get(status, ())]
    headers = _headers(operation)
    if status == 401 and "DPoP" in headers:
        codes.append("invalid_proof")
    if status == 403 and CSRF_HEADER in headers:
        codes.append("forbidden")
    if status == 409 and _KEY_HEADER in headers:
        codes.append("in_progress")
    if status == 422:
        codes += ["invalid_request", *(["idempotency_mismatch"] if _KEY_HEADER in headers else [])]
    if status == 400 and "requestBody" in operation:
        codes.append("malformed")
    if status == 429 and not known:
        codes.append("too_many_requests")
    codes += {404: ["not_found"], 413: ["invalid_request"], 500: ["internal"], 503: ["unavailable"]}.get(
        status, []
    )
    return tuple(codes)


def _answer(path: str, status: int, codes: list[str]) -> dict[str, Any]:
    schema = {"$ref": "#/components/schemas/Problem"}
    narrowed = {"type": "object", "properties": {"code": {"enum": codes}, "status": {"const": status}}}
    answer: dict[str, Any] = {
        "description": ", ".join(f"`{code}`" for code in codes) or "A problem document",
        "content": {
            PROBLEM_TYPE: {
                "schema": {"allOf": [schema, narrowed]} if codes else schema,
                "examples": {code: _example_of(code, status) for code in codes},
            }
        },
    }
    if status == 401:
        shown = challenge(path, codes[0] if codes else "")
        answer["headers"] = {"WWW-Authenticate": {"schema": {"type": "string"}, "example": shown}}
    if any(map(_says_to_wait, codes)):
        answer["headers"] = RETRY_AFTER
    return answer


def _says_to_wait(code: str) -> bool:
    """Whether refusals of this code can have `retry_after`: their sentence names it, or the service is overloaded."""
    return "{retry_after" in BY_CODE[code].en_text or code == "unavailable"


def _example_of(code: str, status: int) -> dict[str, Any]:
    if status == STATUS[code]:
        return {"$ref": f"#/components/examples/{code}"}
    return {"value": _example(code, status)}  # 413 is an `invalid_request` too


def _example(code: str, status: int) -> dict[str, Any]:
    """A problem document as web/problems.py makes it."""
    kind = BY_CODE[code]
    error = kind(
        **{name: value for name, value in _EXTRA.items() if f"{{{name}" in kind.zh_text + kind.en_text}
    )
    return document(error, status, "b0c1f3a98d7e4a52")
