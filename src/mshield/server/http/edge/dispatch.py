"""Finds the route of a call and answers the call; every error becomes an answer.

A table holds the paths without parameters. For the others, only the few patterns below the longest matching
literal prefix are tried.
"""

import re
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from typing import Any, Final

import msgspec
from starlette.applications import Starlette
from starlette.requests import Request as StarletteRequest
from starlette.responses import Response
from starlette.types import Message, Receive, Scope, Send

from mshield.server.errors import InvalidRequest, Json, NotFound
from mshield.server.http.body import LIMIT
from mshield.server.http.edge.admission import EXPECTED, Place, Room, rooms_of
from mshield.server.http.edge.bodies import Bodies, Deadlines, Turn, announced_length
from mshield.server.http.edge.idempotency import answered_once
from mshield.server.http.idempotency_key import key_of
from mshield.server.http.problems import problem
from mshield.server.http.query import query_of
from mshield.server.http.router import Route
from mshield.server.runtime.time_limits import taking, time_limit_of

Refuse = Callable[[StarletteRequest, Exception], Awaitable[Response]]
"""Builds the answer for an error."""

Unknown = Callable[[StarletteRequest], Response]
"""Builds the answer for an unknown address."""


def _problem(request: StarletteRequest) -> Response:
    return problem(request, NotFound())


_METHOD_NOT_ALLOWED: Final = 405
_MATCH: Final = "mshield.match"
"""Key in a scope: the route and its parameters, if the gate has looked them up already."""

_NONE: Final[Mapping[str, str]] = {}
_NO_ROUTES: Final[Mapping[str, Route]] = {}
Pattern = tuple[re.Pattern[str], dict[str, Route]]
"""Pattern of a path, and its routes by method."""


class Request(StarletteRequest):
    """Call whose body was read before its route's endpoint runs."""

    whole: bytes = b""
    turn: Turn | None = None
    """Turn of a large body, which ends with the call."""

    async def body(self) -> bytes:
        return self.whole


