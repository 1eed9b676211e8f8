"""The OpenAPI documents: one per audience and the whole, made when one is first asked for, and kept.

They come from the routes (web/openapi/operations.py), from examples, and from what follows from an operation's form.
"""

import json
import threading
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from typing import Annotated, Any, Final

import anyio.to_thread
import msgspec
from starlette.requests import Request
from starlette.responses import Response

from mshield.domain import errors
from mshield.web.audiences import AUDIENCES, Audience
from mshield.web.cached import cached
from mshield.web.openapi import examples, refusals
from mshield.web.openapi.messages import STRUCT, STRUCTS
from mshield.web.openapi.operations import VERSION, as_sent, paths_of
from mshield.web.router import Route, page_route

Document = dict[str, Any]
_SCHEMAS: Final = "#/components/schemas/"
_EXAMPLES: Final = "#/components/examples/"
_TITLE: Final = "手机盾 Mobile Shield"
_DESCRIPTION: Final = (
    "全部接口。错误是问题文档（RFC 9457），含稳定的 `code` 和中英文说明；每类调用方另有自己的文档。\n\n"
    "Every operation. Errors are problem documents (RFC 9457) with a stable `code` and a Chinese and an English "
    "sentence. Each audience has a document of its own: "
    + ", ".join(f"`/openapi/{name}.json`" for name in AUDIENCES)
    + "."
)
_CACHED: Final = {"Cache-Control": "public, max-age=300"}


class Documents:
    """The documents of an application of these routes, whose address is `origin`."""

    def __init__(self, routes: Iterable[Route], *, version: str, origin: str) -> None:
        self._routes, self._version, self._origin = routes, version, origin
        self._lock = threading.Lock()
        self._raw: Document | None = None
        self._made: dict[str | None, Document] = {}
        self._sent: dict[str | None, bytes] = {}

    def of(self, audience: str | None = None) -> Document:
        """An audience's document; the whole without one. Raises KeyError."""
        with self._lock:
            if audience not in self._made:
                self._made[audience] = self._make(None if audience is None else AUDIENCES[audience])
            return self._made[audience]

    def sent(self, audience: str | None) -> bytes:
        """The same as it is sent. Raises KeyError."""
        if audience not in self._sent:
            self._sent[audience] = json.dumps(self.of(audience), ensure_ascii=False).encode()
        return self._sent[audience]

    def operations_of(self, audience: str) -> list[tuple[str, str, str]]:
        """Method, path and summary of each operation of an audience."""
        return [
            (route.method, route.template, route.summary)
            for route in self._routes
            if route.audience == audience
        ]

    @cached_property
    def summaries(self) -> Mapping[str, str]:
        """What each operation does, in English, by its id."""
        return {route.operation_id: route.summary for route in self._routes if route.operation_id}

    @property
    def are_made(self) -> bool:
        """Whether anybody has asked for one."""
        return self._raw is not None

    def _make(self, audience: Audience | None) -> Document:
        if self._raw is None:
            self._raw = self._read_routes()
        raw, served = self._raw, (audience,) if audience else tuple(AUDIENCES.values())
        names = {one.name for one in served}
        paths = {
            path: kept
            for path, item in raw["paths"].items()
            if (
                kept := {
                    method: operation for method, operation in item.items() if names & {*operation["tags"]}
                }
            )
        }
        paths, schemas = _with_structs(paths, raw["components"]["schemas"])
        return {
            "openapi": VERSION,
            "info": {
                "title": audience.title if audience else _TITLE,
                "version": self._version,
                "description": audience.description if audience else _DESCRIPTION,
            },
            # Proofs (DPoP) and answers name this address, so a call must go to it.
            "servers": [{"url": self._origin}],
            "tags": [{"name": one.name, "description": f"{one.title_zh} {one.title_en}"} for one in served],
            "paths": paths,
            "components": {
                "schemas": _reachable(paths, schemas),
                "examples": _named(paths, raw["components"]["examples"]),
                "securitySchemes": {
                    name: dict(scheme) for one in served for name, scheme in one.schemes.items()
                },
            },
        }

    def _read_routes(self) -> Document:
        raw: Document = {"paths": paths_of(self._routes), "components": {"schemas": {}}}
        for item in raw["paths"].values():
            for operation in item.values():
                for audience in operation["tags"]:
                    examples.add(operation["operationId"], audience, operation)
        refusals.describe(raw)
        return raw


def _references(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        for name, child in node.items():
            if name == "$ref":
                yield child
            else:
                yield from _references(child)
    elif isinstance(node, list):
        for child in node:
            yield from _references(child)


def _with_structs(paths: Document, schemas: Document) -> tuple[Document, Document]:
    """References to structs become references to schemas; where two have one name, msgspec tells them apart."""
    used = sorted({reference for reference in _references(paths) if reference.startswith(STRUCT)})
    named, structs = msgspec.json.schema_components(
        [STRUCTS[reference] for reference in used], ref_template=_SCHEMAS + "{name}"
    )
    called = {reference: schema["$ref"] for reference, schema in zip(used, named, strict=True)}
    return _renamed(paths, called), {**schemas, **as_sent(structs)}


def _renamed(node: Any, called: dict[str, str]) -> Any:
    if isinstance(node, dict):
        return {
            name: called.get(child, child) if name == "$ref" else _renamed(child, called)
            for name, child in node.items()
        }
    return [_renamed(child, called) for child in node] if isinstance(node, list) else node


def _reachable(paths: Document, schemas: Document) -> Document:
    reached: Document = {}
    waiting = list(_references(paths))
    while waiting:
        reference = waiting.pop()
        name = reference.removeprefix(_SCHEMAS)
        if reference.startswith(_SCHEMAS) and name not in reached:
            reached[name] = schemas[name]
            waiting += _references(schemas[name])
    return dict(sorted(reached.items()))


def _named(paths: Document, known: Document) -> Document:
    used = sorted({reference for reference in _references(paths) if reference.startswith(_EXAMPLES)})
    return {name: known[name] for name in (reference.removeprefix(_EXAMPLES) for reference in used)}


async def _whole(request: Request) -> Response:
    """Every operation."""
    return await _answer(request, None)


async def _of_audience(request: Request, audience: Annotated[str, msgspec.Meta(max_length=32)]) -> Response:
    """An audience's operations."""
    if audience not in AUDIENCES:
        raise errors.NotFound
    return await _answer(request, audience)


async def _answer(request: Request, audience: str | None) -> Response:
    documents: Documents = request.app.state.documents
    # Making one takes a while, which other calls needn't wait for.
    body = await anyio.to_thread.run_sync(documents.sent, audience)
    return cached(request, body, "application/json", dict(_CACHED))


ROUTES: Final = (page_route("/openapi.json", _whole), page_route("/openapi/{audience}.json", _of_audience))
"""Not part of the API themselves."""
