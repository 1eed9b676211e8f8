"""HTTP forms of the protocol's answers (JSON that isn't stored, or a redirect), and parsing of forms."""

from http import HTTPStatus
from typing import Any, Final
from urllib.parse import parse_qsl

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from mshield.server.http.caller import CAUSE, note_caller
from mshield.server.http.openapi import RETRY_AFTER
from mshield.server.oidc.protocol import Answer

MAX_FORM: Final = 32 * 1024
_MAX_FIELDS: Final = 64
_FORM: Final = "application/x-www-form-urlencoded"
_NO_STORE: Final = {"Cache-Control": "no-store", "Pragma": "no-cache", "Referrer-Policy": "no-referrer"}
ERROR: Final[dict[str, Any]] = {
    "type": "object",
    "description": "The standard's error (RFC 6749, 5.2)",
    "required": ["error"],
    "properties": {"error": {"type": "string"}, "error_description": {"type": "string"}},
}
HTML: Final[dict[str, Any]] = {"text/html": {"schema": {"type": "string"}}}


async def form_of(request: Request) -> list[tuple[str, str]]:
    """Returns the fields of a form, in order; empty for any other body."""
    body = await request.body()
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != _FORM or len(body) > MAX_FORM:
        return []
    try:
        return parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=_MAX_FIELDS, errors="strict")
    except ValueError:
        return []


async def parameters_of(request: Request) -> list[tuple[str, str]]:
    """Returns the parameters of a call by link or by form (OpenID Connect Core, 3.1.2.1)."""
    if request.method == "POST":
        return await form_of(request)
    return request.query_params.multi_items()


def json_answer(request: Request, answer: Answer) -> Response:
    """Returns an answer of the protocol as JSON for the client's software."""
    request.scope[CAUSE] = answer.body.get("error")
    if answer.client_id is not None:
        note_caller(request, "system", answer.client_id)
    response = Response(msgspec.json.encode(answer.body), answer.status, media_type="application/json")
    for name, value in answer.headers:
        if name.lower() == "www-authenticate":
            response.headers[name] = value
    response.headers.update(_NO_STORE)
    return response


def sent_to(location: str) -> Response:
    """Redirects the browser there with GET, without a referrer."""
    return Response(status_code=303, headers={"Location": location, **_NO_STORE})


def form(properties: dict[str, dict[str, Any]], *required: str) -> dict[str, Any]:
    """Returns `asks` for a route that reads a form."""
    schema = {"type": "object", "properties": properties, "required": list(required)}
    return {"requestBody": {"required": True, "content": {_FORM: {"schema": schema}}}}


def oauth_errors(*statuses: int, bearer: bool = False) -> dict[int | str, dict[str, Any]]:
    """Returns `answers` for the standard's errors; a 401 names the required credentials (RFC 6749, 5.2).

    `bearer`: every error names the required token, and a caller without any token gets no error code (RFC
    6750, 3).
    """
    answers: dict[int | str, dict[str, Any]] = {}
    for status in statuses:
        is_named = bearer or status == HTTPStatus.UNAUTHORIZED
        schema = {name: value for name, value in ERROR.items() if name != "required"} if bearer else ERROR
        answers[status] = {
            "description": "The standard's error",
            "content": {"application/json": {"schema": schema}},
            **({"headers": {"WWW-Authenticate": {"schema": {"type": "string"}}}} if is_named else {}),
        }
    return answers


def pages(description: str, *, status: int) -> dict[int | str, dict[str, Any]]:
    """Returns `answers` for a page; with status 429 it has a Retry-After header."""
    answer: dict[str, Any] = {"description": description, "content": HTML}
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        answer["headers"] = RETRY_AFTER
    return {status: answer}


def sends(description: str) -> dict[int | str, dict[str, Any]]:
    """Returns `answers` for a route that redirects the browser."""
    location = {"schema": {"type": "string", "format": "uri"}, "required": True}
    return {303: {"description": description, "headers": {"Location": location}}}
