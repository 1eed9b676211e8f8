"""Finds the route of a call and answers it; every error is an answer.

Routes are found by their literal beginning: a table of the addresses without parameters, then for the rest a few
patterns under the longest beginning that there is.
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

from mshield.domain import errors
from mshield.services.process.time_limits import taking, time_limit_of
from mshield.web.body import LIMIT
from mshield.web.edge.admission import Place, Room, rooms_of
from mshield.web.edge.bodies import Bodies, announced_length
from mshield.web.edge.deadlines import Deadlines
from mshield.web.edge.gate import EXPECTED
from mshield.web.edge.idempotency import answered_once
from mshield.web.idempotency_key import key_of
from mshield.web.problems import problem
from mshield.web.query import query_of
from mshield.web.router import Route

Refuse = Callable[[StarletteRequest, Exception], Awaitable[Response]]
"""Makes the answer to any error."""

Unknown = Callable[[StarletteRequest], Response]
"""Makes the answer at an address that there isn't."""


def _problem(request: StarletteRequest) -> Response:
    return problem(request, errors.NotFound())


_METHOD_NOT_ALLOWED: Final = 405
_MATCH: Final = "mshield.match"
"""In a scope: the route and its parameters, where the gate has asked for them."""

_NONE: Final[Mapping[str, str]] = {}
_NO_ROUTES: Final[Mapping[str, Route]] = {}
Pattern = tuple[re.Pattern[str], dict[str, Route]]
"""What the addresses of some routes look like, and these by their method."""


class Request(StarletteRequest):
    """A call whose body has come before its route is asked."""

    whole: bytes = b""

    async def body(self) -> bytes:
        """The body."""
        return self.whole


class Dispatch:
    """ASGI, for HTTP alone: answers every call."""

    def __init__(
        self,
        app: Starlette,
        routes: Sequence[Route],
        *,
        refuse: Refuse,
        most: int,
        unknown: Unknown = _problem,
    ) -> None:
        """`app` has the state that routes reach; `most` calls are carried out at once."""
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
        """Handles one call."""
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
            # What is cut short is as where the process ends: no answer says that it was done.
            with Place(room, route), self._deadlines.within(limit.call):
                if limit.statement is None:
                    return await self._ask(request, route, parameters)
                with taking(limit.statement):
                    return await self._ask(request, route, parameters)
        except Exception as error:  # noqa: BLE001  # every error is an answer
            return await self._refuse(request, error)

    async def _take_body(self, request: Request, route: Route, room: Room) -> None:
        """Raises what taking it raises, and what knowing who calls does where only who is known may send so much."""
        room.require_place()
        length, limit = announced_length(request.scope), route.limit
        if length == 0:
            return
        most, known = limit.octets, False
        if route.known_first is not None and (length is None or limit.octets < length <= limit.known):
            with Place(room, None):
                await route.known_first(request)
            most, known = limit.known, True
        request.whole = await self._bodies.take(
            request, request.receive, announced=length, most=most, known=known
        )

    def _ask(self, request: Request, route: Route, parameters: Mapping[str, str]) -> Awaitable[Response]:
        if route.keeps_answer and (key := key_of(request)) is not None:
            return answered_once(request, key, lambda: self._carry_out(request, route, parameters))
        return route.endpoint(request, **_given(request, route, parameters))

    def room_of(self, scope: Scope) -> tuple[Route, Room] | None:
        """The route of a call, and the room that it is carried out in."""
        entry = scope[_MATCH] = self._route_of(scope["path"], scope["method"])
        return None if entry is None else (entry[0], self._rooms[entry[0]])

    def _route_of(self, path: str, method: str) -> tuple[Route, Mapping[str, str]] | None:
        """The route of a call, and the values of its parameters in the path."""
        if (route := self._fixed.get(path, _NO_ROUTES).get(method)) is not None:
            return route, _NONE
        for pattern, by_method in self._patterns_of(path):
            # The method first: it is the cheaper question.
            if (route := by_method.get(method)) is not None and (match := pattern.fullmatch(path)):
                return route, match.groupdict()
        return None

    def _patterns_of(self, path: str) -> Iterator[Pattern]:
        """The patterns that an address may have, those of the longest beginning first."""
        end = path.rfind("/", 0, self._longest)
        while end > 0:
            yield from self._under.get(path[:end], ())
            end = path.rfind("/", 0, end)

    async def _carry_out(self, request: Request, route: Route, parameters: Mapping[str, str]) -> Response:
        try:
            return await route.endpoint(request, **_given(request, route, parameters))
        except Exception as error:  # noqa: BLE001  # what is kept for a repeat may be a refusal
            return await self._refuse(request, error)

    def _refused(self, request: Request) -> Response:
        """404, or 405 with the methods that there are (RFC 9110, 15.5.6)."""
        path = request.scope["path"]
        allowed = set(self._fixed.get(path, _NO_ROUTES))
        for pattern, by_method in self._patterns_of(path):
            if pattern.fullmatch(path):
                allowed |= by_method.keys()
        if not allowed:
            return self._unknown(request)
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
