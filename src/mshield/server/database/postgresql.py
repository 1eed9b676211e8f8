"""PostgreSQL through asyncpg: few round trips, no session state, typed errors.

A gate stops further writes while commits wait for a standby: each would occupy one more session at the
server. A write that timed out still occupies a session there until the standby is back. Nodes that keep
trying would use up all connections, and then nobody could even read.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Sequence
from types import TracebackType
from typing import Any, Final, Literal, TypeVar, cast

import asyncpg

from mshield.server.database.batching import Together
from mshield.server.database.causes import known_cause, unavailable
from mshield.server.database.connections import UNREACHABLE, Connections, ended, open_connections
from mshield.server.database.interface import (
    AtConnection,
    Conflict,
    NoSealer,
    NoText,
    ReadOnly,
    Row,
    Sealer,
    StoreError,
    Unavailable,
    Undone,
    Values,
    Work,
    no_setup,
)
from mshield.server.database.queries import Query

WAITING: Final = (
    "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE usename = current_user AND wait_event = 'SyncRep'"
    " AND query_start < clock_timestamp() - interval '2 seconds') AS waiting"
)
"""Query whether a session of this user waits for the standby longer than a commit normally does."""

_HOLDS_SECONDS: Final = 0.5
_log = logging.getLogger(__name__)

T = TypeVar("T")

_ATTEMPTS: Final = 5
_PAUSE_SECONDS: Final = 0.03
"""Pause before the second attempt; twice as long before the third, and so on."""


class CommitGate:
    """Gate that is closed after a write took too long, until no commit waits for a standby."""

    def __init__(self, ask: Callable[[], Awaitable[bool]]) -> None:
        """`ask` reports whether a commit waits; it raises Unavailable if that can't be determined."""
        self.shut = False
        self._ask = ask
        self._ask_at = 0.0
        self._waited = False

    def doubt(self) -> None:
        """Closes the gate after something took too long, so that the next writer checks why."""
        self.shut = True

    async def require(self) -> None:
        """Raises Unavailable while a commit waits.

        It checks at most twice a second and refuses other calls meanwhile.
        """
        if time.monotonic() >= self._ask_at:
            self._ask_at = time.monotonic() + _HOLDS_SECONDS
            self.shut = await self._ask()
            self._log_change()
        if self.shut:
            raise Unavailable("commits wait for an unavailable standby")

    def _log_change(self) -> None:
        if self.shut != self._waited:
            self._waited = self.shut
            if self.shut:
                _log.error("commits wait for an unavailable standby: nothing is written until it is back")
            else:
                _log.warning("commits no longer wait for a standby: writes resume")


class _Transaction:
    __slots__ = ("_connection", "sealer")

    def __init__(self, connection: Any, sealer: Sealer) -> None:
        self._connection = connection
        self.sealer = sealer

    @property
    def dialect(self) -> Literal["postgresql"]:
        return "postgresql"

    @property
    def atomic(self) -> Literal[True]:
        return True

    async def one(self, query: Query, **values: object) -> Row | None:
        statement = query.on("postgresql")
        return cast(
            "Row | None", await self._connection.fetchrow(statement.sql, *statement.arguments(values))
        )

    async def all(self, query: Query, **values: object) -> list[Row]:
        statement = query.on("postgresql")
        return cast("list[Row]", await self._connection.fetch(statement.sql, *statement.arguments(values)))

    async def all_for(self, query: Query, many: Sequence[Values]) -> list[Row]:
        return await _all_for(self._connection, query, many)

    async def run(self, query: Query, **values: object) -> int:
        statement = query.on("postgresql")
        return _count(await self._connection.execute(statement.sql, *statement.arguments(values)))

    async def give_way(self) -> None:
        # Statements already wait for the server, but the computation between two may be long.
        await asyncio.sleep(0)


