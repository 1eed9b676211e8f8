"""One call and its answer, as the server has them: a head goes out with its body, a body that has come waits whole.

What the server does with them otherwise, for streams above all, stays as it is.
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

WHOLE: Final = "mshield.exchange"
"""In a scope: the exchange, where all of the body came before anybody asked for it."""

_LARGE: Final = 64 * 1024
"""A body that costs more to copy than a second write does."""


class Signal:
    """What of `asyncio.Event` the server uses: waiting costs something only where somebody waits."""

    __slots__ = ("_event", "_is_set")

    def __init__(self) -> None:
        self._event: asyncio.Event | None = None
        self._is_set = False

    def set(self) -> None:
        """Wakes whoever waits; who waits from now on needn't."""
        self._is_set = True
        if self._event is not None:
            self._event.set()

    def clear(self) -> None:
        """Who waits from now on waits."""
        self._is_set = False
        if self._event is not None:
            self._event.clear()

    async def wait(self) -> None:
        """Until it is set."""
        if self._is_set:
            return
        if self._event is None:
            self._event = asyncio.Event()
        await self._event.wait()


class Exchange(RequestResponseCycle):
    """The server's, which calls it a cycle."""

    _head: list[bytes] | None = None
    _asked = False

    async def send(self, message: Any) -> None:
        """Sends a part of the answer; a head whose body follows at once waits for it."""
        if self.flow.write_paused or self.disconnected:
            await self._send_by_parts(message)
        elif not self.response_started and message["type"] == "http.response.start":
            await self._begin(message)
        elif self._head is not None and self._is_whole(message):
            self._end(message.get("body", b""))
        else:
            await self._send_by_parts(message)

    async def receive(self) -> Any:
        """The next part of the body."""
        self._asked = True
        return await super().receive()

    def is_whole(self) -> bool:
        """Whether all of the body is here, and nobody has asked for a part of it."""
        return not (self.more_body or self._asked)

    def taken(self) -> bytes:
        """The whole body."""
        self._asked = True
        body, self.body = bytes(self.body), bytearray()
        return body

    def answer(self, status: int, lines: bytes, body: bytes) -> bool:
        """Sends a whole answer; `lines` are its head's, with the body's length, each checked or of this service alone.

        False where it can't go out so, and nothing was sent: by HEAD, or to a peer who reads too slowly or has gone.
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
            if (known := _KNOWN.get((name, value))) is not None:
                lines.append(known)
                continue
            begun = _begun(name)
            if begun is None or (length is not None and begun == b"content-length: "):
                await super().send(message)
                return
            if HEADER_VALUE_RE.search(value):
                raise RuntimeError("no value of a header")
            line = begun + value + b"\r\n"
            if begun == b"content-length: ":
                length = int(value)
            elif begun in _REPEATED and len(_KNOWN) < _MOST_KNOWN:
                _KNOWN[name, value] = line
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
            self.transport.write(self._taken_head())
            self.transport.write(body)
        else:
            self.transport.write(self._taken_head() + body)
        self.expected_content_length = 0
        self.response_complete = True
        self.message_event.set()
        if not self.keep_alive:
            self.transport.close()
        self.on_response()

    async def _send_by_parts(self, message: Any) -> None:
        if self._head is not None and not self.disconnected:
            self.transport.write(self._taken_head())
        await super().send(message)

    def _taken_head(self) -> bytes:
        lines, self._head = self._head or [], None
        if not self.keep_alive:
            lines.append(b"connection: close\r\n")
        lines.append(b"\r\n")
        return b"".join(lines)


_KNOWN: Final[dict[tuple[bytes, bytes], bytes]] = {}
"""Whole lines that were checked."""

_MOST_KNOWN: Final = 256
_REPEATED: Final = frozenset(
    name + b": "
    for name in (
        *(b"content-type", b"cache-control", b"content-security-policy"),
        *(b"x-content-type-options", b"strict-transport-security"),
    )
)
"""How those lines begin that have few values in all answers."""


@lru_cache(maxsize=16)
def _line(header: tuple[bytes, bytes]) -> bytes:
    """A line of the server's own, such as the date of this second."""
    return b"%s: %s\r\n" % header


@lru_cache(maxsize=256)
def _begun(name: bytes) -> bytes | None:
    """How a header's line begins; None for one that decides how the answer is sent. Raises RuntimeError for no name."""
    if HEADER_RE.search(name):
        raise RuntimeError("no name of a header")
    name = name.lower()
    return None if name in {b"connection", b"transfer-encoding"} else name + b": "
