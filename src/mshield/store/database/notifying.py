"""PostgreSQL's LISTEN/NOTIFY between the processes of one database, on a connection of its own past the pool.

What is told while the connection is lost is told when it is back; what others told meanwhile is not heard, so at each
connection everything counts as told.

A process that is alone tells nobody, which spares each signature a statement. Whoever comes says so, and counts all as
told once more where something was kept quiet in that moment.
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

from mshield.store.database.connections import Connection
from mshield.store.database.hosts import Hosts

CHANNEL: Final = "mshield_events"
_COMING: Final = "mshield_processes"
"""The channel on which a process says that it listens from now on."""

_APPLICATION: Final = "mshield events"
_OTHERS: Final = (
    "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE datname = current_database()"  # noqa: S608  # of our own name
    f" AND application_name = '{_APPLICATION}' AND pid <> pg_backend_pid())"
)
_QUIET_SECONDS: Final = 30.0
"""After which nobody who comes can have missed what was kept quiet."""
BATCH_SECONDS: Final = 0.01
"""How long names are collected: a NOTIFY each would cost as much as what it tells of."""

_AT_ONCE: Final = 150  # names of 37 bytes with their blank; a notification holds 8000
_MOST_UNTOLD: Final = 10_000
_ALL: Final = "*"
_CHECK_SECONDS: Final = 5.0
_ANSWER_SECONDS: Final = 5.0
_FIRST_PAUSE_SECONDS: Final = 0.05
_LONGEST_PAUSE_SECONDS: Final = 5.0
_LOST: Final = (
    asyncpg.PostgresError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,  # a statement between the server's farewell and the connection's end
    OSError,
    TimeoutError,
)
_log = logging.getLogger(__name__)


class _Closed(OSError):
    """The server, or something on the way, has ended the connection."""


class Link:
    """Tells the other processes names without blanks, and hears theirs."""

    def __init__(self, url: str, *, hear: Callable[[str], None], hear_all: Callable[[], None]) -> None:
        """`hear` is called with each name that another process told, `hear_all` where any may have been told."""
        self.connected = False
        self._hosts = Hosts(url)
        self._hear, self._hear_all = hear, hear_all
        self._untold: dict[str, None] = {}
        self._stir = asyncio.Event()
        self._complained = False
        self._alone = self._hears = False
        self._ends = 0
        self._quiet_at = float("-inf")

    def tell(self, name: str) -> None:
        """Tells the others, within a few milliseconds or as soon as there is a connection."""
        if self._alone:
            self._quiet_at = time.monotonic()
            return
        if len(self._untold) >= _MOST_UNTOLD:
            self._untold = {_ALL: None}
        self._untold[name] = None
        self._stir.set()

    async def keep(self) -> None:
        """Keeps the connection, with a longer pause after each failure, until it is cancelled."""
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
        # First, so that an end while LISTEN is under way is seen at once too.
        connection.add_termination_listener(lambda _: self._stir.set())
        try:
            await connection.add_listener(_COMING, self._heard_of_another)
            await connection.add_listener(CHANNEL, self._heard)
            pid = await connection.fetchval("SELECT pg_backend_pid()", timeout=_ANSWER_SECONDS)
            # A pooler may lend the session that listens to others: then nobody may rely on being told.
            self._hears = pid == connection.get_server_pid()
            if not self._hears and not self._complained:
                _log.warning("a pooler stands between: name the server itself in MSHIELD_DATABASE_DIRECT")
            self._complained = not self._hears
            # Before it asks who else is there: of two that come at once, the later one is seen or heard.
            await connection.execute("SELECT pg_notify($1, '')", _COMING, timeout=_ANSWER_SECONDS)
            await self._look_around(connection)
            self.connected = self._hears
            self._hear_all()
            yield connection
        finally:
            self.connected = self._alone = False
            connection.terminate()

    async def _serve(self, connection: Any) -> None:
        """Tells what is to be told; a connection that is silently dead is found within two checks."""
        telling = await connection.prepare("SELECT pg_notify($1, $2)", timeout=_ANSWER_SECONDS)
        while True:
            with contextlib.suppress(TimeoutError):
                # Not `wait_for`: Python 3.11's loses a cancellation that comes together with what it waits for.
                async with asyncio.timeout(_CHECK_SECONDS):
                    await self._stir.wait()
            self._stir.clear()
            if connection.is_closed():
                raise _Closed
            if not self._untold:
                await self._look_around(connection)
                continue
            await asyncio.sleep(BATCH_SECONDS)
            while self._untold:
                await self._tell(telling)

    async def _tell(self, telling: Any) -> None:
        # Taken out first: a name that is told anew while this is under way is of a later change.
        names = dict.fromkeys(list(self._untold)[:_AT_ONCE])
        for name in names:
            del self._untold[name]
        try:
            await telling.fetch(CHANNEL, " ".join(names), timeout=_ANSWER_SECONDS)
        except BaseException:
            self._untold = names | self._untold
            raise

    async def _look_around(self, connection: Any) -> None:
        ends = self._ends
        others = await connection.fetchval(_OTHERS, timeout=_ANSWER_SECONDS)
        # Another may have come and said so since the answer was made: who took that for alone told nobody for five
        # seconds. Behind a pooler the session that listens is another one, and who is alone can't be told.
        if others or not self._hears or ends != self._ends:
            self._end_alone()
        else:
            self._alone = True

    def _end_alone(self) -> None:
        self._ends += 1
        was_alone, self._alone = self._alone, False
        if was_alone and time.monotonic() - self._quiet_at < _QUIET_SECONDS:
            self.tell(_ALL)

    def _heard_of_another(self, connection: Any, pid: int, _channel: str, _payload: str) -> None:
        if pid != connection.get_server_pid():
            self._end_alone()

    def _heard(self, connection: Any, pid: int, _channel: str, payload: str) -> None:
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
