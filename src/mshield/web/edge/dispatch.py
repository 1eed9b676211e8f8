"""Finds the route of a call and answers it; every error is an answer.

Routes are found by their literal beginning: a table of the addresses without parameters, then for the rest a few
patterns under the longest beginning that there is.
"""

import re
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
from mshield.web.idempotency_key import key_of
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
        self._under: dict[str, list[tuple[re.Pattern[str], dict[str, Route]]]] = {}
        patterns: dict[str, dict[str, Route]] = defaultdict(dict)
        for route in routes:
            (patterns if "{" in route.path else self._fixed)[route.path][route.method] = route
        for path, by_method in patterns.items():
            beginning = path.partition("{")[0].rpartition("/")[0]
            pattern = next(iter(by_method.values())).pattern
            self._under.setdefault(beginning, []).append((pattern, by_method))
        self._longest = max(map(len, self._under), default=0) + 1

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
        try:
            if route.keeps_answer and (key := key_of(request)) is not None:
                return await answered_once(request, key, lambda: self._carry_out(request, route, parameters))
            return await route.endpoint(request, **_given(request, route, parameters))
        except Exception as error:  # noqa: BLE001  # every error is an answer
            return await self._refuse(request, error)

    def _route_of(self, path: str, method: str) -> tuple[Route, Mapping[str, str]] | None:
        is_head = method == "HEAD"
        wanted = "GET" if is_head else method
        for by_method, parameters in self._at(path):
            route = by_method.get(wanted)
            if route is not None and (route.also_head or not is_head):
                return route, parameters
        return None

    def _at(self, path: str) -> Iterator[tuple[Mapping[str, Route], Mapping[str, str]]]:
        """The routes of an address by their method, and the values of its parameters."""
        if path in self._fixed:
            yield self._fixed[path], _NONE
        end = path.rfind("/", 0, self._longest)
        while end > 0:
            for pattern, by_method in self._under.get(path[:end], ()):
                if match := pattern.fullmatch(path):
                    yield by_method, match.groupdict()
            end = path.rfind("/", 0, end)

    async def _carry_out(self, request: Request, route: Route, parameters: Mapping[str, str]) -> Response:
        try:
            return await route.endpoint(request, **_given(request, route, parameters))
        except Exception as error:  # noqa: BLE001  # what is kept for a repeat may be a refusal
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


def _given(request: Request, route: Route, parameters: Mapping[str, str]) -> Mapping[str, Any]:
    """What the endpoint takes. Raises InvalidRequest."""
    if route.checked:
        _check(route, parameters)
    return parameters if route.query is None else {**parameters, "query": query_of(request, route.query)}


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
