"""The connections to one PostgreSQL, each statement within its time.

They are held between statements: to hand a connection out and take it back costs asyncpg's pool more than a short
statement does (35 of 61 µs). None is configured after it is opened, so the pool needs no reset on release (measured: it
costs a quarter of a request's CPU).

Nothing is ever cancelled. PostgreSQL answers a cancelled wait for the synchronous standby with a commit that it keeps,
that all see, and that the next failover forgets; asyncpg cancels at each of its time-outs and for each cancelled task.
So the connection is ended: the commit then stays unseen until the standby has it (docs/adr/0065).
"""

import asyncio
import contextlib
import time
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Any, Final, TypeVar, cast

import asyncpg

from mshield.store.database.hosts import Hosts
from mshield.store.database.interface import Unavailable
from mshield.store.database.limits import own_seconds
from mshield.store.database.timelines import Timelines

T = TypeVar("T")
_CLOSE_SECONDS: Final = 5.0
_LOOK_SECONDS: Final = 0.2
_OPEN_SECONDS: Final = 10.0
"""Of a new connection over all hosts, with what is asked of it before its first use."""

UNREACHABLE: Final = (
    asyncpg.PostgresConnectionError,
    asyncpg.OperatorInterventionError,  # shut down, starting up, ended or cancelled by an operator
    asyncpg.InsufficientResourcesError,  # disk or memory full, too many connections
    asyncpg.ReadOnlySQLTransactionError,  # a standby, or a primary of before
    asyncpg.IdleInTransactionSessionTimeoutError,
    asyncpg.PostgresSystemError,
    asyncpg.InternalClientError,  # a statement between the server's farewell and the connection's end; no host fits
    OSError,
)
"""What says nothing of the statement: it may go well another time, on a new connection."""

_WARNING: Final = "01000"
_WAIT_FOR_STANDBY: Final = "SyncRepWaitForLSN"
_WAIT_CANCELLED: Final = "canceling wait for synchronous replication"


class Connection(asyncpg.Connection):  # type: ignore[misc]  # asyncpg carries no annotations
    """Ends itself where asyncpg would send a cancel."""

    unreplicated = False
    """Whether a commit was let through before the standby had it."""

    timeline: int | None = None
    """The server's, when this was opened; None of a standby."""

    def take_timeline(self, timeline: int | None) -> None:
        """Keeps it: asyncpg's pool hands out a stand-in, which sets nothing here."""
        self.timeline = timeline

    def get_reset_query(self) -> str:
        """None is needed."""
        return ""

    async def _execute(  # as asyncpg calls it
        self, query: str, args: Any, limit: int, seconds: float | None, **how: Any
    ) -> Any:
        # Its own way to a statement that is prepared passes five more frames, which cost as much as all that they do.
        statement = None
        if seconds is None and how.get("record_class") is None and not self._query_loggers:
            statement = self._stmt_cache.get((query, asyncpg.Record, False))
        if statement is None or how.get("ignore_custom_codec"):
            return await super()._execute(query, args, limit, seconds, **how)
        with_status = how.get("return_status", False)
        try:
            with self._stmt_exclusive_section:
                return await self._protocol.bind_execute(statement, args, "", limit, with_status, None)
        except asyncpg.InvalidCachedStatementError:
            # Another schema than it was prepared on. asyncpg's own way prepares it anew, outside of a transaction.
            if self._protocol.is_in_transaction():
                self._drop_global_statement_cache()
                raise
        except asyncpg.OutdatedSchemaCacheError:
            await self.reload_schema_state()
            raise
        return await super()._execute(query, args, limit, seconds, **how)

    # asyncpg calls it with both.
    def _cancel_current_command(self, waiter: Any, cancel_waiter: Any = None) -> None:  # noqa: ARG002  # asyncpg's signature
        # Not at once: asyncpg still gives its time-out to whoever waits.
        self._loop.call_soon(self.terminate)

    def _process_log_message(self, fields: dict[str, str], last_query: str) -> None:
        # By the name of PostgreSQL's routine: the text is in the server's language.
        of_wait = fields.get("R") == _WAIT_FOR_STANDBY or fields.get("M", "").startswith(_WAIT_CANCELLED)
        if fields.get("C") == _WARNING and of_wait:
            self.unreplicated = True
        super()._process_log_message(fields, last_query)


