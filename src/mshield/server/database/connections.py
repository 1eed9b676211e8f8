"""Connections to one PostgreSQL, with a time limit for each statement.

They are cached between statements: acquiring and releasing one in asyncpg's pool costs more than a short
statement (35 of 61 µs). No connection is configured after opening, so the pool needs no reset on release
(measured: a reset costs a quarter of a request's CPU).

Nothing is ever cancelled. If a wait for the synchronous standby is cancelled, PostgreSQL keeps the commit and
shows it to everybody, but the next failover loses it; asyncpg cancels at each of its timeouts and for each
cancelled task. So the connection is ended instead: the commit then stays invisible until the standby has it
(docs/adr/0065).

A former primary that comes back is never queried again. PostgreSQL counts promotions in its timeline. A
former primary acknowledges no commit, as its standby has left it, but it still answers reads until it is
stopped, and reports used one-time values as unused and revoked certificates as valid.
"""

import asyncio
import contextlib
import time
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Any, Final, TypeVar, cast

import asyncpg

from mshield.server.database.hosts import Hosts
from mshield.server.database.interface import Unavailable
from mshield.server.database.limits import own_seconds

# Timeline of the WAL being written: pg_control_checkpoint shows the old one for some seconds after a
# promotion.
_QUESTION: Final = (
    "SELECT (SELECT system_identifier FROM pg_control_system()) AS cluster,"
    " CASE WHEN pg_is_in_recovery() THEN NULL"
    " ELSE left(pg_walfile_name(pg_current_wal_insert_lsn()), 8) END AS timeline"
)

T = TypeVar("T")
_PLAIN = False
"""Whether statements use only asyncpg's own path, as long as the shorter one doesn't work with a new release
of it.
"""

_CLOSE_SECONDS: Final = 5.0
_LOOK_SECONDS: Final = 0.2
_OPEN_SECONDS: Final = 10.0
"""Time limit for opening a connection over all hosts, including what is run before its first use."""

UNREACHABLE: Final = (
    asyncpg.PostgresConnectionError,
    asyncpg.OperatorInterventionError,  # shut down, starting up, ended or cancelled by an operator
    asyncpg.InsufficientResourcesError,  # disk or memory full, too many connections
    asyncpg.ReadOnlySQLTransactionError,  # a standby, or a former primary
    asyncpg.IdleInTransactionSessionTimeoutError,
    asyncpg.PostgresSystemError,
    asyncpg.InternalClientError,  # a statement while the server closes the connection; or no suitable host
    OSError,
)
"""Errors not caused by the statement, which may succeed later on a new connection."""

_WARNING: Final = "01000"
_WAIT_FOR_STANDBY: Final = "SyncRepWaitForLSN"
_WAIT_CANCELLED: Final = "canceling wait for synchronous replication"


class Timelines:
    """Newest timeline that this process has seen in its cluster; reset when it connects to another cluster."""

    def __init__(self) -> None:
        self.newest = 0
        self._cluster = 0

    async def of(self, connection: Any) -> int | None:
        """Returns a new connection's timeline; None for a standby or a server that doesn't report it.

        Raises: Unavailable (the server is a former primary).
        """
        try:
            row = await connection.fetchrow(_QUESTION)
        except (
            asyncpg.InsufficientPrivilegeError,
            asyncpg.FeatureNotSupportedError,
        ):  # some hosting providers
            return None
        if row["timeline"] is None:
            return None
        timeline = int(row["timeline"], 16)
        if row["cluster"] != self._cluster:
            self._cluster, self.newest = row["cluster"], timeline
        if timeline < self.newest:
            raise Unavailable("this server is a former primary")
        self.newest = timeline
        return timeline

    def is_former(self, timeline: int | None) -> bool:
        """Reports whether a connection with this timeline leads to a former primary."""
        return timeline is not None and timeline < self.newest


