"""Finds the route of a call and answers it; every error is an answer.

Routes are found by their literal beginning: a table of the addresses without parameters, then for the rest a few
patterns under the longest beginning that there is.
"""

from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from typing import Any, Final

import msgspec
from starlette.applications import Starlette
from starlette.requests import ClientDisconnect
from starlette.requests import Request as StarletteRequest
from starlette.responses import Response
from starlette.types import Message, Receive, Scope, Send

from mshield.domain import errors
from mshield.web.edge.idempotency import answered_once
from mshield.web.idempotency_key import HEADER
from mshield.web.problems import problem
from mshield.web.query import query_of
from mshield.web.router import Route

Refuse = Callable[[StarletteRequest, Exception], Awaitable[Response]]
"""Makes the answer to any error."""

_METHOD_NOT_ALLOWED: Final = 405
_NONE: Final[Mapping[str, str]] = {}


class Request(StarletteRequest):
    """A call whose body is read at once, not as a stream."""

    _whole: bytes | None = None

    async def body(self) -> bytes:
        """The body. Raises ClientDisconnect."""
        if self._whole is None:
            parts, more = [], True
            while more:
                message = await self.receive()
                if message["type"] == "http.disconnect":
                    raise ClientDisconnect
                parts.append(message.get("body", b""))
                more = message.get("more_body", False)
            self._whole = b"".join(parts)
        return self._whole


class Dispatch:
    """ASGI, for HTTP alone: answers every call."""

    def __init__(self, app: Starlette, routes: Iterable[Route], *, refuse: Refuse) -> None:
        """`app` has the state that routes reach."""
        self._app, self._refuse = app, refuse
        self._fixed: dict[str, dict[str, Route]] = defaultdict(dict)
        under: dict[str, dict[str, dict[str, Route]]] = defaultdict(lambda: defaultdict(dict))
        patterns = {}
        for route in routes:
            if "{" in route.path:
                patterns[route.path] = route.pattern
                under[route.path.partition("{")[0].rpartition("/")[0]][route.path][route.method] = route
            else:
                self._fixed[route.path][route.method] = route
        self._under = {
            beginning: [(patterns[path], by_method) for path, by_method in paths.items()]
            for beginning, paths in under.items()
        }
        self._deepest = max((beginning.count("/") for beginning in self._under), default=0) + 1

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handles one call."""
        answer = await self._answer(scope, receive)
        if scope["method"] == "HEAD":
            send = _without_content(send)
        await answer(scope, receive, send)

    async def _answer(self, scope: Scope, receive: Receive) -> Response:
        scope["app"] = self._app
        scope["mshield.context"] = getattr(self._app.state, "context", None)
        request = Request(scope, receive)
        found = self._route_of(scope["path"], scope["method"])
        if found is None:
            return self._refused(request)
        route, parameters = found
        scope["route"] = route
        if not route.keeps_answer or HEADER not in request.headers:
            return await self._carry_out(request, route, parameters)
        try:
            return await answered_once(request, lambda: self._carry_out(request, route, parameters))
        except Exception as error:  # noqa: BLE001  # every error is an answer
            return await self._refuse(request, error)

    def _route_of(self, path: str, method: str) -> tuple[Route, Mapping[str, str]] | None:
        is_head = method == "HEAD"
        for by_method, parameters in self._at(path):
            route = by_method.get("GET" if is_head else method)
            if route is not None and (route.also_head or not is_head):
                return route, parameters
        return None

    def _at(self, path: str) -> Iterator[tuple[Mapping[str, Route], Mapping[str, str]]]:
        """The routes of an address by their method, and the values of its parameters."""
        if path in self._fixed:
            yield self._fixed[path], _NONE
        parts = path.split("/", self._deepest)
        for length in range(len(parts) - 1, 0, -1):
            for pattern, by_method in self._under.get("/".join(parts[:length]), ()):
                if match := pattern.fullmatch(path):
                    yield by_method, match.groupdict()

    async def _carry_out(self, request: Request, route: Route, parameters: Mapping[str, str]) -> Response:
        try:
            given: dict[str, Any] = {**parameters}
            if route.checked:
                _check(route, parameters)
            if route.query is not None:
                given["query"] = query_of(request, route.query)
            return await route.endpoint(request, **given)
        except Exception as error:  # noqa: BLE001  # every error is an answer
            return await self._refuse(request, error)

    def _refused(self, request: Request) -> Response:
        """404, or 405 with the methods that there are (RFC 9110, 15.5.6)."""
        routes = [route for by_method, _ in self._at(request.scope["path"]) for route in by_method.values()]
        if not routes:
            return problem(request, errors.NotFound())
        allowed = {route.method for route in routes} | {"HEAD" for route in routes if route.also_head}
        answer = problem(request, errors.InvalidRequest(), status=_METHOD_NOT_ALLOWED)
        answer.headers["Allow"] = ", ".join(sorted(allowed))
        return answer


def _check(route: Route, parameters: Mapping[str, str]) -> None:
    wrong: list[errors.Json] = []
    for name, kind in route.checked.items():
        try:
            msgspec.convert(parameters[name], kind)
        except msgspec.ValidationError:
            wrong.append(f"path.{name}")
    if wrong:
        raise errors.InvalidRequest(fields=wrong)


def _without_content(send: Send) -> Send:
    async def sent(message: Message) -> None:
        if message["type"] == "http.response.body":
            message = {**message, "body": b""}
        await send(message)

    return sent
