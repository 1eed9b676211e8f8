"""Declaration of routes: address, endpoint, and content of the OpenAPI document.

An endpoint is `async (request, *, parameters) -> Response`. Its parameters are those of the path, each a
`str`, and `query`, a struct of `server/http/query.py`; they are validated by their annotations before the endpoint is
called.
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

from mshield.server.http.audiences import AUDIENCES
from mshield.server.http.body import BodyLimit, limit_of
from mshield.server.http.query import Query

Endpoint = Callable[..., Awaitable[Response]]
Known = Callable[[Request], Awaitable[object]]
Responses = dict[int | str, dict[str, Any]]
"""Answers by status, in OpenAPI's form."""

Security = Sequence[Mapping[str, Sequence[str]]]
"""Alternative ways to authenticate, in OpenAPI's form; empty if no authentication is required."""

E = TypeVar("E", bound=Endpoint)
_PARAMETER: Final = re.compile(r"\{(\w+)(:path)?\}")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Route:
    """An operation, or a page that is part of no API and has no `audience`."""

    method: str
    path: str
    endpoint: Endpoint
    audience: str | None = None
    operation_id: str = ""
    summary: str = ""
    asks: Mapping[str, Any]
    """Parts of a call besides its parameters, in OpenAPI's form: body, headers."""

    answers: Responses
    security: Security = ()
    also_head: bool
    """Whether HEAD is answered like GET, without the content (RFC 9110, 9.3.2)."""

    keeps_answer: bool
    """Whether a repeat with the same idempotency key gets the first call's answer."""

    shows_secret: bool = False
    """Whether the answer holds a secret, so that a repeat is refused."""

    parameters: Mapping[str, Any]
    """Path parameters of the endpoint, with their types."""

    checked: Mapping[str, Any]
    """Path parameters that have constraints."""

    query: type[Query] | None
    limit: BodyLimit
    """Size limit of the body."""

    known_first: Known | None
    """Authenticates the caller by the headers alone, before a body is read that only known callers may send."""

    @property
    def template(self) -> str:
        return _PARAMETER.sub(r"{\1}", self.path)

    @property
    def pattern(self) -> re.Pattern[str]:
        """Pattern of the route's addresses, with a group for each parameter of the endpoint."""
        *parts, end = _PARAMETER.split(self.path)
        text = ""
        for literal, name, is_path in zip(parts[::3], parts[1::3], parts[2::3], strict=True):
            group = f"?P<{name}>" if name in self.parameters else "?:"
            text += f"{re.escape(literal)}({group}{'.*' if is_path else '[^/]+'})"
        return re.compile(text + re.escape(end))


class Declared(TypedDict, total=False):
    """Declaration of a route. `asks` and `answers` are made by `server/http/openapi`."""

    summary: Required[str]
    operation_id: Required[str]
    answers: Required[Responses]
    asks: NotRequired[Mapping[str, Any]]
    security: NotRequired[Security]
    """Authentication, if it differs from that of the router's other routes."""

    known_first: NotRequired[Known]
    knows_repeats: NotRequired[bool]
    """Whether the operation recognises repeats by itself, so that no answer is stored for it."""

    shows_secret: NotRequired[bool]
    """Whether the answer holds a secret, so that a repeat is refused with `answer_shown_once`."""


class Router:
    """Routes of one file, for one audience, with its prefix and schemes unless others are given."""

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
        return self._declare("GET", path, declared)

    def post(self, path: str, **declared: Unpack[Declared]) -> Callable[[E], E]:
        return self._declare("POST", path, declared)

    def put(self, path: str, **declared: Unpack[Declared]) -> Callable[[E], E]:
        return self._declare("PUT", path, declared)

    def delete(self, path: str, **declared: Unpack[Declared]) -> Callable[[E], E]:
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
                shows_secret=declared.get("shows_secret", False),
                keeps_answer=method != "GET" and audience.repeatable and not declared.get("knows_repeats"),
            )
            self.routes.append(route)
            return endpoint

        return declare


def page_route(path: str, endpoint: Endpoint) -> Route:
    """Returns the route of a page for people's browsers, which is in no API and no OpenAPI document."""
    return _route(
        "GET", path, endpoint, asks={}, answers={}, also_head=True, keeps_answer=False, known_first=None
    )


def _route(method: str, path: str, endpoint: Endpoint, **declared: Any) -> Route:
    hints = get_type_hints(endpoint, include_extras=True)
    names = [match[1] for match in _PARAMETER.finditer(path)]
    _, *accepted = inspect.signature(endpoint).parameters
    if unknown := set(accepted) - {*names, "query"}:
        raise TypeError(f"{endpoint.__qualname__} has parameters {unknown} that {path} lacks")
    parameters = {name: hints[name] for name in names if name in accepted}
    limit = limit_of(declared.get("operation_id", ""), anonymous=not declared.get("security"))
    if bool(limit.known) != (declared["known_first"] is not None):
        raise TypeError(f"{path} must authenticate callers first exactly if it accepts large bodies")
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