class Connection(asyncpg.Connection):  # type: ignore[misc]  # asyncpg carries no annotations
    """Connection that terminates itself where asyncpg would send a cancel."""

    unreplicated = False
    """Whether a commit succeeded before the standby had it."""

    timeline: int | None = None
    """Timeline of the server when the connection was opened; None for a standby."""

    def take_timeline(self, timeline: int | None) -> None:
        """Stores the timeline. A method, because asyncpg's pool hands out a proxy on which assignment has no effect."""
        self.timeline = timeline

    def get_reset_query(self) -> str:
        """Returns an empty query: no reset is needed."""
        return ""

    async def _execute(  # called by asyncpg like this
        self, query: str, args: Any, limit: int, seconds: float | None, **how: Any
    ) -> Any:
        # asyncpg's own path to a prepared statement has five more frames, which cost as much as its actual
        # work.
        statement = None
        if not _PLAIN and seconds is None and how.get("record_class") is None and not self._query_loggers:
            statement = self._stmt_cache.get((query, asyncpg.Record, False))
        if statement is None or how.get("ignore_custom_codec"):
            return await super()._execute(query, args, limit, seconds, **how)
        with_status = how.get("return_status", False)
        try:
            with self._stmt_exclusive_section:
                return await self._protocol.bind_execute(statement, args, "", limit, with_status, None)
        except asyncpg.InvalidCachedStatementError:
            # The schema has changed since the statement was prepared. asyncpg's own path prepares it again,
            # outside of transactions.
            if self._protocol.is_in_transaction():
                self._drop_global_statement_cache()
                raise
        except asyncpg.OutdatedSchemaCacheError:
            await self.reload_schema_state()
            raise
        return await super()._execute(query, args, limit, seconds, **how)

    # asyncpg passes both arguments.
    def _cancel_current_command(self, waiter: Any, cancel_waiter: Any = None) -> None:  # noqa: ARG002  # asyncpg's signature
        # Not at once, so that asyncpg still delivers its timeout to the caller.
        self._loop.call_soon(self.terminate)

    def _process_log_message(self, fields: dict[str, str], last_query: str) -> None:
        # Identified by the name of PostgreSQL's routine, since the text is in the server's language.
        of_wait = fields.get("R") == _WAIT_FOR_STANDBY or fields.get("M", "").startswith(_WAIT_CANCELLED)
        if fields.get("C") == _WARNING and of_wait:
            self.unreplicated = True
        super()._process_log_message(fields, last_query)


class _Turns:
    """First-come, first-served semaphore that is cheap when nobody waits."""

    __slots__ = ("_free", "_waiting")

    def __init__(self, size: int) -> None:
        self._free = size
        self._waiting: deque[asyncio.Future[None]] = deque()

    def take(self) -> bool:
        """Takes a free turn and reports whether there was one; never overtakes waiting callers."""
        if not self._free or self._waiting:
            return False
        self._free -= 1
        return True

    async def wait(self) -> None:
        """Waits for a turn behind all earlier callers and takes it."""
        turn = asyncio.get_running_loop().create_future()
        self._waiting.append(turn)
        self._hand_on()
        try:
            await turn
        except BaseException:
            if turn.done() and not turn.cancelled():
                self.give_back()  # the turn was granted, but its caller has gone
            raise

    def give_back(self) -> None:
        """Returns the turn, to the next waiting caller if any."""
        self._free += 1
        self._hand_on()

    def _hand_on(self) -> None:
        while self._free and self._waiting:
            turn = self._waiting.popleft()
            if not turn.done():  # the waiting caller may have gone
                self._free -= 1
                turn.set_result(None)


