"""A connection as the server has it, with an end: to each head, to each pause, and to a peer who doesn't read.

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

from mshield.web.edge.exchange import WHOLE, Exchange
from mshield.web.edge.gate import GATE, Gate

HEAD_SECONDS: Final = 10.0
"""Within which a call's head has come, from the connection or from its first octet on; what is left of a body, too."""

IDLE_SECONDS: Final = 75.0
"""Between two calls: longer than reverse proxies keep theirs, so that none is cut off in use."""

UNREAD_SECONDS: Final = 30.0
"""Within which a peer takes something of what waits for them."""

MOST_HEAD: Final = 64 * 1024
_LOOK_SECONDS: Final = 1.0
_TAKEN: Final = 16 * 1024
"""Octets fewer that count as something."""

_NEVER: Final = float("inf")


class HeadTooLarge(Exception):
    """A call's head is larger than any that this service needs."""


class _Answered:
    """The call before the first one, so that this one too may be refused at its head."""

    response_complete = True
    message_event = asyncio.Event()


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
        self.cycle = _Answered()  # type: ignore[assignment]  # what of it is asked
        self._gate: Gate | None = app_state.get(GATE)
        self._unread, self._unread_since = 0, 0.0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as in the server
        """Waits for a first head."""
        super().connection_made(transport)
        self._due = self.loop.time() + HEAD_SECONDS
        _look_after(self)

    def data_received(self, data: bytes) -> None:
        """Reads on, unless the head has grown too large."""
        self._piece = len(data)
        if self._in_head:
            self._head += self._piece
        super().data_received(data)
        if self._in_head and self._head > MOST_HEAD and not self.transport.is_closing():
            self.send_400_response("The head is too large.")

    def on_message_begin(self) -> None:
        """A head begins."""
        super().on_message_begin()
        self._in_head, self._whole, self._head = True, False, 0
        self._beginning = self._piece
        self._due = self.loop.time() + HEAD_SECONDS

    def on_headers_complete(self) -> None:
        """The application has the call from here on."""
        # Counted only where so much has come that it could be too large: most heads are a piece of their own.
        if self._beginning + self._head > MOST_HEAD and self._octets() > MOST_HEAD:
            raise HeadTooLarge
        self._in_head, self._due = False, _NEVER
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
            message_event=asyncio.Event(),
            expect_100_continue=self.expect_100_continue,
            keep_alive=self.scope["http_version"] != "1.0" and self.parser.should_keep_alive(),
            on_response=self.on_response_complete,
        )

    def _refuse(self, answer: bytes) -> None:
        """Answers, and lets pass by what is left of the call."""
        self.transport.write(answer)
        if self.parser.get_http_version() == "1.0" or not self.parser.should_keep_alive():
            self.transport.close()
        else:
            self.on_response_complete()

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
