"""The OpenAPI document: FastAPI's own, with the messages that the fast routes parse themselves.

Those routes take the plain request and decode msgspec structs; `takes` and `answers` describe them.
"""

from collections.abc import Callable, Sequence
from typing import Any, Final

import msgspec
from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

Responses = dict[int | str, dict[str, Any]]
_REF: Final = "#/components/schemas/{name}"
_STRUCTS: Final[list[type[msgspec.Struct]]] = []
PROBLEM: Final[dict[str, Any]] = {
    "type": "object",
    "description": "A problem document (RFC 9457); `code` is stable, the sentences are for people",
    "required": ["type", "title", "status", "detail", "code", "zh", "en", "faq"],
    "properties": {
        "type": {"type": "string", "examples": ["/problems/wrong_pin"]},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "code": {"type": "string", "examples": ["wrong_pin"]},
        "zh": {"type": "string", "examples": ["PIN 码不对，还可以试 2 次"]},
        "en": {"type": "string", "examples": ["Wrong PIN. 2 tries left"]},
        "faq": {"type": ["string", "null"], "examples": ["3.7"]},
        "request_id": {"type": ["string", "null"]},
    },
    "additionalProperties": True,
}


def takes(message: type[msgspec.Struct]) -> dict[str, Any]:
    """`openapi_extra` for a route that decodes this struct from its JSON body."""
    _STRUCTS.append(message)
    content = {"application/json": {"schema": {"$ref": _REF.format(name=message.__name__)}}}
    return {"requestBody": {"required": True, "content": content}}


def takes_file(*media_types: str) -> dict[str, Any]:
    """`openapi_extra` for a route that reads a file as its body."""
    schema = {"schema": {"type": "string", "format": "binary"}}
    return {"requestBody": {"required": True, "content": dict.fromkeys(media_types, schema)}}


def answers_file(description: str, *media_types: str) -> Responses:
    """`responses` of a route that answers a file."""
    schema = {"schema": {"type": "string", "format": "binary"}}
    return {200: {"description": description, "content": dict.fromkeys(media_types, schema)}}


def answers(
    message: type[msgspec.Struct] | None, description: str, *, status: int = 200
) -> dict[int | str, dict[str, Any]]:
    """`responses` of a route that encodes this struct."""
    if message is None:
        return {status: {"description": description}}
    _STRUCTS.append(message)
    content = {"application/json": {"schema": {"$ref": _REF.format(name=message.__name__)}}}
    return {status: {"description": description, "content": content}}


def problems(*statuses: int) -> Responses:
    """`responses` for the refusals of a route."""
    content = {"application/problem+json": {"schema": {"$ref": _REF.format(name="Problem")}}}
    return {status: {"description": "A problem document", "content": content} for status in statuses}


def install(
    app: FastAPI, tags: Sequence[dict[str, str]], *, complete: Callable[[dict[str, Any]], None]
) -> None:
    """Makes `app.openapi` the whole document; `complete` adds what no route says itself."""

    def document() -> dict[str, Any]:
        if app.openapi_schema is None:
            made = get_openapi(
                title=app.title,
                version=app.version,
                description=app.description,
                routes=app.routes,
                tags=list(tags),
            )
            schemas = made.setdefault("components", {}).setdefault("schemas", {})
            _, structs = msgspec.json.schema_components(_STRUCTS, ref_template=_REF)
            schemas.update(structs)
            schemas["Problem"] = PROBLEM
            made["components"]["securitySchemes"] = {
                "phone": {
                    "type": "http",
                    "scheme": "DPoP",
                    "description": "DPoP-bound access token (RFC 9449), claim bd",
                },
                "portal": {
                    "type": "apiKey",
                    "in": "cookie",
                    "name": "__Host-mshield-portal",
                    "description": "the legal person's session; without https its name is mshield-portal",
                },
                "business": {"type": "http", "scheme": "basic", "description": "client id and secret"},
                "staff": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "access token of `mshield staff add`",
                },
            }
            complete(made)
            app.openapi_schema = made
        return app.openapi_schema

    app.openapi = document  # type: ignore[method-assign]  # FastAPI's documented way