class PostgresqlDatabase:
    """Pool of connections to one PostgreSQL."""

    dialect: Literal["postgresql"] = "postgresql"
    held: Literal[False] = False

    def __init__(self, held: Connections) -> None:
        self.sealer: Sealer = NoSealer()
        self.read_only = False
        self._held = held
        self._together = Together(self._run_each)
        self.commits = 0
        self._gate = CommitGate(self._commits_wait)
        held.on_late = self._gate.doubt
        self.at_connection: AtConnection = no_setup

    @classmethod
    async def connect(cls, url: str, *, pool_size: int, seconds: float) -> "PostgresqlDatabase":
        """Opens the pool; `seconds` limits a statement or transaction. Raises: Unavailable (no server answers)."""
        opened: list[PostgresqlDatabase] = []

        async def first(connection: Any) -> None:
            for db in opened:
                with _TRANSLATED:
                    await db.at_connection(_Transaction(connection, NoSealer()))

        with _TRANSLATED:
            opened.append(cls(await open_connections(url, size=pool_size, seconds=seconds, first=first)))
        return opened[0]

    @property
    def full_at(self) -> float:
        """Time of the last disk-full error of the server, on the monotonic clock."""
        return self._held.full_at

    async def one(self, query: Query, **values: object) -> Row | None:
        statement = query.on("postgresql")
        with _TRANSLATED:
            arguments = statement.arguments(values)
            return cast("Row | None", await self._on_one(lambda one: one.fetchrow(statement.sql, *arguments)))

    async def all(self, query: Query, **values: object) -> list[Row]:
        statement = query.on("postgresql")
        with _TRANSLATED:
            arguments = statement.arguments(values)
            return cast("list[Row]", await self._on_one(lambda one: one.fetch(statement.sql, *arguments)))

    async def all_for(self, query: Query, many: Sequence[Values]) -> list[Row]:
        with _TRANSLATED:
            return await self._on_one(lambda one: _all_for(one, query, many))

    async def run_one(self, query: Query, **values: object) -> Row | None:
        await self._begin_write()
        return await self.one(query, **values)

    async def run(self, query: Query, **values: object) -> int:
        await self._begin_write()
        statement = query.on("postgresql")
        with _TRANSLATED:
            arguments = statement.arguments(values)
            return _count(await self._on_one(lambda one: one.execute(statement.sql, *arguments)))

    async def read_together(self, query: Query, **values: object) -> list[Row]:
        return await self._together(query, values)

    async def write_together(self, query: Query, *, by: str | bytes, **values: object) -> list[Row]:
        await self._require_writing()
        return await self._together(query, values, by=by)

    async def _run_each(self, query: Query, many: list[dict[str, object]], *, writing: bool) -> list[Row]:
        self.commits += writing
        return await self.all_for(query, many)

    async def _begin_write(self) -> None:
        await self._require_writing()
        self.commits += 1

    async def _require_writing(self) -> None:
        if self.read_only:
            raise ReadOnly
        if self._gate.shut:
            await self._gate.require()

    async def _commits_wait(self) -> bool:
        with _TRANSLATED:
            return bool(await self._held(lambda one: one.fetchval(WAITING)))

    async def write(self, work: Work[T]) -> T:
        await self._begin_write()
        with _TRANSLATED:
            return await self._on_one(lambda one: self._in_transaction(one, work))

    async def _in_transaction(self, connection: Any, work: Work[T]) -> T:
        # asyncpg's own transaction would try to roll back on an ended connection, and its error would hide a
        # cancellation.
        await connection.execute("BEGIN")
        try:
            result = await work(_Transaction(connection, self.sealer))
        except Exception as error:
            if not (isinstance(error, UNREACHABLE) or ended(connection)):
                await connection.execute("ROLLBACK")
            raise
        if (status := await connection.execute("COMMIT")) != "COMMIT":
            raise StoreError(f"the server answered a commit with {status}")
        return result

    async def _on_one(self, use: Callable[[Any], Awaitable[T]]) -> T:
        """Runs a statement or transaction, and again if the server rolled it back because of a deadlock.

        The rollback left the rows unchanged, and a unit of work changes nothing else. The pause lets the
        other transaction finish; retrying at once would lock the same rows again.
        """
        for attempt in range(1, _ATTEMPTS):
            try:
                return await self._held(use)
            except asyncpg.DeadlockDetectedError:
                await asyncio.sleep(attempt * _PAUSE_SECONDS)
        return await self._held(use)

    async def close(self) -> None:
        await self._held.close()


async def _all_for(connection: Any, query: Query, many: Sequence[Values]) -> list[Row]:
    """Runs the statement for each of the values in order, in one transaction."""
    statement = query.on("postgresql")
    arguments = [statement.arguments(values) for values in many]
    if len(arguments) == 1:
        return cast("list[Row]", await connection.fetch(statement.sql, *arguments[0]))
    return cast("list[Row]", await connection.fetchmany(statement.sql, arguments)) if arguments else []


def _is_no_text(error: Exception) -> bool:
    """Reports whether a text can't be stored: the server refuses NUL, and half a surrogate pair can't be encoded."""
    is_nul = isinstance(error, asyncpg.CharacterNotInRepertoireError)
    return is_nul or isinstance(error.__cause__, UnicodeEncodeError)


def _count(status: str) -> int:
    last = status.rpartition(" ")[2]
    return int(last) if last.isdigit() else 0


class _Translated:
    """Context manager that translates asyncpg's errors. Not a generator, since each statement passes through it."""

    def __enter__(self) -> None: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is None:
            return
        match error:
            case asyncpg.IntegrityConstraintViolationError():
                raise Conflict(str(error)) from error
            case asyncpg.DivisionByZeroError():
                raise Undone(str(error)) from error
        if isinstance(error, UNREACHABLE) or known_cause(error) is not None:
            raise unavailable(error) from error
        if isinstance(error, asyncpg.PostgresError | asyncpg.InterfaceError):
            raise (NoText if _is_no_text(error) else StoreError)(str(error)) from error


_TRANSLATED: Final = _Translated()
