"""Held call that streams server-sent events: each state of a request, and its QR code until a phone scans it."""

from typing import Final

import msgspec
from starlette.types import Receive, Scope, Send

from mshield.server.context import Context
from mshield.server.http.waiting.held import NEVER, Asker, Held, Look
from mshield.server.http.waiting.request_state import QrMessage, message_of
from mshield.server.requests.rules import OPEN, RequestState

KEEP_ALIVE_SECONDS: Final = 15.0
QR_SECONDS: Final = 2.0
_HEADERS: Final = (
    (b"content-type", b"text/event-stream"),
    (b"cache-control", b"no-store"),
    (b"x-accel-buffering", b"no"),  # otherwise nginx buffers the events
)


class EventStream(Held):
    """Stream of a request's events; it ends after a final state, or when the process is about to stop."""

    __slots__ = ("_expires_at", "_next_comment", "_next_qr", "_started_at", "_state", "_with_qr")

    def __init__(self, context: Context, request_id: str, look: Look, *, asker: Asker, with_qr: bool) -> None:
        super().__init__(context, request_id, look, asker=asker)
        self._with_qr = with_qr
        self._next_qr = self._next_comment = 0.0
        self._state: str | None = None
        self._expires_at = 0
        self._started_at = 0

    async def begin(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Starts the answer, with the present state as its first event."""
        # Copy the headers each time, since other layers append to the list.
        await send({"type": "http.response.start", "status": 200, "headers": list(_HEADERS)})
        await super().begin(scope, receive, send)

    async def step(self, time: float) -> None:
        """Writes the events that are due: state, QR code, or a comment to keep the connection open."""
        body = await self._news(time)
        waits_for_scan = self._with_qr and self._state == RequestState.WAITING
        if waits_for_scan and self._next_qr <= time:
            self._next_qr = time + QR_SECONDS
            body += self._qr()
        ends = self._state not in OPEN or self.context.events.stopped
        if not body and self._next_comment <= time:
            body = b": keep-alive\n\n"
        if body or ends:
            self._next_comment = time + KEEP_ALIVE_SECONDS
            await self._put(body, ends=ends)
        self.ended = ends
        self.due = min(self.look_at, self._next_comment, self._next_qr if waits_for_scan else NEVER)

    async def _news(self, time: float) -> bytes:
        """Returns an event if the state or the expiry has changed since the last one; else nothing."""
        followed = await self.look(time)
        if followed is None or (followed.state, followed.expires_at) == (self._state, self._expires_at):
            return b""
        self._state, self._started_at = followed.state, followed.started_at
        self._expires_at = followed.expires_at
        self._with_qr = self._with_qr and followed.channel == "qr"
        return _event(b"state", message_of(followed, now=self.context.clock()))

    def _qr(self) -> bytes:
        texts = self.context.requests.follow.qr_texts(
            self.request_id, started_at=self._started_at, now=self.context.clock()
        )
        return _event(b"qr", QrMessage(texts))

    async def _put(self, body: bytes, *, ends: bool) -> None:
        assert self.send is not None  # noqa: S101  # `begin` has set it
        await self.send({"type": "http.response.body", "body": body, "more_body": not ends})


def _event(name: bytes, message: msgspec.Struct) -> bytes:
    return b"event: %s\ndata: %s\n\n" % (name, msgspec.json.encode(message))
