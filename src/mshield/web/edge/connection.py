"""A connection as the server has it, with an end: to each head, to each pause, and to a peer who doesn't read.

What the server would keep or work through at once is bounded too: lines of a head, calls sent ahead, what stands about
a body. One connection otherwise stops the process for seconds, and takes gigabytes.

Bodies have their time in `bodies.py`, where it is known whether the peer or this process is slow. One timer looks after
all connections of a process, also those that rest between two calls, for which the server itself has one each.
"""

import asyncio
from typing import Any, Final, cast
from urllib.parse import unquote

import httptools
from starlette.types import Scope
from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.server import ServerState

from mshield.web.edge.exchange import WHOLE, Exchange, Signal
from mshield.web.edge.gate import GATE, Gate

HEAD_SECONDS: Final = 10.0
"""Within which a call's head has come, from the connection or from its first octet on; what is left of a body, too."""

IDLE_SECONDS: Final = 75.0
"""Between two calls: longer than reverse proxies keep theirs, so that none is cut off in use."""

UNREAD_SECONDS: Final = 30.0
"""Within which a peer takes something of what waits for them."""

MOST_HEAD: Final = 64 * 1024
"""Octets; of what stands about a body (sizes of chunks, lines after the last one) too."""

MOST_LINES: Final = 100
"""Of a head, and of what follows a body in chunks."""

MOST_AHEAD: Final = 16
"""Calls of one peer that wait for their turn: browsers, proxies and programs wait for each answer themselves."""

_LOOK_SECONDS: Final = 1.0
_TAKEN: Final = 16 * 1024
"""Octets fewer that count as something."""

_NEVER: Final = float("inf")


class HeadTooLarge(Exception):
    """A call's head is larger than any that this service needs."""


class TooManyAhead(Exception):
    """A peer sends more calls than anybody does who waits for answers."""


class _Answered:
    """The call before the first one, so that this one too may be refused at its head."""

    response_complete = True
    message_event = Signal()


class Connection(HttpToolsProtocol):
    """The server's protocol, which is told in its settings to be of this class."""

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
        self._piece = self._beginning = 0  # octets of what came last, and of that in which the head began
        self._whole = True  # whether all of the call that came last has come
        self._about = 0  # octets about its body that its body doesn't pay for
        self._begun = 0  # calls that began in what came last
        self.cycle = _Answered()  # type: ignore[assignment]  # what of it is asked
        self._gate: Gate | None = app_state.get(GATE)
        self._unread, self._unread_since = 0, 0.0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as in the server
        """Waits for a first head."""
        super().connection_made(transport)
        self._due = self.loop.time() + HEAD_SECONDS
        _look_after(self)

    def data_received(self, data: bytes) -> None:
        """Reads on, unless the head or what stands about the body has grown too large."""
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
            self.transport.abort()  # its call may have been answered

    def on_message_begin(self) -> None:
        """A head begins."""
        self._begun += 1
        if max(self._begun, len(self.pipeline)) > MOST_AHEAD:
            raise TooManyAhead
        super().on_message_begin()
        self._in_head, self._whole, self._head = True, False, 0
        self._beginning = self._piece
        self._due = self.loop.time() + HEAD_SECONDS

    def on_header(self, name: bytes, value: bytes) -> None:
        """One more line, also of those after a body."""
        if len(self.headers) >= MOST_LINES:
            raise HeadTooLarge
        # As the server does, which is not asked: a call has some ten of them.
        name = name.lower()
        if name == b"expect" and value.lower() == b"100-continue":
            self.expect_100_continue = True
        self.headers.append((name, value))

    def on_headers_complete(self) -> None:
        """The application has the call from here on."""
        # Counted only where so much has come that it could be too large: most heads are a piece of their own.
        if self._beginning + self._head > MOST_HEAD and self._octets() > MOST_HEAD:
            raise HeadTooLarge
        self._in_head, self._due, self._about = False, _NEVER, 0
        self._read_head()
        is_next = self.cycle.response_complete
        refusal = self._gate.answer(cast("Scope", self.scope)) if is_next and self._gate is not None else None
        if refusal is not None:
            self._refuse(refusal)
            return
        exchange = self.cycle = self._exchange()
        if is_next:
            self._start_asgi_task(exchange, self.app)
        else:
            self.flow.pause_reading()
            self.pipeline.appendleft((exchange, self.app))

    def _octets(self) -> int:
        return sum(len(name) + len(value) for name, value in self.headers) + len(self.url)

    def _read_head(self) -> None:
        """Puts into the scope what the head says, as the server does, which would do it once more after the gate."""
        scope, url, version = self.scope, httptools.parse_url(self.url), self.parser.get_http_version()
        if version != "1.1":
            scope["http_version"] = version
        path = url.path.decode("ascii")
        scope["method"] = self.parser.get_method().decode("ascii")
        scope["path"] = self.root_path + (unquote(path) if "%" in path else path)
        scope["raw_path"] = self.root_path.encode("ascii") + url.path
        scope["query_string"] = url.query or b""

    def _exchange(self) -> Exchange:
        return Exchange(
            scope=self.scope,
            transport=self.transport,
            flow=self.flow,
            logger=self.logger,
            access_logger=self.access_logger,
            access_log=False,
            default_headers=self.server_state.default_headers,
            message_event=Signal(),  # type: ignore[arg-type]  # all of an event that is asked
            expect_100_continue=self.expect_100_continue,
            keep_alive=self.scope["http_version"] != "1.0" and self.parser.should_keep_alive(),
            on_response=self.on_response_complete,
        )

    def _refuse(self, answer: bytes) -> None:
        """Answers, and lets pass by what is left of the call; but nobody who doesn't read is answered on and on."""
        if self.flow.write_paused:
            self.transport.abort()
            return
        self.transport.write(answer)
        if self.parser.get_http_version() == "1.0" or not self.parser.should_keep_alive():
            self.transport.close()
        else:
            self.on_response_complete()

    def on_body(self, body: bytes) -> None:
        """A part of the body: it pays for itself, and for the sizes of chunks that aren't tiny."""
        self._about = max(self._about - 2 * len(body), 0)
        super().on_body(body)

    def on_message_complete(self) -> None:
        """Nothing is missing of this call."""
        self._whole = True
        super().on_message_complete()
        if self.cycle.response_complete:
            self._due = self.loop.time() + IDLE_SECONDS
        elif isinstance(self.cycle, Exchange) and self.cycle.is_whole():
            self.cycle.scope[WHOLE] = self.cycle  # type: ignore[typeddict-unknown-key]  # our own

    def on_response_complete(self) -> None:
        """The connection rests, or goes on with the next call, or with a body that nobody waits for."""
        self.server_state.total_requests += 1
        if self.transport.is_closing():
            return
        self.flow.resume_reading()
        if self.pipeline:
            self._start_asgi_task(*self.pipeline.pop())
        elif not self._in_head:
            self._due = self.loop.time() + (IDLE_SECONDS if self._whole else HEAD_SECONDS)

    def look(self, time: float) -> None:
        """Ends it where it is time to."""
        if time >= self._due:
            self.transport.abort()
            return
        waiting = self.transport.get_write_buffer_size()
        if not waiting or waiting + _TAKEN < self._unread or not self._unread:
            self._unread, self._unread_since = waiting, time
        elif time - self._unread_since >= UNREAD_SECONDS:
            self.transport.abort()


def _look_after(connection: Connection) -> None:
    """Sees to it that somebody looks at this process's connections for as long as there are any."""
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
