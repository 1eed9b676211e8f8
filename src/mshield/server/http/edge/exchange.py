"""A call and its answer in the server, read and written in one piece if possible.

A head is written together with its body, and a complete body is passed on as a whole. Everything else,
streams above all, works as in the server. `_PLAIN` makes all of it work as there.
"""

import asyncio
from functools import lru_cache
from typing import Any, Final

from uvicorn.protocols.http.httptools_impl import (
    HEADER_RE,
    HEADER_VALUE_RE,
    STATUS_LINE,
    RequestResponseCycle,
)

_PLAIN = False
"""Whether calls use the server's own cycle and event, for the time until an upgrade works with `Exchange` again."""

WHOLE: Final = "mshield.exchange"
"""Key in a scope: the exchange, if the whole body arrived before anybody asked for it."""

_LARGE: Final = 64 * 1024
"""Size in bytes from which copying a body costs more than a second write."""


class Signal:
    """Replacement for `asyncio.Event` with the methods that the server uses; it creates an event only for a waiter."""

    __slots__ = ("_event", "_is_set")

    def __init__(self) -> None:
        self._event: asyncio.Event | None = None
        self._is_set = False

    def set(self) -> None:
        """Wakes all waiters; later calls of `wait` return at once."""
        self._is_set = True
        if self._event is not None:
            self._event.set()

    def clear(self) -> None:
        """Makes later calls of `wait` wait."""
        self._is_set = False
        if self._event is not None:
            self._event.clear()

    async def wait(self) -> None:
        if self._is_set:
            return
        if self._event is None:
            self._event = asyncio.Event()
        await self._event.wait()


class Exchange(RequestResponseCycle):
    """The server's `RequestResponseCycle` with faster answers."""

    _head: list[bytes] | None = None
    _asked = False

    async def send(self, message: Any) -> None:
        """Sends a message of the answer; a head with a known length is held until its body is there."""
        if self.flow.write_paused or self.disconnected:
            await self._send_by_parts(message)
        elif not self.response_started and message["type"] == "http.response.start":
            await self._begin(message)
        elif self._head is not None and self._is_whole(message):
            self._end(message.get("body", b""))
        else:
            await self._send_by_parts(message)

    async def receive(self) -> Any:
        self._asked = True
        return await super().receive()

    def is_whole(self) -> bool:
        """Reports whether the whole body has arrived and no part of it was read."""
        return not (self.more_body or self._asked)

    def taken(self) -> bytes:
        """Returns the whole body and releases the buffer."""
        self._asked = True
        body, self.body = bytes(self.body), bytearray()
        return body

    def answer(self, status: int, lines: bytes, body: bytes) -> bool:
        """Sends a whole answer; `lines` are its encoded header lines, content length included.

        The lines aren't checked here. Returns False, with nothing sent, if the answer can't be sent in one
        piece: for HEAD, or if the peer reads too slowly or has gone.
        """
        if (
            self.flow.write_paused
            or self.disconnected
            or self.response_started
            or self.scope["method"] == "HEAD"
        ):
            return False
        self._head = [STATUS_LINE[status], *map(_line, self.default_headers), lines]
        self.chunked_encoding = False
        self.response_started, self.waiting_for_100_continue = True, False
        self._end(body)
        return True

    async def _begin(self, message: Any) -> None:
        lines, length = [STATUS_LINE[message["status"]]], None
        for name, value in (*self.default_headers, *message.get("headers", ())):
            if (cached_line := _CACHED_LINES.get((name, value))) is not None:
                lines.append(cached_line)
                continue
            prefix = _begun(name)
            if prefix is None or (length is not None and prefix == b"content-length: "):
                await super().send(message)
                return
            if HEADER_VALUE_RE.search(value):
                raise RuntimeError("no value of a header")
            line = prefix + value + b"\r\n"
            if prefix == b"content-length: ":
                length = int(value)
            elif prefix in _REPEATED and len(_CACHED_LINES) < _MAX_CACHED:
                _CACHED_LINES[name, value] = line
            lines.append(line)
        if length is None:
            await super().send(message)
            return
        self.expected_content_length, self.chunked_encoding = length, False
        self.response_started, self.waiting_for_100_continue = True, False
        self._head = lines

    def _is_whole(self, message: Any) -> bool:
        is_last = message["type"] == "http.response.body" and not message.get("more_body", False)
        return (
            is_last
            and self.scope["method"] != "HEAD"
            and len(message.get("body", b"")) == self.expected_content_length
        )

    def _end(self, body: bytes) -> None:
        if len(body) > _LARGE:
            self.transport.write(self._early_head())
            self.transport.write(body)
        else:
            self.transport.write(self._early_head() + body)
        self.expected_content_length = 0
        self.response_complete = True
        self.message_event.set()
        if not self.keep_alive:
            self.transport.close()
        self.on_response()

    async def _send_by_parts(self, message: Any) -> None:
        if self._head is not None and not self.disconnected:
            self.transport.write(self._early_head())
        await super().send(message)

    def _early_head(self) -> bytes:
        lines, self._head = self._head or [], None
        if not self.keep_alive:
            lines.append(b"connection: close\r\n")
        lines.append(b"\r\n")
        return b"".join(lines)


def new_cycle(**parts: Any) -> RequestResponseCycle:
    """Returns the cycle of one call; `parts` are all arguments of `RequestResponseCycle` but the event."""
    if _PLAIN:
        return RequestResponseCycle(message_event=asyncio.Event(), **parts)
    event: Any = Signal()  # it has all methods of an event that are called
    return Exchange(message_event=event, **parts)


_CACHED_LINES: Final[dict[tuple[bytes, bytes], bytes]] = {}
"""Cache of encoded header lines that were checked."""

_MAX_CACHED: Final = 256
_REPEATED: Final = frozenset(
    name + b": "
    for name in (
        *(b"content-type", b"cache-control", b"content-security-policy"),
        *(b"x-content-type-options", b"strict-transport-security"),
    )
)
"""Prefixes of header lines with few different values over all answers, which are therefore cached."""


@lru_cache(maxsize=16)
def _line(header: tuple[bytes, bytes]) -> bytes:
    """Encodes one of the server's own headers, such as the date of this second."""
    return b"%s: %s\r\n" % header


@lru_cache(maxsize=256)
def _begun(name: bytes) -> bytes | None:
    """Returns the beginning of a header line; None if the header decides how the answer is sent.

    Raises: RuntimeError (invalid name).
    """
    if HEADER_RE.search(name):
        raise RuntimeError("no name of a header")
    name = name.lower()
    return None if name in {b"connection", b"transfer-encoding"} else name + b": "
