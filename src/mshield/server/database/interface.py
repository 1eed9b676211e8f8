"""Database interface for the services: transactions and named queries, the same for PostgreSQL and SQLite.

A unit of work is an async function of one transaction. It awaits only that transaction and changes nothing
else; its changes are durable when `write` returns. SQL errors leave this package only as typed errors.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Literal, Protocol, TypeVar

from mshield.server.database.queries import Query

Dialect = Literal["postgresql", "sqlite"]
Row = Mapping[str, Any]
Values = Mapping[str, object]
"""Parameters of a statement, by name."""
T = TypeVar("T")


class StoreError(Exception):
    """The database refused or failed."""


class Conflict(StoreError):
    """The row violates a unique constraint."""


class Undone(StoreError):
    """A statement detected that it must not take effect, and was rolled back."""


class NoText(StoreError):
    """A text has a character that the database can't store: NUL, or half of a surrogate pair."""


class Garbled(StoreError):
    """A stored text isn't UTF-8: SQLite accepts any bytes as text, but this service never writes such."""


def as_parameter(value: Any) -> Any:
    """Converts a value read from the database to a parameter for a cast column: text that isn't UTF-8 must be bytes."""
    if isinstance(value, str):
        try:
            value.encode()
        except UnicodeEncodeError:
            return value.encode("utf-8", "surrogateescape")
    return value


class Unavailable(StoreError):
    """The database can't be reached or is too busy. Subclasses tell the cause (server/database/causes.py)."""

    code = "unavailable"
    zh = "数据库太忙，或连接中断：请稍后重试；一再出现时请查看数据库的日志"
    en = "the database is too busy, or the connection was lost: try again, and look at the database's log if it recurs"


class ReadOnly(StoreError):
    """The service is read-only for maintenance, so this process writes nothing."""

    code = "read_only"
    zh = "只读状态（MSHIELD_READ_ONLY），没有执行"
    en = "the service is read-only (MSHIELD_READ_ONLY); nothing was done"


class SealBroken(StoreError):
    """A row with authority isn't as this service wrote it, so no decision may rely on it."""

    code = "seal_broken"

    def __init__(self, table: str, key: object) -> None:
        name = key.hex() if isinstance(key, bytes) else ascii(key)[:80]
        self.zh = f"数据库中的记录已被改动，不再据此作任何决定：{table} {name}。处理办法见 docs/operations.md"
        self.en = f"a row was changed outside of the service and is ignored: {table} {name}"
        super().__init__(self.en)


class Sealer(Protocol):
    """Maker of the keyed seals of rows with authority."""

    def mac(self, data: bytes) -> bytes:
        """Returns the seal of the data, 32 bytes."""

    def fits(self, data: bytes, seal: bytes) -> bool:
        """Reports whether `seal` is the seal of the data, compared in constant time."""


class NoSealer:
    """Sealer of a database whose key isn't loaded: every method raises the reason."""

    def __init__(self, why: Exception | None = None) -> None:
        self._why = why or StoreError("the key of the database's seals was not loaded")

    def mac(self, data: bytes) -> bytes:  # noqa: ARG002  # the signature of a sealer that has its key
        """Raises the reason for the missing key."""
        raise self._why

    def fits(self, data: bytes, seal: bytes) -> bool:  # noqa: ARG002  # the signature of a sealer that has its key
        """Raises the reason for the missing key."""
        raise self._why


class Tx(Protocol):
    """Transaction."""

    @property
    def dialect(self) -> Dialect: ...

    @property
    def sealer(self) -> Sealer: ...

    @property
    def atomic(self) -> Literal[True]:
        """Marker that `Database` lacks, so that the type checker rejects a database where a transaction is needed."""

    async def one(self, query: Query, **values: object) -> Row | None:
        """Returns the first row, or None."""

    async def all(self, query: Query, **values: object) -> list[Row]:
        """Returns all rows."""

    async def all_for(self, query: Query, many: Sequence[Values]) -> list[Row]:
        """Runs a statement once for each of these values, in one round trip, and returns all rows.

        The statement must return a column that identifies whose row it is; one that only writes returns none.
        """

    async def run(self, query: Query, **values: object) -> int:
        """Runs a statement without RETURNING and returns the number of affected rows."""

    async def give_way(self) -> None:
        """Lets this process serve other calls during a long transaction. Writers to SQLite still wait."""


Work = Callable[[Tx], Awaitable[T]]
AtConnection = Callable[[Tx], Awaitable[None]]
"""Check run on a new connection before its first use, outside transactions; an error ends the connection."""


async def no_setup(_: Tx) -> None:
    """No-op `AtConnection`."""


class Database(Protocol):
    """Database. `one`, `all` and `run` run single statements, each in its own transaction.

    `sealer` is set once the keys are loaded (server/keys/seals.py). While `read_only` is true, every write raises
    ReadOnly.
    """

    sealer: Sealer
    read_only: bool

    @property
    def dialect(self) -> Dialect: ...

    @property
    def held(self) -> bool:
        """Whether a long transaction is in progress, for which writers must wait.

        Only SQLite, with its single writer.
        """

    @property
    def commits(self) -> int:
        """Number that grows with each write of this process."""

    async def one(self, query: Query, **values: object) -> Row | None:
        """Runs a reading statement and returns the first row, or None."""

    async def all(self, query: Query, **values: object) -> list[Row]:
        """Runs a reading statement and returns all rows."""

    async def all_for(self, query: Query, many: Sequence[Values]) -> list[Row]:
        """Runs a reading statement once for each of these values, in one round trip, and returns all rows."""

    async def run_one(self, query: Query, **values: object) -> Row | None:
        """Runs a single writing statement with RETURNING; durable on return."""

    async def run(self, query: Query, **values: object) -> int:
        """Runs a single writing statement and returns the number of affected rows; durable on return."""

    async def read_together(self, query: Query, **values: object) -> list[Row]:
        """Runs a single reading statement, batched with identical ones waiting at the same time.

        The statement has a parameter `call`, set here, and returns it as a column that identifies whose row
        it is.
        """

    async def write_together(self, query: Query, *, by: str | bytes, **values: object) -> list[Row]:
        """Like `read_together`, for a writing statement; durable on return.

        It may be repeated if its batch is rolled back. `by` identifies the rows it changes: batches are
        sorted by it, so that those of two processes don't deadlock.
        """

    async def write(self, work: Work[T]) -> T:
        """Runs `work` in one transaction and commits it, or rolls back if `work` raises.

        After a deadlock PostgreSQL rolls it back and `work` runs again, so it may change nothing outside the
        transaction.
        """

    async def close(self) -> None:
        """Waits for running work, then closes."""
