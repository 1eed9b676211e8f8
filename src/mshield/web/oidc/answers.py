"""The protocol's answers as HTTP: JSON that nobody stores, or a redirect; and forms as they come in."""

from http import HTTPStatus
from typing import Any, Final
from urllib.parse import parse_qsl

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from mshield.services.oidc.protocol import Answer
from mshield.web.caller import CAUSE, acting
from mshield.web.openapi import RETRY_AFTER

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
    """The fields of a form, in order; empty for any other body."""
    body = await request.body()
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != _FORM or len(body) > MAX_FORM:
        return []
    try:
        return parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=_MAX_FIELDS, errors="strict")
    except ValueError:
        return []


async def parameters_of(request: Request) -> list[tuple[str, str]]:
    """The parameters of an address that is called by link or by form (OpenID Connect Core, 3.1.2.1)."""
    if request.method == "POST":
        return await form_of(request)
    return request.query_params.multi_items()


def json_answer(request: Request, answer: Answer) -> Response:
    """What a client's software reads."""
    request.scope[CAUSE] = answer.body.get("error")
    if answer.client_id is not None:
        acting(request, "system", answer.client_id)
    response = Response(msgspec.json.encode(answer.body), answer.status, media_type="application/json")
    for name, value in answer.headers:
        if name.lower() == "www-authenticate":
            response.headers[name] = value
    response.headers.update(_NO_STORE)
    return response


def sent_to(location: str) -> Response:
    """Sends the browser there by GET, without telling from where."""
    return Response(status_code=303, headers={"Location": location, **_NO_STORE})


def form(properties: dict[str, dict[str, Any]], *required: str) -> dict[str, Any]:
    """`asks` of a route that reads a form."""
    schema = {"type": "object", "properties": properties, "required": list(required)}
    return {"requestBody": {"required": True, "content": {_FORM: {"schema": schema}}}}


def oauth_errors(*statuses: int, bearer: bool = False) -> dict[int | str, dict[str, Any]]:
    """`answers` for the standard's refusals; credentials that are wanted are named (RFC 6749, 5.2).

    `bearer`: where a token is to be shown each names it, and whoever showed none is told no error (RFC 6750, 3).
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
    """`answers` for a page; one that says to wait says how long."""
    answer: dict[str, Any] = {"description": description, "content": HTML}
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        answer["headers"] = RETRY_AFTER
    return {status: answer}


def sends(description: str) -> dict[int | str, dict[str, Any]]:
    """`answers` of a route that sends the browser elsewhere."""
    location = {"schema": {"type": "string", "format": "uri"}, "required": True}
    return {303: {"description": description, "headers": {"Location": location}}}