class Dispatch:
    """ASGI application for HTTP that answers every call."""

    def __init__(
        self,
        app: Starlette,
        routes: Sequence[Route],
        *,
        refuse: Refuse,
        most: int,
        unknown: Unknown = _problem,
    ) -> None:
        """`app` holds the state that routes use; `most` is the number of calls carried out at once."""
        self._app, self._refuse, self._unknown = app, refuse, unknown
        self._deadlines = Deadlines()
        self._bodies, self._rooms = Bodies(self._deadlines), rooms_of(routes, most=most)
        self._fixed: dict[str, dict[str, Route]] = defaultdict(dict)
        self._under: dict[str, list[Pattern]] = {}
        patterns: dict[str, dict[str, Route]] = defaultdict(dict)
        for route in routes:
            by_method = (patterns if "{" in route.path else self._fixed)[route.path]
            by_method |= dict.fromkeys(("GET", "HEAD") if route.also_head else (route.method,), route)
        for path, by_method in patterns.items():
            beginning = path.partition("{")[0].rpartition("/")[0]
            pattern = next(iter(by_method.values())).pattern
            self._under.setdefault(beginning, []).append((pattern, by_method))
        self._longest = max(map(len, self._under), default=0) + 1

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        answer = await self._answer(scope, receive)
        if scope["method"] == "HEAD":
            send = _without_content(send)
        await answer(scope, receive, send)

    async def _answer(self, scope: Scope, receive: Receive) -> Response:
        scope["app"] = self._app
        scope["mshield.context"] = getattr(self._app.state, "context", None)
        if (expecting := scope.pop(EXPECTED, None)) is not None:
            expecting.expected -= 1
        request = Request(scope, receive)
        match = scope.pop(_MATCH, None) or self._route_of(scope["path"], scope["method"])
        if match is None:
            return self._refused(request)
        route, parameters = match
        scope["route"], scope[LIMIT] = route, route.limit
        room = self._rooms[route]
        try:
            await self._take_body(request, route, room)
            limit = time_limit_of(route.operation_id)
            # A timeout here is like a crash of the process: no answer claims that the operation was carried
            # out.
            with Place(room, route), self._deadlines.within(limit.call):
                if limit.statement is None:
                    return await self._ask(request, route, parameters)
                with taking(limit.statement):
                    return await self._ask(request, route, parameters)
        except Exception as error:  # noqa: BLE001  # every error is an answer
            return await self._refuse(request, error)
        finally:
            if request.turn is not None:
                request.turn.end()

    async def _take_body(self, request: Request, route: Route, room: Room) -> None:
        """Reads the body; authenticates the caller first if only known callers may send one of that size.

        Raises: as `Bodies.take` and `route.known_first`; Unavailable (the room is full).
        """
        room.require_place()
        length, limit = announced_length(request.scope), route.limit
        if length == 0:
            return
        most, is_known = limit.octets, False
        if route.known_first is not None and (length is None or limit.octets < length <= limit.known):
            with Place(room, None):
                await route.known_first(request)
            most, is_known = limit.known, True
            request.turn = await self._bodies.turn(request, length)
        request.whole = await self._bodies.take(
            request, request.receive, announced=length, most=most, known=is_known
        )
        if request.turn is not None:
            request.turn.hold(len(request.whole))

    def _ask(self, request: Request, route: Route, parameters: Mapping[str, str]) -> Awaitable[Response]:
        if route.keeps_answer and (key := key_of(request)) is not None:
            return answered_once(request, key, lambda: self._carry_out(request, route, parameters))
        return route.endpoint(request, **_endpoint_arguments(request, route, parameters))

    def room_of(self, scope: Scope) -> tuple[Route, Room] | None:
        """Returns the route of a call and its room; None if there is no such route."""
        entry = scope[_MATCH] = self._route_of(scope["path"], scope["method"])
        return None if entry is None else (entry[0], self._rooms[entry[0]])

    def _route_of(self, path: str, method: str) -> tuple[Route, Mapping[str, str]] | None:
        """Returns the route of a call and the values of its path parameters; None if there is no such route."""
        if (route := self._fixed.get(path, _NO_ROUTES).get(method)) is not None:
            return route, _NONE
        for pattern, by_method in self._patterns_of(path):
            # Check the method first, because that is cheaper than matching the pattern.
            if (route := by_method.get(method)) is not None and (match := pattern.fullmatch(path)):
                return route, match.groupdict()
        return None

    def _patterns_of(self, path: str) -> Iterator[Pattern]:
        """Yields the patterns that may match an address, those with the longest prefix first."""
        end = path.rfind("/", 0, self._longest)
        while end > 0:
            yield from self._under.get(path[:end], ())
            end = path.rfind("/", 0, end)

    async def _carry_out(self, request: Request, route: Route, parameters: Mapping[str, str]) -> Response:
        try:
            return await route.endpoint(request, **_endpoint_arguments(request, route, parameters))
        except Exception as error:  # noqa: BLE001  # what is kept for a repeat may be a refusal
            return await self._refuse(request, error)

    def _refused(self, request: Request) -> Response:
        """Answers 404, or 405 with the methods that exist (RFC 9110, 15.5.6)."""
        path = request.scope["path"]
        allowed = set(self._fixed.get(path, _NO_ROUTES))
        for pattern, by_method in self._patterns_of(path):
            if pattern.fullmatch(path):
                allowed |= by_method.keys()
        if not allowed:
            return self._unknown(request)
        answer = problem(request, InvalidRequest(), status=_METHOD_NOT_ALLOWED)
        answer.headers["Allow"] = ", ".join(sorted(allowed))
        return answer


def _endpoint_arguments(request: Request, route: Route, parameters: Mapping[str, str]) -> Mapping[str, Any]:
    """Returns the endpoint's keyword arguments from path and query. Raises: InvalidRequest."""
    if route.checked:
        _check(route, parameters)
    return parameters if route.query is None else {**parameters, "query": query_of(request, route.query)}


def _check(route: Route, parameters: Mapping[str, str]) -> None:
    wrong: list[Json] = []
    for name, kind in route.checked.items():
        try:
            msgspec.convert(parameters[name], kind)
        except msgspec.ValidationError:
            wrong.append(f"path.{name}")
    if wrong:
        raise InvalidRequest(fields=wrong)


def _without_content(send: Send) -> Send:
    async def sent(message: Message) -> None:
        if message["type"] == "http.response.body":
            message = {**message, "body": b""}
        await send(message)

    return sent
