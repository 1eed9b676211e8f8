"""LISTEN/NOTIFY of PostgreSQL between the processes of one database, on its own connection outside the pool.

Events sent while the connection is lost are delivered once it is back. Other processes' events are missed
meanwhile, so after each connection everything is treated as notified.

The only process of a database sends nothing, which saves a statement per signature. A new process announces
itself; if an event was suppressed at that moment, everything is treated as notified once more.
"""

import asyncio
import contextlib
import logging
import random
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any, Final

import asyncpg

from mshield.server.database.connections import Connection
from mshield.server.database.hosts import Hosts

CHANNEL: Final = "mshield_events"
_COMING: Final = "mshield_processes"
"""Channel on which a process announces that it listens from now on."""

_APPLICATION: Final = "mshield events"
_OTHERS: Final = (
    "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE datname = current_database()"  # noqa: S608  # of our own name
    f" AND application_name = '{_APPLICATION}' AND pid <> pg_backend_pid())"
)
_QUIET_SECONDS: Final = 30.0
"""Time after which a new process can't have missed a suppressed event."""
BATCH_SECONDS: Final = 0.01
"""Time for which names are collected: a NOTIFY for each would cost as much as the event's own statement."""

_AT_ONCE: Final = 150  # names of 37 bytes including a blank; a notification holds 8000 bytes
_MAX_UNSENT: Final = 10_000
_ALL: Final = "*"
_CHECK_SECONDS: Final = 5.0
_ANSWER_SECONDS: Final = 5.0
_FIRST_PAUSE_SECONDS: Final = 0.05
_LONGEST_PAUSE_SECONDS: Final = 5.0
_LOST: Final = (
    asyncpg.PostgresError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,  # a statement while the server closes the connection
    OSError,
    TimeoutError,
)
_log = logging.getLogger(__name__)


class _Closed(OSError):
    """The server, or something in between, has ended the connection."""


class Link:
    """Link to the other processes: sends them names (without blanks) and receives theirs."""

    def __init__(self, url: str, *, hear: Callable[[str], None], hear_all: Callable[[], None]) -> None:
        """`hear` is called with each name from another process, `hear_all` when any name may have been missed."""
        self.connected = False
        self._hosts = Hosts(url)
        self._hear, self._hear_all = hear, hear_all
        self._unsent: dict[str, None] = {}
        self._wake = asyncio.Event()
        self._complained = False
        self._alone = self._hears = False
        self._ends = 0
        self._quiet_at = float("-inf")

    def send(self, name: str) -> None:
        """Sends a name to the others, within milliseconds or once there is a connection."""
        if self._alone:
            self._quiet_at = time.monotonic()
            return
        if len(self._unsent) >= _MAX_UNSENT:
            self._unsent = {_ALL: None}
        self._unsent[name] = None
        self._wake.set()

    async def keep(self) -> None:
        """Keeps the connection open until cancelled, with a longer pause after each failure."""
        pause = _FIRST_PAUSE_SECONDS
        while True:
            try:
                async with self._connected() as connection:
                    pause = _FIRST_PAUSE_SECONDS
                    await self._serve(connection)
            except _LOST as error:
                self._complain(error)
            await asyncio.sleep(pause * random.uniform(0.5, 1.5))  # noqa: S311  # only spreads the processes
            pause = min(2 * pause, _LONGEST_PAUSE_SECONDS)

    @asynccontextmanager
    async def _connected(self) -> AsyncIterator[Any]:
        connection = await self._hosts.connect(
            connection_class=Connection,
            statement_cache_size=0,
            server_settings={"application_name": _APPLICATION},
        )
        # Registered first, so that an end during LISTEN is noticed at once too.
        connection.add_termination_listener(lambda _: self._wake.set())
        try:
            await connection.add_listener(_COMING, self._on_announcement)
            await connection.add_listener(CHANNEL, self._on_notification)
            pid = await connection.fetchval("SELECT pg_backend_pid()", timeout=_ANSWER_SECONDS)
            # Behind a pooler the listening session may be assigned to others, so events aren't reliable then.
            self._hears = pid == connection.get_server_pid()
            if not self._hears and not self._complained:
                _log.warning("there is a pooler in between: set MSHIELD_DATABASE_DIRECT to the server itself")
            self._complained = not self._hears
            # Announce before asking who else is there: of two new processes, the later one is then seen or
            # heard.
            await connection.execute("SELECT pg_notify($1, '')", _COMING, timeout=_ANSWER_SECONDS)
            await self._detect_others(connection)
            self.connected = self._hears
            self._hear_all()
            yield connection
        finally:
            self.connected = self._alone = False
            connection.terminate()

    async def _serve(self, connection: Any) -> None:
        """Sends queued names; detects a silently dead connection within two checks."""
        statement = await connection.prepare("SELECT pg_notify($1, $2)", timeout=_ANSWER_SECONDS)
        while True:
            # Don't wait for a signal if names are left: the loop of a lost connection may have consumed it.
            if not self._unsent:
                with contextlib.suppress(TimeoutError):
                    # Not `wait_for`: in Python 3.11 it loses a cancellation that coincides with the result.
                    async with asyncio.timeout(_CHECK_SECONDS):
                        await self._wake.wait()
            self._wake.clear()
            if connection.is_closed():
                raise _Closed
            if not self._unsent:
                await self._detect_others(connection)
                continue
            await asyncio.sleep(BATCH_SECONDS)
            while self._unsent:
                await self._send(statement)

    async def _send(self, statement: Any) -> None:
        # Removed first: a name queued again during the call belongs to a later change.
        names = dict.fromkeys(list(self._unsent)[:_AT_ONCE])
        for name in names:
            del self._unsent[name]
        try:
            await statement.fetch(CHANNEL, " ".join(names), timeout=_ANSWER_SECONDS)
        except BaseException:
            self._unsent = names | self._unsent
            raise

    async def _detect_others(self, connection: Any) -> None:
        ends = self._ends
        others = await connection.fetchval(_OTHERS, timeout=_ANSWER_SECONDS)
        # Another process may have announced itself since the answer was computed; relying on the answer would
        # suppress its events for five seconds. Behind a pooler another session listens, so "alone" can't be
        # determined.
        if others or not self._hears or ends != self._ends:
            self._end_alone()
        else:
            self._alone = True

    def _end_alone(self) -> None:
        self._ends += 1
        was_alone, self._alone = self._alone, False
        if was_alone and time.monotonic() - self._quiet_at < _QUIET_SECONDS:
            self.send(_ALL)

    def _on_announcement(self, connection: Any, pid: int, _channel: str, _payload: str) -> None:
        if pid != connection.get_server_pid():
            self._end_alone()

    def _on_notification(self, connection: Any, pid: int, _channel: str, payload: str) -> None:
        if pid == connection.get_server_pid():
            return
        self._end_alone()
        for name in payload.split(" "):
            if name == _ALL:
                self._hear_all()
            else:
                self._hear(name)

    def _complain(self, error: BaseException) -> None:
        if not self._complained:
            _log.warning("no connection for events between processes: %s", type(error).__name__)
        self._complained = True
