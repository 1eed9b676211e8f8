"""What every request passes first: an id for it, security headers, and a line of log where wanted.

The line names method, path, status and time; never a query, a header or a body.
"""

import logging
import secrets
import time
from collections.abc import Callable
from typing import Final
from urllib.parse import quote

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from mshield.gateways.tracing import call as calls
from mshield.web.edge.exchange import Exchange

EXTRA_HEADERS: Final = "mshield.headers"
"""In a scope: headers for the answer, also where it is a refusal."""

Measure = Callable[[Scope, int, float], None]
"""Takes a call's scope, the status of its answer (0: none) and how long it took in seconds."""

Watch = Callable[[Scope, int], None]
"""Takes a call's scope and the status of its answer."""

_HTTPS_ONLY: Final = (b"strict-transport-security", b"max-age=31536000; includeSubDomains")
"""RFC 6797, for a year; TLS ends at the proxy in front, and the answer says it all the same."""

_NOSNIFF: Final = (b"x-content-type-options", b"nosniff")
_POLICY: Final = b"content-security-policy"
NO_PAGE: Final = (
    _POLICY,
    b"default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
)
"""Of an answer that brings no policy of its own: opened by itself it runs, loads and sends nothing."""

_log = logging.getLogger("mshield.access")


def secured(origin: str) -> tuple[tuple[bytes, bytes], ...]:
    """The headers of all answers."""
    return (_NOSNIFF, _HTTPS_ONLY) if origin.startswith("https://") else (_NOSNIFF,)


class Edge:
    """ASGI middleware around the whole application."""

    def __init__(
        self,
        app: ASGIApp,
        *,
        origin: str,
        access_log: bool,
        measure: Measure,
        watch: Watch,
        traced: float = 0.0,
    ) -> None:
        """`measure` and `watch` are told of each call that was answered; `origin` is how the service is addressed.

        Of the traces that begin here, this share is `traced`.
        """
        self._app = app
        self._secured = secured(origin)
        self._lines = b"".join(b"%s: %s\r\n" % header for header in (*self._secured, NO_PAGE))
        self._access_log = access_log
        self._measure, self._watch, self._share = measure, watch, traced

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handles one connection."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = secrets.token_hex(8)
        scope["mshield.request_id"] = request_id
        call = calls.Call(request_id, scope["headers"], share=self._share)
        calls.begin(call)
        start, marked = time.perf_counter(), _Marked(scope, send, self._secured, self._lines)
        try:
            await self._app(scope, receive, marked)
        finally:
            elapsed, status = time.perf_counter() - start, marked.status
            self._measure(scope, status, elapsed)
            if status:
                self._watch(scope, status)
            if self._access_log:
                path = quote(scope["path"])  # as it came: decoded it could begin another line
                method, ms = scope["method"], round(elapsed * 1000, 1)
                parts = {"method": method, "path": path, "status": status, "ms": ms}
                _log.info("%s %s %d %.1f ms %s", method, path, status, ms, request_id, extra=parts)
            call.is_over = True


class _Marked:
    """A `send` that gives each answer the headers of all."""

    __slots__ = ("_lines", "_scope", "_secured", "_send", "status")

    def __init__(
        self, scope: Scope, send: Send, secured: tuple[tuple[bytes, bytes], ...], lines: bytes
    ) -> None:
        """`lines` are the headers as they stand in the head of an answer that has no policy of its own."""
        self._scope, self._send = scope, send
        self._secured, self._lines = secured, lines
        self.status = 0

    async def __call__(self, message: Message) -> None:
        """Sends a part of the answer."""
        if message["type"] == "http.response.start":
            self.status = message["status"]
            headers = [*message["headers"], (b"x-request-id", self._id), *self._secured]
            for name, _ in headers:
                if name == _POLICY:
                    break
            else:
                headers.append(NO_PAGE)
            message["headers"] = [*headers, *self._scope.get(EXTRA_HEADERS, ())]
        await self._send(message)

    def answer(self, status: int, lines: bytes, body: bytes) -> bool:
        """Sends a whole answer without a policy of its own; False where that can't be done, and nothing was sent."""
        exchange = getattr(self._send, "__self__", None)
        if EXTRA_HEADERS in self._scope or not isinstance(exchange, Exchange):
            return False
        whole = b"%bx-request-id: %b\r\n%b" % (lines, self._id, self._lines)
        if not exchange.answer(status, whole, body):
            return False
        self.status = status
        return True

    @property
    def _id(self) -> bytes:
        name: str = self._scope["mshield.request_id"]
        return name.encode()
