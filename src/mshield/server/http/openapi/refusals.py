"""Error answers in the OpenAPI documents: the possible codes of each operation's problem documents, with examples.

Statuses and codes that follow from an operation's form (its authentication, its body) are defined here once;
the others are in `examples`. A route declares only what neither of the two covers.
"""

from collections import defaultdict
from collections.abc import Mapping
from typing import Any, Final

from mshield.server.error_codes import BY_CODE
from mshield.server.errors import Json
from mshield.server.http.audiences import CSRF_HEADER, challenge
from mshield.server.http.idempotency_key import HEADER as _KEY_HEADER
from mshield.server.http.openapi.examples import examples
from mshield.server.http.openapi.messages import PROBLEM_TYPE, RETRY_AFTER, STRUCT, STRUCTS
from mshield.server.http.problems import STATUS, document
from mshield.wire.messages import ProtocolWire

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
        "own_signature": {
            "type": "object",
            "description": "With `request_closed`, only for the phone that signed the request itself: the documents "
            "that it signed, at least one. `sid` as in my signatures, null for a consent; `drawn` is the title "
            "that the view drew, `title` the business system's; `signed_at` of the first, in ms",
            "required": ["kind", "business_name", "signed_at", "documents"],
            "properties": {
                "kind": {"enum": ["login", "signature"]},
                "business_name": {"type": "string"},
                "signed_at": {"type": "integer"},
                "documents": {
                    "type": "array",
                    "items": {
                        "type": "object",
                        "required": ["sid", "title", "media_type", "drawn"],
                        "properties": {
                            "sid": {"type": ["string", "null"]},
                            "title": {"type": "string"},
                            "media_type": {"type": "string"},
                            "drawn": {"type": ["string", "null"]},
                        },
                    },
                },
            },
        },
    },
    "additionalProperties": True,
}
Codes = Mapping[int, tuple[str, ...]]
"""Error codes by status."""

_BY_SCHEME: Final[Mapping[str, Codes]] = {
    "phone": {401: ("unauthenticated", "invalid_proof", "clock_skewed")},
    "portal": {401: ("unauthenticated",)},
    "business": {401: ("wrong_client",)},
    "staff": {401: ("wrong_staff_token",), 403: ("forbidden",)},
    "console": {401: ("unauthenticated", "wrong_staff_token")},
    "status_token": {401: ("wrong_status_token",)},
}
_BY_HEADER: Final[Mapping[str, Codes]] = {
    "DPoP": {401: ("invalid_proof", "clock_skewed")},
    CSRF_HEADER: {403: ("forbidden",)},
    _KEY_HEADER: {409: ("in_progress",), 422: ("idempotency_mismatch",)},
}
_USUAL: Final[Codes] = {
    404: ("not_found",),
    408: ("invalid_request",),
    413: ("invalid_request",),
    422: ("invalid_request",),
    500: ("internal",),
    503: ("unavailable", "clock_doubted", "read_only"),
}
"""Error codes that each of these statuses can always have."""

_EXTRA: Final[dict[str, Json]] = {
    "words": "营业执照已过期",
    "left": 2,
    "retry_after": 42,
    "limit": 6,
    "lines": 3,
    "phone_masked": "138****6027",
    "source": "single-window",
    "expected": 2,
}
"""Sample values for the placeholders in error messages."""


def describe(raw: dict[str, Any]) -> None:
    """Completes the error answers of all operations of a document."""
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
    formal = _formal_codes(operation)
    for status in sorted({*by_status, *declared, *(status for codes in formal for status in codes)}):
        codes = {*by_status[status], *(code for form in (*formal, _USUAL) for code in form.get(status, ()))}
        if status == 429 and not codes:
            codes.add("too_many_requests")
        # A page that a person gets with this status stays beside the problem document.
        pages = responses.get(str(status), {}).get("content", {})
        answer = _answer(path, status, sorted(codes))
        responses[str(status)] = answer | {"content": pages | answer["content"]}
    operation["responses"] = dict(sorted(responses.items()))


def _formal_codes(operation: dict[str, Any]) -> list[Codes]:
    """Returns the error codes that follow from an operation's form: its schemes, headers and body."""
    schemes = {name for way in operation.get("security", ()) for name in way}
    headers = {one["name"] for one in operation.get("parameters", ()) if one["in"] == "header"}
    formal = [codes for name, codes in _BY_SCHEME.items() if name in schemes]
    formal.append({503: ("unavailable",)})  # concurrency limit reached, or the database doesn't answer
    formal.append({409: ("record_changed",)})
    if "requestBody" in operation:
        formal.append({408: ("invalid_request",), 413: ("invalid_request",)})
    formal += [codes for name, codes in _BY_HEADER.items() if name in headers]
    for message in _messages(operation):
        formal.append({400: ("malformed",)})
        if not issubclass(
            message, ProtocolWire
        ):  # for protocol messages, JSON of the wrong shape is `malformed` too
            formal.append({422: ("invalid_request",)})
    return formal


def _messages(operation: dict[str, Any]) -> list[type]:
    content = operation.get("requestBody", {}).get("content", {})
    references = (body.get("schema", {}).get("$ref", "") for body in content.values())
    return [STRUCTS[reference] for reference in references if reference.startswith(STRUCT)]


def _refuses(answer: dict[str, Any]) -> bool:
    return PROBLEM_TYPE in answer.get("content", {})


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
        header = challenge(path, codes[0] if codes else "")
        answer["headers"] = {"WWW-Authenticate": {"schema": {"type": "string"}, "example": header}}
    if any(map(_has_retry_after, codes)):
        answer["headers"] = RETRY_AFTER
    return answer


def _has_retry_after(code: str) -> bool:
    """Reports whether errors of this code can have `retry_after`: by their message, or because of overload."""
    return "{retry_after" in BY_CODE[code].en_text or code == "unavailable"


def _example_of(code: str, status: int) -> dict[str, Any]:
    if status == STATUS[code]:
        return {"$ref": f"#/components/examples/{code}"}
    return {"value": _example(code, status)}  # 408 and 413 are also `invalid_request`


def _example(code: str, status: int) -> dict[str, Any]:
    """Returns a problem document as server/http/problems.py builds it."""
    kind = BY_CODE[code]
    error = kind(
        **{name: value for name, value in _EXTRA.items() if f"{{{name}" in kind.zh_text + kind.en_text}
    )
    return document(error, status, "b0c1f3a98d7e4a52")
