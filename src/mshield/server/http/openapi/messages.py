"""Helpers by which a route declares its messages for the OpenAPI document."""

from typing import Any, Final

import msgspec

from mshield.server.http.router import Responses

PROBLEM_TYPE: Final = "application/problem+json"
STRUCT: Final = "#/structs/"
"""Prefix of a reference to a struct by module and name; documents.py replaces it with the schema's name."""

RETRY_AFTER: Final[dict[str, Any]] = {"Retry-After": {"schema": {"type": "string"}, "example": "42"}}
"""Header of an answer with the number of seconds after which to retry."""

STRUCTS: Final[dict[str, type[msgspec.Struct]]] = {}
"""Structs that routes take or answer, by their reference."""


def takes(message: type[msgspec.Struct]) -> dict[str, Any]:
    """Returns `asks` for a route that decodes this struct from its JSON body."""
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": _schema(message)}}}}


def takes_file(*media_types: str) -> dict[str, Any]:
    """Returns `asks` for a route that reads a file as its body."""
    return {"requestBody": {"required": True, "content": _file(media_types)}}


def answers_file(description: str, *media_types: str) -> Responses:
    """Returns `answers` for a route that answers with a file."""
    return {200: {"description": description, "content": _file(media_types)}}


def answers(
    message: type[msgspec.Struct] | None,
    description: str,
    *,
    status: int = 200,
    media_type: str = "application/json",
) -> dict[int | str, dict[str, Any]]:
    """Returns `answers` for a route that answers with this struct, or without a body if it is None."""
    if message is None:
        return {status: {"description": description}}
    content = {media_type: {"schema": _schema(message)}}
    return {status: {"description": description, "content": content}}


def answers_events(description: str, *messages: type[msgspec.Struct]) -> Responses:
    """Returns `answers` for a route that streams server-sent events, whose data are these structs."""
    content = {"schema": {"type": "string"}, "x-event-data": [_schema(message) for message in messages]}
    return {200: {"description": description, "content": {"text/event-stream": content}}}


def problems(*statuses: int) -> Responses:
    """Returns `answers` for error statuses of a route; the possible codes are in `server/http/openapi/examples`."""
    content = {PROBLEM_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {status: {"description": "A problem document", "content": content} for status in statuses}


def _file(media_types: tuple[str, ...]) -> dict[str, Any]:
    return {name: {"schema": {"type": "string", "format": "binary"}} for name in media_types}


def _schema(message: type[msgspec.Struct]) -> dict[str, Any]:
    reference = f"{STRUCT}{message.__module__}.{message.__qualname__}"
    STRUCTS[reference] = message
    return {"$ref": reference}