class _Turns:
    """So many at a time, in the order in which they come: a semaphore that costs little where nobody waits."""

    __slots__ = ("_free", "_waiting")

    def __init__(self, size: int) -> None:
        self._free = size
        self._waiting: deque[asyncio.Future[None]] = deque()

    def take(self) -> bool:
        """Whether there is a turn now, which is taken then; not past those that wait."""
        if not self._free or self._waiting:
            return False
        self._free -= 1
        return True

    async def wait(self) -> None:
        """Takes one as soon as all that came before have theirs."""
        turn = asyncio.get_running_loop().create_future()
        self._waiting.append(turn)
        self._hand_on()
        try:
            await turn
        except BaseException:
            if turn.done() and not turn.cancelled():
                self.give_back()  # it came, and its taker has gone
            raise

    def give_back(self) -> None:
        """Lets the next one have it."""
        self._free += 1
        self._hand_on()

    def _hand_on(self) -> None:
        while self._free and self._waiting:
            turn = self._waiting.popleft()
            if not turn.done():  # who waited may have gone
                self._free -= 1
                turn.set_result(None)


class Connections:
    """So many callers at a time as the pool has connections.

    After an error a connection goes back to the pool, which knows what to do with one that is amid something.
    """

    def __init__(self, pool: Any, size: int, *, seconds: float, timelines: Timelines) -> None:
        """`seconds` is what a use may take, where `taking` says nothing else."""
        self._pool = pool
        self._timelines = timelines
        self._seconds = seconds
        self._turns = _Turns(size)
        self._idle: list[Any] = []
        self._due: dict[Any, float] = {}
        self._timer: asyncio.TimerHandle | None = None
        self.full_at = float("-inf")
        """When a statement last found the server's disk full, on the monotonic clock."""
        self.on_late: Callable[[], None] = _nobody
        """Called when something took too long."""

    async def __call__(self, use: Callable[[Any], Awaitable[T]]) -> T:
        """What `use` returns, of a connection that is its own meanwhile. Raises Unavailable, and what it raises.

        It waits for its turn as long as it may then take.
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
            # Ended between two steps of one statement, or two statements of one transaction.
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
        self._timer = asyncio.get_running_loop().call_later(_LOOK_SECONDS, self._look)

    def _look(self) -> None:
        """Ends those whose time is over. One timer for all: one for each would cost a short statement a tenth."""
        now = time.monotonic()
        for connection, due in self._due.items():
            if due <= now:
                self.on_late()
                _end(connection)
        self._timer = None
        if self._due:
            self._arm()

    def _idle_one(self) -> Any:
        """The one that was used last; None where it is over, or there is none."""
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
        """Whether it has ended, or is ended now, as it leads to a former primary."""
        if ended(connection):
            return True
        if not self._timelines.is_former(connection.timeline):
            return False
        _end(connection)
        return ended(connection)

    async def close(self) -> None:
        """Closes all, those that don't answer by force."""
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
    """Opens the pool; `first` is done with each new connection, unless its server was replaced by another.

    Raises what asyncpg raises where no host answers in time, and what `first` raises.
    """
    timelines = Timelines()

    async def begin(connection: Any) -> None:
        connection.take_timeline(await timelines.of(connection))
        await first(connection)

    async with asyncio.timeout(_OPEN_SECONDS):
        pool = await asyncpg.create_pool(
            url,
            min_size=0,  # its own keeping of the least writes a traceback for each that it can't open
            max_size=size,
            connection_class=Connection,
            init=begin,
            connect=Hosts(url).connect,
            max_inactive_connection_lifetime=0,
        )
        await pool.release(await pool.acquire())
    return Connections(pool, size, seconds=seconds, timelines=timelines)


def ended(connection: Any) -> bool:
    """Whether a connection of the pool has ended."""
    try:
        return cast("bool", connection.is_closed())
    except asyncpg.InterfaceError:  # the pool has given it up
        return True


def _nobody() -> None:
    """Nobody is told."""


def _require_replicated(connection: Any) -> None:
    if connection.unreplicated:
        _end(connection)
        raise Unavailable("a commit was let through before the standby had it")


def _end(connection: Any) -> None:
    with contextlib.suppress(asyncpg.InterfaceError):
        connection.terminate()
