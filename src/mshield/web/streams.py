"""Server-sent events of requests, lean: one timer for all streams, no task and no buffer for one that only waits.

A stream is written to by a task that lives as long as the writing; news meanwhile only mark that there are more.
"""

import asyncio
import logging
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Final, cast

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from mshield.domain import errors
from mshield.domain.requests import OPEN, RequestState
from mshield.services.context import Context
from mshield.services.follow import Followed
from mshield.web.request_state import QrMessage, message_of

KEEP_ALIVE_SECONDS: Final = 15.0
QR_SECONDS: Final = 8.0
_TICK_SECONDS: Final = 0.2
_AGAIN_SECONDS: Final = 2.0
_JUST_AFTER_SECONDS: Final = 0.002
_RETRY_AFTER: Final = 5
_NEVER: Final = float("inf")
_HEADERS: Final = (
    (b"content-type", b"text/event-stream"),
    (b"cache-control", b"no-store"),
    (b"x-accel-buffering", b"no"),  # nginx would hold news back
)
Look = Callable[[int], Awaitable[Followed]]
"""The request's state at a time (ms)."""

_log = logging.getLogger(__name__)


class Streams:
    """All calls of this process that wait for a request: its streams, and how many there may be."""

    def __init__(self) -> None:
        self._streams: set[_Stream] = set()
        self._by_request: Counter[str] = Counter()
        self._timer: asyncio.TimerHandle | None = None
        self.held = 0
        """How many calls wait now."""

    @contextmanager
    def holding(self, context: Context, request_id: str) -> Iterator[None]:
        """Counts a call that waits. Raises TooManyRequests, Unavailable where too many do."""
        self._admit(context, request_id)
        try:
            yield
        finally:
            self._dismiss(request_id)

    async def answer(self, context: Context, request_id: str, look: Look, *, with_qr: bool) -> Response:
        """The answer that follows a request to its end. Raises what `look` raises, TooManyRequests, Unavailable."""
        self._admit(context, request_id)
        stream = _Stream(context, request_id, look, with_qr=with_qr)
        context.events.watch(request_id, stream.stir)
        self._streams.add(stream)
        try:
            stream.first = await look(context.clock())
        except BaseException:
            self.close(stream)
            raise
        if self._timer is None:
            self._arm()
        return EventStream(self, stream)

    def close(self, stream: "_Stream") -> None:
        """Forgets a stream."""
        self._streams.discard(stream)
        stream.context.events.unwatch(stream.request_id, stream.stir)
        self._dismiss(stream.request_id)

    def _admit(self, context: Context, request_id: str) -> None:
        if self._by_request[request_id] >= context.settings.waiting_per_request:
            raise errors.TooManyRequests(retry_after=_RETRY_AFTER)
        if self.held >= context.settings.waiting_per_process or context.events.stopped:
            raise errors.Unavailable(retry_after=_RETRY_AFTER)
        self.held += 1
        self._by_request[request_id] += 1

    def _dismiss(self, request_id: str) -> None:
        self.held -= 1
        self._by_request[request_id] -= 1
        if not self._by_request[request_id]:
            del self._by_request[request_id]

    def _arm(self) -> None:
        self._timer = asyncio.get_running_loop().call_later(_TICK_SECONDS, self._tick)

    def _tick(self) -> None:
        time = asyncio.get_running_loop().time()
        for stream in self._streams:
            if stream.due <= time:
                stream.write_soon()
        self._timer = None
        if self._streams:
            self._arm()


class EventStream(Response):
    """An answer of events. It ends after a final state, when the reader goes, or when the process is about to end."""

    def __init__(self, streams: Streams, stream: "_Stream") -> None:
        # Sets nothing of what Response.__init__ would: there is no body but the stream.
        self._streams, self._stream = streams, stream

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Sends the events. What only waits holds nothing but this call, for the end of the connection."""
        try:
            await send({"type": "http.response.start", "status": 200, "headers": list(_HEADERS)})
            scope[
                "headers"
            ].clear()  # nobody reads them any more, and they are a fifth of what a stream holds
            await self._stream.begin(send)
            while (await receive())["type"] != "http.disconnect":
                pass
        finally:
            self._streams.close(self._stream)


class _Stream:
    """What is to be written and when; times are the loop's, in seconds."""

    __slots__ = (
        "_busy", "_ended", "_look", "_look_at", "_next_comment", "_next_qr", "_send", "_started_at", "_state", "_task",
        "_with_qr", "context", "due", "first", "request_id",
    )  # fmt: skip

    def __init__(self, context: Context, request_id: str, look: Look, *, with_qr: bool) -> None:
        self.context, self.request_id = context, request_id
        self.first: Followed | None = None
        self.due = _NEVER
        self._look, self._with_qr = look, with_qr
        self._look_at = self._next_qr = self._next_comment = 0.0
        self._state: str | None = None
        self._started_at = 0
        self._busy = True  # until there is where to write
        self._ended = False
        self._send: Send | None = None
        self._task: asyncio.Task[None] | None = None

    def stir(self) -> None:
        """There may be news."""
        self.due = self._look_at = 0.0
        self.write_soon()

    def write_soon(self) -> None:
        """Writes what is due, unless that is under way: then it goes on until nothing is."""
        if not self._busy:
            self._busy = True
            self._task = asyncio.get_running_loop().create_task(self._write())

    async def begin(self, send: Send) -> None:
        """Writes the state as it is."""
        self._send, self.due = send, 0.0
        await self._write()

    async def _write(self) -> None:
        clock = asyncio.get_running_loop().time
        try:
            while not self._ended and self.due <= (time := clock()):
                try:
                    await self._step(time)
                except Exception as error:  # noqa: BLE001  # mostly the database's: the reader stays, and we ask again
                    _log.warning("a stream could not be brought up to date: %s", type(error).__name__)
                    self.due = self._look_at = clock() + _AGAIN_SECONDS
        finally:
            self._busy, self._task = False, None

    async def _step(self, time: float) -> None:
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
        self._ended = ends
        self.due = min(self._look_at, self._next_comment, self._next_qr if waits_for_scan else _NEVER)

    async def _news(self, time: float) -> bytes:
        """The event of a state that wasn't told yet, if it is time to look."""
        events = self.context.events
        if time < self._look_at or events.stopped:
            return b""
        self._look_at = (
            time + events.look_again_seconds
        )  # before looking: what happens meanwhile is news again
        now = self.context.clock()
        found, self.first = self.first or await self._look(now), None
        if found.state in OPEN:
            over = time + (found.expires_at - now) / 1000 + _JUST_AFTER_SECONDS
            self._look_at = min(self._look_at, over)
        if found.state == self._state:
            return b""
        self._state, self._started_at = found.state, found.started_at
        self._with_qr = self._with_qr and found.channel == "qr"
        return _event(b"state", message_of(found, now=now))

    def _qr(self) -> bytes:
        texts = self.context.follow.qr_texts(
            self.request_id, started_at=self._started_at, now=self.context.clock()
        )
        return _event(b"qr", QrMessage(texts))

    async def _put(self, body: bytes, *, ends: bool) -> None:
        assert self._send is not None  # noqa: S101  # `begin` has set it
        await self._send({"type": "http.response.body", "body": body, "more_body": not ends})


def streams_of(request: Request) -> Streams:
    """The process's streams."""
    return cast("Streams", request.app.state.streams)


def _event(name: bytes, message: msgspec.Struct) -> bytes:
    return b"event: %s\ndata: %s\n\n" % (name, msgspec.json.encode(message))
