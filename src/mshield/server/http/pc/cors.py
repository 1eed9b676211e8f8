"""Allows pages of any website to call the PC's routes, and only those: they take a bearer token and no cookie."""

from collections.abc import Awaitable
from typing import Final

from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp, Receive, Scope, Send

from mshield.server.http.edge.edge import EXTRA_HEADERS

PREFIX: Final = "/api/pc/"
_MAX_AGE_SECONDS: Final = 86_400
_HEADERS: Final = (
    (b"access-control-allow-origin", b"*"),
    (b"access-control-expose-headers", b"Retry-After, X-Request-Id"),
)


class PcCors:
    """ASGI middleware: Starlette's CORS middleware answers preflight requests; other answers get their headers here.

    They bypass Starlette's middleware, because a stream would hold its stack frames as long as it waits.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._preflight = CORSMiddleware(
            app,
            allow_origins=("*",),
            allow_methods=("GET",),
            allow_headers=("Authorization", "Cache-Control", "Last-Event-ID"),
            max_age=_MAX_AGE_SECONDS,
        )

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        """Passes the connection on. Not a coroutine, so that a waiting stream holds no frame of this middleware."""
        if scope["type"] == "http" and scope["path"].startswith(PREFIX):
            if scope["method"] == "OPTIONS":
                return self._preflight(scope, receive, send)
            scope[EXTRA_HEADERS] = _HEADERS
        return self._app(scope, receive, send)
