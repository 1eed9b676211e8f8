"""The server's connection with timeouts for each head, for each pause, and for peers that don't read.

It also bounds what the server would buffer or process at once: the lines of a head, pipelined calls, and
chunk framing around a body. Without these bounds a single connection can block the process for seconds and
occupy gigabytes.

Bodies have their timeout in `bodies.py`, where it is known whether the peer or this process is slow. One
timer serves all connections of a process, including idle keep-alive ones, for which the server has one timer
each.

Some methods repeat the server's code instead of calling it. `_PLAIN` makes them call it.
"""

import asyncio
from typing import Any, Final, cast
from urllib.parse import unquote

import httptools
from starlette.types import Scope
from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle
from uvicorn.server import ServerState

from mshield.server.http.edge.admission import GATE, Gate
from mshield.server.http.edge.exchange import WHOLE, Exchange, Signal, new_cycle

_PLAIN = False
"""Whether the server's own methods are called where this class repeats them, for the time until it fits an upgrade.

All limits stay; the gate is never asked, and the cycle is the server's.
"""

HEAD_SECONDS: Final = 10.0
"""Time for a call's head, from the connection or its first byte on; also for the rest of an unread body."""

IDLE_SECONDS: Final = 75.0
"""Keep-alive timeout; longer than that of reverse proxies, so that no connection is closed while one uses it."""

UNREAD_SECONDS: Final = 30.0
"""Time within which a peer must read some of the data that waits for it."""

MOST_HEAD: Final = 64 * 1024
"""Maximum size of a head in bytes; also of the framing around a body (chunk sizes, trailer lines)."""

MOST_LINES: Final = 100
"""Maximum number of header lines, trailer lines included."""

MAX_PIPELINED: Final = 16
"""Maximum number of pipelined calls; browsers, proxies and programs wait for each answer themselves."""

_LOOK_SECONDS: Final = 1.0
_TAKEN: Final = 16 * 1024
"""Minimum decrease of the write buffer, in bytes, that counts as progress of the reader."""

_NEVER: Final = float("inf")


class HeadTooLarge(Exception):
    """The head of a call is larger than this service ever needs."""


class TooManyPipelined(Exception):
    """A peer pipelines more calls than any client that waits for its answers."""


class _Answered:
    """Placeholder for a finished call before the first one, so that the gate can refuse the first call too."""

    response_complete = True
    message_event = Signal()