class Connections:
    """Cached connections of a pool, for as many simultaneous callers as it has connections.

    After an error a connection goes back to the pool, which handles one that is in the middle of something.
    """

    def __init__(self, pool: Any, size: int, *, seconds: float, timelines: Timelines) -> None:
        """`seconds` is the time limit of a use unless `taking` sets another."""
        self._pool = pool
        self._timelines = timelines
        self._seconds = seconds
        self._turns = _Turns(size)
        self._idle: list[Any] = []
        self._due: dict[Any, float] = {}
        self._timer: asyncio.TimerHandle | None = None
        self.full_at = float("-inf")
        """Time of the last disk-full error of the server, on the monotonic clock."""
        self.on_late: Callable[[], None] = _no_op
        """Called when a use exceeded its time limit."""

    async def __call__(self, use: Callable[[Any], Awaitable[T]]) -> T:
        """Runs `use` with an exclusive connection and returns its result. Raises: Unavailable, and errors of `use`.

        The time limit applies separately to waiting for a connection and to the use.
        """
        seconds = own_seconds() or self._seconds
        if not self._turns.take():
            await self._turn(seconds)
        try:
            connection = self._idle_one() or await self._another()
            return await self._used(connection, use, seconds)
        finally:
            self._turns.give_back()

    async def _turn(self, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self._turns.wait()
        except TimeoutError as error:
            raise Unavailable(f"no connection was free within {seconds:.0f} s") from error

    async def _used(self, connection: Any, use: Callable[[Any], Awaitable[T]], seconds: float) -> T:
        self._due[connection] = time.monotonic() + seconds
        if self._timer is None:
            self._arm()
        try:
            result = await use(connection)
            _require_replicated(connection)
        except BaseException as error:
            if isinstance(error, asyncpg.DiskFullError):
                self.full_at = time.monotonic()
            if not isinstance(error, Exception) or isinstance(error, UNREACHABLE):
                _end(connection)
            # The connection ended between two steps of a statement, or between two statements of a
            # transaction.
            lost = isinstance(error, asyncpg.InterfaceError) and ended(connection)
            await self._pool.release(connection)
            if lost:
                raise Unavailable(str(error)) from error
            raise
        finally:
            del self._due[connection]
        self._idle.append(connection)
        return result

    def _arm(self) -> None:
        self._timer = asyncio.get_running_loop().call_later(_LOOK_SECONDS, self._end_expired)

    def _end_expired(self) -> None:
        """Ends connections past their time limit.

        One timer serves all: a timer for each would make a short statement 10 % slower.
        """
        now = time.monotonic()
        for connection, due in self._due.items():
            if due <= now:
                self.on_late()
                _end(connection)
        self._timer = None
        if self._due:
            self._arm()

    def _idle_one(self) -> Any:
        """Returns the most recently used idle connection; None if there is none or it can't be used any more."""
        if not self._idle or self._is_over(self._idle[-1]):
            return None
        return self._idle.pop()

    async def _another(self) -> Any:
        while self._idle:
            connection = self._idle.pop()
            if not self._is_over(connection):
                return connection
            await self._pool.release(connection)
        async with asyncio.timeout(_OPEN_SECONDS):
            connection = await self._pool.acquire()
        for busy in self._due:
            self._is_over(busy)
        return connection

    def _is_over(self, connection: Any) -> bool:
        """Reports whether a connection has ended; ends it first if it leads to a former primary."""
        if ended(connection):
            return True
        if not self._timelines.is_former(connection.timeline):
            return False
        _end(connection)
        return ended(connection)

    async def close(self) -> None:
        """Closes all connections, by force if they don't answer."""
        if self._timer is not None:
            self._timer.cancel()
        while self._idle:
            await self._pool.release(self._idle.pop())
        try:
            async with asyncio.timeout(_CLOSE_SECONDS):
                await self._pool.close()
        except TimeoutError:
            self._pool.terminate()


async def open_connections(
    url: str, *, size: int, seconds: float, first: Callable[[Any], Awaitable[None]]
) -> Connections:
    """Opens the pool; `first` is run on each new connection, unless its server is a former primary.

    Raises: asyncpg's errors if no host answers in time, and errors of `first`.
    """
    timelines = Timelines()

    async def begin(connection: Any) -> None:
        connection.take_timeline(await timelines.of(connection))
        await first(connection)

    async with asyncio.timeout(_OPEN_SECONDS):
        pool = await asyncpg.create_pool(
            url,
            min_size=0,  # otherwise asyncpg logs a traceback for each connection that it can't open
            max_size=size,
            connection_class=Connection,
            init=begin,
            connect=Hosts(url).connect,
            max_inactive_connection_lifetime=0,
        )
        await pool.release(await pool.acquire())
    return Connections(pool, size, seconds=seconds, timelines=timelines)


def ended(connection: Any) -> bool:
    """Reports whether a connection of the pool has ended."""
    try:
        return cast("bool", connection.is_closed())
    except asyncpg.InterfaceError:  # the pool has discarded it
        return True


def _no_op() -> None:
    """No-op default of `on_late`."""


def _require_replicated(connection: Any) -> None:
    if connection.unreplicated:
        _end(connection)
        raise Unavailable("a commit was acknowledged before the standby had it")


def _end(connection: Any) -> None:
    with contextlib.suppress(asyncpg.InterfaceError):
        connection.terminate()
