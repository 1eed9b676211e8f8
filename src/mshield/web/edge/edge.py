"""What every request passes first: an id for it, security headers, and a line of log where wanted.

The line names method, path, status and time; never a query, a header or a body.
"""

import logging
import secrets
import time
from collections.abc import Callable
from typing import Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

EXTRA_HEADERS: Final = "mshield.headers"
"""In a scope: headers for the answer, also where it is a refusal."""

Measure = Callable[[Scope, int, float], None]
"""Takes a call's scope, the status of its answer (0: none) and how long it took in seconds."""

_HTTPS_ONLY: Final = (b"strict-transport-security", b"max-age=31536000; includeSubDomains")
"""RFC 6797, for a year; TLS ends at the proxy in front, and the answer says it all the same."""

_NOSNIFF: Final = (b"x-content-type-options", b"nosniff")
_log = logging.getLogger("mshield.access")


def secured(origin: str) -> tuple[tuple[bytes, bytes], ...]:
    """The headers of all answers."""
    return (_NOSNIFF, _HTTPS_ONLY) if origin.startswith("https://") else (_NOSNIFF,)


class Edge:
    """ASGI middleware around the whole application."""

    def __init__(self, app: ASGIApp, *, origin: str, access_log: bool, measure: Measure) -> None:
        """`measure` is told of each call that was answered; `origin` is how the service is addressed."""
        self._app = app
        self._secured = secured(origin)
        self._access_log = access_log
        self._measure = measure

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handles one connection."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = secrets.token_hex(8)
        scope["mshield.request_id"] = request_id
        start, status = time.perf_counter(), 0

        async def marked(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                own = ((b"x-request-id", request_id.encode()), *self._secured)
                message["headers"] = [*message["headers"], *own, *scope.get(EXTRA_HEADERS, ())]
            await send(message)

        try:
            await self._app(scope, receive, marked)
        finally:
            elapsed = time.perf_counter() - start
            self._measure(scope, status, elapsed)
            if self._access_log:
                _log.info(
                    "%s %s %d %.1f ms %s", scope["method"], scope["path"], status, elapsed * 1000, request_id
                )
