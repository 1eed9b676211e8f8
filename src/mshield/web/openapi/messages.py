"""What a route says of its messages to the OpenAPI document, beside what is read from its parameters."""

from typing import Any, Final

import msgspec

from mshield.web.router import Responses

PROBLEM_TYPE: Final = "application/problem+json"
STRUCT: Final = "#/structs/"
"""Begins a reference to a struct by module and name; documents.py puts in what it is called in a document."""

RETRY_AFTER: Final[dict[str, Any]] = {"Retry-After": {"schema": {"type": "string"}, "example": "42"}}
"""The header of an answer that says for how many seconds to wait."""

STRUCTS: Final[dict[str, type[msgspec.Struct]]] = {}
"""The structs that routes take or answer, by that reference."""


def takes(message: type[msgspec.Struct]) -> dict[str, Any]:
    """`asks` of a route that decodes this struct from its JSON body."""
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": _schema(message)}}}}


def takes_file(*media_types: str) -> dict[str, Any]:
    """`asks` of a route that reads a file as its body."""
    return {"requestBody": {"required": True, "content": _file(media_types)}}


def answers_file(description: str, *media_types: str) -> Responses:
    """`answers` of a route that answers a file."""
    return {200: {"description": description, "content": _file(media_types)}}


def answers(
    message: type[msgspec.Struct] | None,
    description: str,
    *,
    status: int = 200,
    media_type: str = "application/json",
) -> dict[int | str, dict[str, Any]]:
    """`answers` of a route that encodes this struct."""
    if message is None:
        return {status: {"description": description}}
    content = {media_type: {"schema": _schema(message)}}
    return {status: {"description": description, "content": content}}


def answers_events(description: str, *messages: type[msgspec.Struct]) -> Responses:
    """`answers` of a route that answers server-sent events, each with one of these structs as its data."""
    content = {"schema": {"type": "string"}, "x-event-data": [_schema(message) for message in messages]}
    return {200: {"description": description, "content": {"text/event-stream": content}}}


def problems(*statuses: int) -> Responses:
    """`answers` for the refusals of a route; which codes they have is in `web/openapi/examples`."""
    content = {PROBLEM_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {status: {"description": "A problem document", "content": content} for status in statuses}


def _file(media_types: tuple[str, ...]) -> dict[str, Any]:
    return {name: {"schema": {"type": "string", "format": "binary"}} for name in media_types}


def _schema(message: type[msgspec.Struct]) -> dict[str, Any]:
    reference = f"{STRUCT}{message.__module__}.{message.__qualname__}"
    STRUCTS[reference] = message
    return {"$ref": reference}
