"""PostgreSQL through asyncpg: few round trips, no session state, typed errors.

Connections are never configured after they are opened, so the pool needs no reset on release (measured: it costs
a quarter of a request's CPU). They are held between statements, too: to hand a connection out and take it back costs
asyncpg's pool more than a short statement does (35 of 61 µs).
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Iterator
from typing import Any, Final, Literal, TypeVar, cast

import asyncpg

from mshield.store.database.interface import (
    Conflict,
    NoSealer,
    NoText,
    ReadOnly,
    Row,
    Sealer,
    StoreError,
    Unavailable,
    Undone,
    Work,
)
from mshield.store.database.queries import Query
from mshield.store.database.together import Together

T = TypeVar("T")

_ATTEMPTS: Final = 5
_PAUSE_SECONDS: Final = 0.03
"""Before the second attempt; twice as long before the third, and so on."""

_UNREACHABLE: Final = (
    asyncpg.PostgresConnectionError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.CannotConnectNowError,
    asyncpg.TooManyConnectionsError,
    asyncpg.InternalClientError,  # a statement between the server's farewell and the connection's end
    OSError,
)


class _Connection(asyncpg.Connection):  # type: ignore[misc]  # asyncpg carries no annotations
    def get_reset_query(self) -> str:
        return ""


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

    async def run(self, query: Query, **values: object) -> int:
        statement = query.on("postgresql")
        return _count(await self._connection.execute(statement.sql, *statement.arguments(values)))


class _Connections:
    """Connections that stay taken out of the pool; so many callers at a time as it has.

    After an error a connection goes back to the pool, which knows what to do with one that is broken or amid something.
    """

    def __init__(self, pool: Any, size: int) -> None:
        self._pool = pool
        self._turns = asyncio.Semaphore(size)
        self._idle: list[Any] = []

    async def __call__(self, use: Callable[[Any], Awaitable[T]]) -> T:
        async with self._turns:
            connection = await self._take()
            try:
                result = await use(connection)
            except BaseException as error:
                # Ended between two steps of one statement, or two statements of one transaction.
                lost = isinstance(error, asyncpg.InterfaceError) and _ended(connection)
                await self._pool.release(connection)
                if lost:
                    raise Unavailable(str(error)) from error
                raise
            self._idle.append(connection)
            return result

    async def _take(self) -> Any:
        while self._idle:
            connection = self._idle.pop()
            if not _ended(connection):
                return connection
            await self._pool.release(connection)
        return await self._pool.acquire()

    async def close(self) -> None:
        while self._idle:
            await self._pool.release(self._idle.pop())
        await self._pool.close()


class PostgresqlDatabase:
    """A pool of connections to one PostgreSQL."""

    dialect: Literal["postgresql"] = "postgresql"

    def __init__(self, held: _Connections) -> None:
        self.sealer: Sealer = NoSealer()
        self.read_only = False
        self._held = held
        self._together = Together(self._run_each)
        self.commits = 0

    @classmethod
    async def connect(cls, url: str, *, pool_size: int) -> "PostgresqlDatabase":
        """Opens the pool. Raises Unavailable when the server doesn't answer."""
        with _translated():
            pool = await asyncpg.create_pool(
                url,
                min_size=1,
                max_size=pool_size,
                connection_class=_Connection,
                max_inactive_connection_lifetime=0,
            )
        return cls(_Connections(pool, pool_size))

    async def one(self, query: Query, **values: object) -> Row | None:
        statement = query.on("postgresql")
        with _translated():
            arguments = statement.arguments(values)
            return cast("Row | None", await self._on_one(lambda one: one.fetchrow(statement.sql, *arguments)))

    async def all(self, query: Query, **values: object) -> list[Row]:
        statement = query.on("postgresql")
        with _translated():
            arguments = statement.arguments(values)
            return cast("list[Row]", await self._on_one(lambda one: one.fetch(statement.sql, *arguments)))

    async def run_one(self, query: Query, **values: object) -> Row | None:
        self._count_write()
        return await self.one(query, **values)

    async def run(self, query: Query, **values: object) -> int:
        self._count_write()
        statement = query.on("postgresql")
        with _translated():
            arguments = statement.arguments(values)
            return _count(await self._on_one(lambda one: one.execute(statement.sql, *arguments)))

    async def read_together(self, query: Query, **values: object) -> list[Row]:
        return await self._together(query, values)

    async def write_together(self, query: Query, *, by: str | bytes, **values: object) -> list[Row]:
        if self.read_only:
            raise ReadOnly
        return await self._together(query, values, by=by)

    async def _run_each(self, query: Query, many: list[dict[str, object]], *, writing: bool) -> list[Row]:
        """All rows of a statement that is carried out once for each, one after the other, in one transaction."""
        self.commits += writing
        statement = query.on("postgresql")
        arguments = [statement.arguments(values) for values in many]
        with _translated():
            if len(arguments) == 1:
                return cast(
                    "list[Row]", await self._on_one(lambda one: one.fetch(statement.sql, *arguments[0]))
                )
            return cast("list[Row]", await self._on_one(lambda one: one.fetchmany(statement.sql, arguments)))

    def _count_write(self) -> None:
        if self.read_only:
            raise ReadOnly
        self.commits += 1

    async def write(self, work: Work[T]) -> T:
        self._count_write()

        async def in_transaction(connection: Any) -> T:
            async with connection.transaction():
                return await work(_Transaction(connection, self.sealer))

        with _translated():
            return await self._on_one(in_transaction)

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


def _ended(connection: Any) -> bool:
    try:
        return cast("bool", connection.is_closed())
    except asyncpg.InterfaceError:  # the pool has given it up
        return True


def _is_no_text(error: Exception) -> bool:
    """NUL is refused by the server; half of a surrogate pair has no bytes that could be sent there."""
    refused = isinstance(error, asyncpg.CharacterNotInRepertoireError)
    return refused or isinstance(error.__cause__, UnicodeEncodeError)


def _count(status: str) -> int:
    last = status.rpartition(" ")[2]
    return int(last) if last.isdigit() else 0


@contextlib.contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except asyncpg.IntegrityConstraintViolationError as error:
        raise Conflict(str(error)) from error
    except asyncpg.DivisionByZeroError as error:
        raise Undone(str(error)) from error
    except _UNREACHABLE as error:
        raise Unavailable(str(error)) from error
    except (asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        raise (NoText if _is_no_text(error) else StoreError)(str(error)) from error
