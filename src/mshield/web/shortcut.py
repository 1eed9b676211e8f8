"""The hot routes, called without the framework's routing and dependency machinery.

They are declared as ordinary routes, which stay their description and their fallback; what is marked `hot` takes the
plain request and nothing else, so that it can be called directly (measured: a third of such a request's CPU).
"""

import re
from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Final, TypeVar

from fastapi import FastAPI
from fastapi.routing import APIRoute, APIRouter
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

Endpoint = Callable[..., Awaitable[Response]]
E = TypeVar("E", bound=Endpoint)
_HOT: Final[set[Endpoint]] = set()
_PARAMETER: Final = re.compile(r"\{(\w+)\}")


def hot(endpoint: E) -> E:
    """Marks an endpoint of the shape `(request, *, path parameters as str) -> Response`."""
    _HOT.add(endpoint)
    return endpoint


def is_hot(endpoint: Endpoint) -> bool:
    """Whether an endpoint was marked."""
    return endpoint in _HOT


class WholeRequest(Request):
    """A request whose body is read at once, not as a stream."""

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


class Shortcut:
    """ASGI: answers the hot routes itself and hands on everything else."""

    def __init__(
        self,
        app: ASGIApp,
        *,
        state: FastAPI,
        routers: Mapping[str, Iterable[APIRouter]],
        refuse: Callable[[Request, Exception], Awaitable[Response]],
    ) -> None:
        """`routers` by their prefix; `refuse` makes the answer to any error of an endpoint."""
        self._app = app
        self._state = state
        self._refuse = refuse
        self._routes = [
            (method, _pattern(prefix + route.path), route.endpoint)
            for prefix, group in routers.items()
            for router in group
            for route in router.routes
            if isinstance(route, APIRoute) and route.endpoint in _HOT
            for method in route.methods or ()
        ]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handles one connection."""
        if scope["type"] == "http":
            path, method = scope["path"], scope["method"]
            for wanted, pattern, endpoint in self._routes:
                if method == wanted and (match := pattern.fullmatch(path)) is not None:
                    answer = await self._answer(endpoint, match.groupdict(), scope, receive)
                    del match  # a stream holds this frame for as long as it waits
                    await answer(scope, receive, send)
                    return
        await self._app(scope, receive, send)

    async def _answer(
        self, endpoint: Endpoint, parameters: dict[str, str], scope: Scope, receive: Receive
    ) -> Response:
        scope["app"], scope["endpoint"] = self._state, endpoint
        scope["mshield.context"] = self._state.state.context
        request = WholeRequest(scope, receive)
        try:
            return await endpoint(request, **parameters)
        except Exception as error:  # noqa: BLE001  # as the framework does: every error is an answer
            return await self._refuse(request, error)


def _pattern(path: str) -> re.Pattern[str]:
    return re.compile(_PARAMETER.sub(r"(?P<\1>[^/]+)", path))
