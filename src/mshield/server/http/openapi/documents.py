"""OpenAPI documents: one per audience and one for the whole, built on first use and cached.

Their sources are the routes (server/http/openapi/operations.py), the examples, and what follows from an operation's
form.
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

from mshield.server.errors import NotFound
from mshield.server.http.answers import cached
from mshield.server.http.audiences import AUDIENCES, Audience
from mshield.server.http.openapi import examples, refusals
from mshield.server.http.openapi.messages import STRUCT, STRUCTS
from mshield.server.http.openapi.operations import VERSION, as_sent, paths_of
from mshield.server.http.router import Route, page_route

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
    """OpenAPI documents of an application with these routes; `origin` is its address."""

    def __init__(self, routes: Iterable[Route], *, version: str, origin: str) -> None:
        self._routes, self._version, self._origin = routes, version, origin
        self._lock = threading.Lock()
        self._raw: Document | None = None
        self._made: dict[str | None, Document] = {}
        self._sent: dict[str | None, bytes] = {}

    def of(self, audience: str | None = None) -> Document:
        """Returns the document of an audience, or the whole without one. Raises: KeyError."""
        with self._lock:
            if audience not in self._made:
                self._made[audience] = self._make(None if audience is None else AUDIENCES[audience])
            return self._made[audience]

    def sent(self, audience: str | None) -> bytes:
        """Returns the same document as encoded JSON. Raises: KeyError."""
        if audience not in self._sent:
            self._sent[audience] = json.dumps(self.of(audience), ensure_ascii=False).encode()
        return self._sent[audience]

    def operations_of(self, audience: str) -> list[tuple[str, str, str]]:
        """Returns method, path and summary of each operation of an audience."""
        return [
            (route.method, route.template, route.summary)
            for route in self._routes
            if route.audience == audience
        ]

    @cached_property
    def summaries(self) -> Mapping[str, str]:
        """English summary of each operation, by its id."""
        return {route.operation_id: route.summary for route in self._routes if route.operation_id}

    @property
    def are_made(self) -> bool:
        return self._raw is not None

    def _make(self, audience: Audience | None) -> Document:
        if self._raw is None:
            self._raw = self._read_routes()
        raw, served = self._raw, (audience,) if audience else tuple(AUDIENCES.values())
        names = {one.name for one in served}
        paths = {
            path: selected
            for path, item in raw["paths"].items()
            if (
                selected := {
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
            # Proofs (DPoP) and answers contain this address, so calls must go to it.
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
    """Replaces references to structs by references to schemas; msgspec makes names unique if two structs share one."""
    used = sorted({reference for reference in _references(paths) if reference.startswith(STRUCT)})
    references, structs = msgspec.json.schema_components(
        [STRUCTS[reference] for reference in used], ref_template=_SCHEMAS + "{name}"
    )
    called = {reference: schema["$ref"] for reference, schema in zip(used, references, strict=True)}
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
    """Serves the document of all operations."""
    return await _answer(request, None)


async def _audience_document(
    request: Request, audience: Annotated[str, msgspec.Meta(max_length=32)]
) -> Response:
    """Serves the document of an audience. Raises: NotFound."""
    if audience not in AUDIENCES:
        raise NotFound
    return await _answer(request, audience)


async def _answer(request: Request, audience: str | None) -> Response:
    documents: Documents = request.app.state.documents
    # Building a document takes a while, so it runs in a thread and other calls don't wait for it.
    body = await anyio.to_thread.run_sync(documents.sent, audience)
    return cached(request, body, "application/json", dict(_CACHED))


ROUTES: Final = (
    page_route("/openapi.json", _whole),
    page_route("/openapi/{audience}.json", _audience_document),
)
"""Routes that aren't part of the API themselves."""
