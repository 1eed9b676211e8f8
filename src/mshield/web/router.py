"""How a route is declared: its address, its endpoint, and what the OpenAPI document says of it.

An endpoint is `async (request, *, parameters) -> Response`. Its parameters are those of the path, each a `str`, and
`query`, a struct of `web/query.py`; they are checked as they are annotated, before the endpoint is called.
"""

import inspect
import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import (
    Annotated,
    Any,
    Final,
    NotRequired,
    Required,
    TypedDict,
    TypeVar,
    Unpack,
    get_origin,
    get_type_hints,
)

from starlette.requests import Request
from starlette.responses import Response

from mshield.web.audiences import AUDIENCES
from mshield.web.body_limits import BodyLimit, limit_of
from mshield.web.query import Query

Endpoint = Callable[..., Awaitable[Response]]
Known = Callable[[Request], Awaitable[object]]
Responses = dict[int | str, dict[str, Any]]
"""Answers by their status, as OpenAPI writes them."""

Security = Sequence[Mapping[str, Sequence[str]]]
"""Ways to authenticate, one of which is enough, as OpenAPI writes them; none where nothing says who calls."""

E = TypeVar("E", bound=Endpoint)
_PARAMETER: Final = re.compile(r"\{(\w+)(:path)?\}")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Route:
    """One operation, or a page that is part of no API: `audience` is None then."""

    method: str
    path: str
    endpoint: Endpoint
    audience: str | None = None
    operation_id: str = ""
    summary: str = ""
    asks: Mapping[str, Any]
    """What a call consists of beside its parameters, as OpenAPI writes it: body, headers."""

    answers: Responses
    security: Security = ()
    also_head: bool
    """Whether HEAD is answered as GET is, without the content (RFC 9110, 9.3.2)."""

    keeps_answer: bool
    """Whether a repeat under the same idempotency key gets the first call's answer."""

    parameters: Mapping[str, Any]
    """Those in the path that the endpoint takes, with their types."""

    checked: Mapping[str, Any]
    """Those of them that have bounds."""

    query: type[Query] | None
    limit: BodyLimit
    """How large its body may be."""

    known_first: Known | None
    """Finds out by the headers alone who calls, before a body is taken that only who is known may send."""

    @property
    def template(self) -> str:
        """The path as OpenAPI writes it."""
        return _PARAMETER.sub(r"{\1}", self.path)

    @property
    def pattern(self) -> re.Pattern[str]:
        """What an address of this route looks like, with a group for each parameter that the endpoint takes."""
        *parts, end = _PARAMETER.split(self.path)
        text = ""
        for literal, name, is_path in zip(parts[::3], parts[1::3], parts[2::3], strict=True):
            group = f"?P<{name}>" if name in self.parameters else "?:"
            text += f"{re.escape(literal)}({group}{'.*' if is_path else '[^/]+'})"
        return re.compile(text + re.escape(end))


class Declared(TypedDict, total=False):
    """What a route says of itself. `asks` and `answers` are made by `web/openapi`."""

    summary: Required[str]
    operation_id: Required[str]
    answers: Required[Responses]
    asks: NotRequired[Mapping[str, Any]]
    security: NotRequired[Security]
    """How it is authenticated, where that differs from its router's other routes."""

    known_first: NotRequired[Known]
    knows_repeats: NotRequired[bool]
    """Whether it knows a repeat of a call by rules of its own, so that no answer is kept for one."""


class Router:
    """The routes of one file, all of one audience, under its prefix and with its schemes, or with others."""

    def __init__(
        self,
        audience: str,
        *,
        prefix: str | None = None,
        also_head: bool = False,
        security: Security | None = None,
    ) -> None:
        self.routes: list[Route] = []
        self._audience, self._also_head = AUDIENCES[audience], also_head
        self._prefix = self._audience.prefix if prefix is None else prefix
        self._security = self._audience.security if security is None else security

    def get(self, path: str, **declared: Unpack[Declared]) -> Callable[[E], E]:
        """Declares a GET."""
        return self._declare("GET", path, declared)

    def post(self, path: str, **declared: Unpack[Declared]) -> Callable[[E], E]:
        """Declares a POST."""
        return self._declare("POST", path, declared)

    def put(self, path: str, **declared: Unpack[Declared]) -> Callable[[E], E]:
        """Declares a PUT."""
        return self._declare("PUT", path, declared)

    def delete(self, path: str, **declared: Unpack[Declared]) -> Callable[[E], E]:
        """Declares a DELETE."""
        return self._declare("DELETE", path, declared)

    def _declare(self, method: str, path: str, declared: Declared) -> Callable[[E], E]:
        audience = self._audience

        def declare(endpoint: E) -> E:
            route = _route(
                method,
                self._prefix + path,
                endpoint,
                audience=audience.name,
                operation_id=declared["operation_id"],
                summary=declared["summary"],
                asks=declared.get("asks", {}),
                answers=declared["answers"],
                security=declared.get("security", self._security),
                known_first=declared.get("known_first"),
                also_head=method == "GET" and self._also_head,
                keeps_answer=method != "GET" and audience.repeatable and not declared.get("knows_repeats"),
            )
            self.routes.append(route)
            return endpoint

        return declare


def page_route(path: str, endpoint: Endpoint) -> Route:
    """The route of a page, for people's browsers; no part of an API, so no OpenAPI document has it."""
    return _route(
        "GET", path, endpoint, asks={}, answers={}, also_head=True, keeps_answer=False, known_first=None
    )


def _route(method: str, path: str, endpoint: Endpoint, **declared: Any) -> Route:
    hints = get_type_hints(endpoint, include_extras=True)
    names = [match[1] for match in _PARAMETER.finditer(path)]
    _, *taken = inspect.signature(endpoint).parameters
    if unknown := set(taken) - {*names, "query"}:
        raise TypeError(f"{endpoint.__qualname__} takes {unknown}, which {path} doesn't have")
    parameters = {name: hints[name] for name in names if name in taken}
    limit = limit_of(declared.get("operation_id", ""), anonymous=not declared.get("security"))
    if bool(limit.known) != (declared["known_first"] is not None):
        raise TypeError(f"{path} takes a large body of whom it can't know first, or the other way round")
    return Route(
        method=method,
        path=path,
        endpoint=endpoint,
        parameters=parameters,
        checked={name: kind for name, kind in parameters.items() if get_origin(kind) is Annotated},
        query=hints.get("query"),
        limit=limit,
        **declared,
    )
