"""ASGI middleware around all calls: assigns a request id, adds security headers, and writes the access log if wanted.

The log line names method, path, status and time, never a query, a header or a body.
"""

import logging
import os
import time
from collections.abc import Callable
from typing import Final
from urllib.parse import quote

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from mshield.server.http.edge.exchange import Exchange
from mshield.server.runtime.tracing import call as calls

EXTRA_HEADERS: Final = "mshield.headers"
"""Key in a scope: additional headers for the answer, even if it is an error."""

Measure = Callable[[Scope, int, float], None]
"""Callback with a call's scope, the status of its answer (0: none) and its duration in seconds."""

Watch = Callable[[Scope, int], None]
"""Callback with a call's scope and the status of its answer."""

_HTTPS_ONLY: Final = (b"strict-transport-security", b"max-age=31536000; includeSubDomains")
"""HSTS for a year (RFC 6797); TLS ends at the proxy in front, but the header is set here."""

_NOSNIFF: Final = (b"x-content-type-options", b"nosniff")
_POLICY: Final = b"content-security-policy"
NO_PAGE: Final = (
    _POLICY,
    b"default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
)
"""Policy for answers without one of their own: if a browser opens one directly, it runs, loads and sends nothing."""

_log = logging.getLogger("mshield.access")


def secured(origin: str) -> tuple[tuple[bytes, bytes], ...]:
    """Returns the headers of all answers; HSTS only if `origin` is https."""
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
        """`measure` is called after every call, `watch` after every call that was answered.

        `origin` is the public address of the service. `traced` is the share of new traces that are sampled.
        """
        self._app = app
        self._secured = secured(origin)
        self._lines = b"".join(b"%s: %s\r\n" % header for header in (*self._secured, NO_PAGE))
        self._access_log = access_log
        self._measure, self._watch, self._share = measure, watch, traced

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = os.urandom(8).hex()
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
                path = quote(scope["path"])  # quoted: a decoded path could begin another line of the log
                method, ms = scope["method"], round(elapsed * 1000, 1)
                parts = {"method": method, "path": path, "status": status, "ms": ms}
                _log.info("%s %s %d %.1f ms %s", method, path, status, ms, request_id, extra=parts)
            call.is_over = True


class _Marked:
    """ASGI `send` that adds the common headers to each answer."""

    __slots__ = ("_lines", "_scope", "_secured", "_send", "status")

    def __init__(
        self, scope: Scope, send: Send, secured: tuple[tuple[bytes, bytes], ...], lines: bytes
    ) -> None:
        """`lines` are the common headers, encoded, for an answer without a policy of its own."""
        self._scope, self._send = scope, send
        self._secured, self._lines = secured, lines
        self.status = 0

    async def __call__(self, message: Message) -> None:
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
        """Sends an answer with the default headers in one step.

        Returns False, with nothing sent, if the answer has headers of its own: use `send` then.
        """
        exchange = getattr(self._send, "__self__", None)
        if EXTRA_HEADERS in self._scope or not isinstance(exchange, Exchange):
            return False
        head = b"%bx-request-id: %b\r\n%b" % (lines, self._id, self._lines)
        if not exchange.answer(status, head, body):
            return False
        self.status = status
        return True

    @property
    def _id(self) -> bytes:
        name: str = self._scope["mshield.request_id"]
        return name.encode()