class Connection(HttpToolsProtocol):
    """Protocol class for connections; the server's settings name it."""

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self._due = _NEVER
        self._in_head, self._head = True, 0
        self._piece = self._beginning = (
            0  # bytes of the latest piece, and of the piece in which the head began
        )
        self._whole = True  # whether the latest call has arrived completely
        self._about = 0  # framing bytes around its body that the body's size doesn't justify
        self._trailers = 0  # lines after the body of the latest call
        self._begun = 0  # calls that began in the latest piece
        self.cycle = _Answered()  # type: ignore[assignment]  # it has all attributes that are read
        self._gate: Gate | None = app_state.get(GATE)
        self._unread, self._unread_since = 0, 0.0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as in the server
        """Starts the timeout for the first head."""
        super().connection_made(transport)
        self._due = self.loop.time() + HEAD_SECONDS
        _start_timer(self)

    def data_received(self, data: bytes) -> None:
        """Parses the data; ends the connection if the head or the framing around the body is too large."""
        self._piece, self._begun = len(data), 0
        if self._in_head:
            self._head += self._piece
        elif not self._whole:
            self._about += self._piece
        super().data_received(data)
        if self.transport.is_closing():
            return
        if self._in_head and self._head > MOST_HEAD:
            self.send_400_response("The head is too large.")
        elif not self._in_head and not self._whole and self._about > MOST_HEAD:
            self.transport.abort()  # no 400: its call may have been answered already

    def on_message_begin(self) -> None:
        """Starts a head. Raises: TooManyPipelined."""
        self._begun += 1
        if max(self._begun, len(self.pipeline)) > MAX_PIPELINED:
            raise TooManyPipelined
        super().on_message_begin()
        self._in_head, self._whole, self._head, self._trailers = True, False, 0, 0
        self._beginning = self._piece
        self._due = self.loop.time() + HEAD_SECONDS

    def on_header(self, name: bytes, value: bytes) -> None:
        """Adds a header line; drops trailer lines. Raises: HeadTooLarge.

        No trailer has a meaning here, and proxies don't check them: as a header it would choose its sender's
        address (RFC 9110, 6.5.1).
        """
        if len(self.headers) + self._trailers >= MOST_LINES:
            raise HeadTooLarge
        if not self._in_head:
            self._trailers += 1
            return
        if _PLAIN:
            super().on_header(name, value)
            return
        # Repeats the server's code instead of calling it, which is slower: a call has some ten headers.
        name = name.lower()
        if name == b"expect" and value.lower() == b"100-continue":
            self.expect_100_continue = True
        self.headers.append((name, value))

    def on_headers_complete(self) -> None:
        """Hands the call to the application, unless the gate refuses it. Raises: HeadTooLarge."""
        # Sum up only if enough has arrived for the head to be too large: most heads arrive in one piece of
        # their own.
        if self._beginning + self._head > MOST_HEAD and self._octets() > MOST_HEAD:
            raise HeadTooLarge
        self._in_head, self._due, self._about = False, _NEVER, 0
        if _PLAIN:
            super().on_headers_complete()
            return
        self._read_head()
        is_next = self.cycle.response_complete
        refusal = self._gate.answer(cast("Scope", self.scope)) if is_next and self._gate is not None else None
        if refusal is not None:
            self._refuse(refusal)
            return
        cycle = self.cycle = self._new_cycle()
        if is_next:
            self._start_asgi_task(cycle, self.app)
        else:
            self.flow.pause_reading()
            self.pipeline.appendleft((cycle, self.app))

    def _octets(self) -> int:
        return sum(len(name) + len(value) for name, value in self.headers) + len(self.url)

    def _read_head(self) -> None:
        """Fills the scope from the head as the server does; the server would do it only after the gate."""
        scope, url, version = self.scope, httptools.parse_url(self.url), self.parser.get_http_version()
        if version != "1.1":
            scope["http_version"] = version
        path = url.path.decode("ascii")
        scope["method"] = self.parser.get_method().decode("ascii")
        scope["path"] = self.root_path + (unquote(path) if "%" in path else path)
        scope["raw_path"] = self.root_path.encode("ascii") + url.path
        scope["query_string"] = url.query or b""

    def _new_cycle(self) -> RequestResponseCycle:
        return new_cycle(
            scope=self.scope,
            transport=self.transport,
            flow=self.flow,
            logger=self.logger,
            access_logger=self.access_logger,
            access_log=False,
            default_headers=self.server_state.default_headers,
            expect_100_continue=self.expect_100_continue,
            keep_alive=self.scope["http_version"] != "1.0" and self.parser.should_keep_alive(),
            on_response=self.on_response_complete,
        )

    def _refuse(self, answer: bytes) -> None:
        """Sends the refusal and skips the rest of the call; aborts instead if the peer doesn't read."""
        if self.flow.write_paused:
            self.transport.abort()
            return
        self.transport.write(answer)
        if self.parser.get_http_version() == "1.0" or not self.parser.should_keep_alive():
            self.transport.close()
        else:
            self.on_response_complete()

    def on_body(self, body: bytes) -> None:
        """Receives a part of the body. Deducts twice its size from the framing count, so only tiny chunks add up."""
        self._about = max(self._about - 2 * len(body), 0)
        super().on_body(body)

    def on_message_complete(self) -> None:
        """Marks the call as completely received."""
        self._whole = True
        super().on_message_complete()
        if self.cycle.response_complete:
            self._due = self.loop.time() + IDLE_SECONDS
        elif isinstance(self.cycle, Exchange) and self.cycle.is_whole():
            self.cycle.scope[WHOLE] = self.cycle  # type: ignore[typeddict-unknown-key]  # our own

    def on_response_complete(self) -> None:
        """Continues after an answer: with the next pipelined call, idle, or with an unread body."""
        is_next = bool(self.pipeline)
        if _PLAIN:
            super().on_response_complete()
        else:
            self.server_state.total_requests += 1
            if self.transport.is_closing():
                return
            self.flow.resume_reading()
            if is_next:
                self._start_asgi_task(*self.pipeline.pop())
        if not is_next and not self._in_head:
            self._due = self.loop.time() + (IDLE_SECONDS if self._whole else HEAD_SECONDS)

    def look(self, time: float) -> None:
        """Aborts the connection if it is past its timeout or its peer has stopped reading."""
        if time >= self._due:
            self.transport.abort()
            return
        waiting = self.transport.get_write_buffer_size()
        if not waiting or waiting + _TAKEN < self._unread or not self._unread:
            self._unread, self._unread_since = waiting, time
        elif time - self._unread_since >= UNREAD_SECONDS:
            self.transport.abort()


def _start_timer(connection: Connection) -> None:
    """Starts the timer that checks this process's connections, unless it runs; it stops when there are none left."""
    state = connection.server_state
    if getattr(state, "mshield_looking", False):
        return
    state.mshield_looking = True  # type: ignore[attr-defined]  # the server's state lives as long as its connections
    loop = connection.loop

    def look() -> None:
        time = loop.time()
        for peer in tuple(state.connections):
            if isinstance(peer, Connection):
                peer.look(time)
        if state.connections:
            loop.call_later(_LOOK_SECONDS, look)
        else:
            state.mshield_looking = False  # type: ignore[attr-defined]  # as above

    loop.call_later(_LOOK_SECONDS, look)
