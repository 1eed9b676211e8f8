"""PostgreSQL through asyncpg: few round trips, no session state, typed errors."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from types import TracebackType
from typing import Any, Final, Literal, TypeVar, cast

import asyncpg

from mshield.store.database.connections import UNREACHABLE, Connections, ended, open_connections
from mshield.store.database.gate import WAITING, CommitGate
from mshield.store.database.interface import (
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
    unasked,
)
from mshield.store.database.queries import Query
from mshield.store.database.together import Together

T = TypeVar("T")

_ATTEMPTS: Final = 5
_PAUSE_SECONDS: Final = 0.03
"""Before the second attempt; twice as long before the third, and so on."""


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
        # Statements wait for the server, but what is computed between two may be long.
        await asyncio.sleep(0)


class PostgresqlDatabase:
    """A pool of connections to one PostgreSQL."""

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
        self.at_connection: AtConnection = unasked

    @classmethod
    async def connect(cls, url: str, *, pool_size: int, seconds: float) -> "PostgresqlDatabase":
        """Opens the pool; a statement or transaction may take so long. Raises Unavailable when no server answers."""
        asked: list[PostgresqlDatabase] = []

        async def first(connection: Any) -> None:
            for db in asked:
                with _TRANSLATED:
                    await db.at_connection(_Transaction(connection, NoSealer()))

        with _TRANSLATED:
            asked.append(cls(await open_connections(url, size=pool_size, seconds=seconds, first=first)))
        return asked[0]

    @property
    def full_at(self) -> float:
        """When a statement last found the server's disk full, on the monotonic clock."""
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
        # asyncpg's own would ask a connection that was ended to roll back, and lose the cancellation by the error.
        await connection.execute("BEGIN")
        try:
            result = await work(_Transaction(connection, self.sealer))
        except Exception as error:
            if not (isinstance(error, UNREACHABLE) or ended(connection)):
                await connection.execute("ROLLBACK")
            raise
        if (done := await connection.execute("COMMIT")) != "COMMIT":
            raise StoreError(f"the server answered a commit by {done}")
        return result

    async def _on_one(self, use: Callable[[Any], Awaitable[T]]) -> T:
        """A statement or a transaction, again where the server undid it as one of two that waited crosswise.

        Nothing of the time before is left: its rows are as before, and a unit of work changes nothing beside them. The
        pause lets the other one go on: who is back before it takes the same row away from it once more.
        """
        for tried in range(1, _ATTEMPTS):
            try:
                return await self._held(use)
            except asyncpg.DeadlockDetectedError:
                await asyncio.sleep(tried * _PAUSE_SECONDS)
        return await self._held(use)

    async def close(self) -> None:
        await self._held.close()


async def _all_for(connection: Any, query: Query, many: Sequence[Values]) -> list[Row]:
    """One after the other, in one transaction."""
    statement = query.on("postgresql")
    arguments = [statement.arguments(values) for values in many]
    if len(arguments) == 1:
        return cast("list[Row]", await connection.fetch(statement.sql, *arguments[0]))
    return cast("list[Row]", await connection.fetchmany(statement.sql, arguments)) if arguments else []


def _is_no_text(error: Exception) -> bool:
    """NUL is refused by the server; half of a surrogate pair has no bytes that could be sent there."""
    refused = isinstance(error, asyncpg.CharacterNotInRepertoireError)
    return refused or isinstance(error.__cause__, UnicodeEncodeError)


def _count(status: str) -> int:
    last = status.rpartition(" ")[2]
    return int(last) if last.isdigit() else 0


class _Translated:
    """Raises what asyncpg raises as an error of this package. No generator: each statement passes through it."""

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
        if isinstance(error, UNREACHABLE):
            raise Unavailable(str(error)) from error
        if isinstance(error, asyncpg.PostgresError | asyncpg.InterfaceError):
            raise (NoText if _is_no_text(error) else StoreError)(str(error)) from error


_TRANSLATED: Final = _Translated()
