"""The database as the services see it: transactions and named queries, the same over PostgreSQL and SQLite.

A unit of work is an async function of one transaction, awaits nothing but that transaction and changes nothing beside
it; what it returns is durable when `write` returns. SQL errors never leave this package untyped.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Literal, Protocol, TypeVar

from mshield.store.database.queries import Query

Dialect = Literal["postgresql", "sqlite"]
Row = Mapping[str, Any]
Values = Mapping[str, object]
"""The parameters of a statement, by name."""
T = TypeVar("T")


class StoreError(Exception):
    """The database refused or failed."""


class Conflict(StoreError):
    """A unique constraint refused the row."""


class Undone(StoreError):
    """A statement found that it must not be carried out, and undid itself."""


class NoText(StoreError):
    """A text has a character that the database can't keep: NUL, or half of a surrogate pair."""


class Garbled(StoreError):
    """A stored text is no UTF-8: SQLite keeps any bytes as text, though no statement of this service writes such."""


def as_parameter(value: Any) -> Any:
    """A value that was read, as a parameter, for a column that is cast: a text that is no UTF-8 only goes as bytes."""
    if isinstance(value, str):
        try:
            value.encode()
        except UnicodeEncodeError:
            return value.encode("utf-8", "surrogateescape")
    return value


class Unavailable(StoreError):
    """The database can't be reached or is too busy."""

    code = "unavailable"
    zh = "无法连接数据库，或数据库太忙。新数据库由 mshield migrate 建立"
    en = "the database can't be reached, or is too busy; `mshield migrate` makes a new one"


class ReadOnly(StoreError):
    """The service only reads, for maintenance: nothing is written by this process."""

    code = "read_only"
    zh = "只读状态（MSHIELD_READ_ONLY），没有执行"
    en = "this only reads now (MSHIELD_READ_ONLY); nothing was done"


class SealBroken(StoreError):
    """A row that carries authority isn't as this service wrote it: nothing is decided by it."""

    code = "seal_broken"

    def __init__(self, table: str, key: object) -> None:
        name = key.hex() if isinstance(key, bytes) else ascii(key)[:80]
        self.zh = f"数据库中的记录已被改动，不再据此作任何决定：{table} {name}。处理办法见 docs/operations.md"
        self.en = f"a row was changed outside of the service, and decides nothing: {table} {name}"
        super().__init__(self.en)


class Sealer(Protocol):
    """Makes the keyed seals of rows with authority."""

    def mac(self, data: bytes) -> bytes:
        """The seal of these octets, 32 bytes."""

    def fits(self, data: bytes, seal: bytes) -> bool:
        """Whether this is their seal, compared in constant time."""


class NoSealer:
    """The sealer of a database whose key isn't loaded: it raises why, whatever is asked of it."""

    def __init__(self, why: Exception | None = None) -> None:
        self._why = why or StoreError("the key of the database's seals was not loaded")

    def mac(self, data: bytes) -> bytes:  # noqa: ARG002  # the signature of a sealer that has its key
        """Raises why there is no key."""
        raise self._why

    def fits(self, data: bytes, seal: bytes) -> bool:  # noqa: ARG002  # the signature of a sealer that has its key
        """Raises why there is no key."""
        raise self._why


class Tx(Protocol):
    """One transaction."""

    @property
    def dialect(self) -> Dialect: ...

    @property
    def sealer(self) -> Sealer: ...

    @property
    def atomic(self) -> Literal[True]:
        """What a Database doesn't have: what takes several statements can't be given one by mistake."""

    async def one(self, query: Query, **values: object) -> Row | None:
        """The first row, or None."""

    async def all(self, query: Query, **values: object) -> list[Row]:
        """All rows."""

    async def all_for(self, query: Query, many: Sequence[Values]) -> list[Row]:
        """All rows of a statement that is carried out once for each of these values, in one round trip.

        Which row is whose the statement must say; one that only writes gives none.
        """

    async def run(self, query: Query, **values: object) -> int:
        """Runs a statement without RETURNING and gives the number of rows that it touched."""

    async def give_way(self) -> None:
        """Lets this process serve others in between, for work of many statements. Who writes to SQLite still waits."""


Work = Callable[[Tx], Awaitable[T]]
AtConnection = Callable[[Tx], Awaitable[None]]
"""Asks a new connection, outside of any transaction, before its first use; what it raises ends the connection."""


async def unasked(_: Tx) -> None:
    """An AtConnection that asks nothing."""


class Database(Protocol):
    """A database. `one`, `all` and `run` are single statements, each its own transaction.

    `sealer` is set once the keys are loaded (keys/seals.py). While `read_only` is true, what writes raises ReadOnly.
    """

    sealer: Sealer
    read_only: bool

    @property
    def dialect(self) -> Dialect: ...

    @property
    def held(self) -> bool:
        """Whether a long transaction has given way: who writes waits for its end. SQLite has one writer."""

    @property
    def commits(self) -> int:
        """Grows with each write of this process."""

    async def one(self, query: Query, **values: object) -> Row | None:
        """The first row of a reading statement, or None."""

    async def all(self, query: Query, **values: object) -> list[Row]:
        """All rows of a reading statement."""

    async def all_for(self, query: Query, many: Sequence[Values]) -> list[Row]:
        """All rows of a reading statement that is carried out once for each of these values, in one round trip."""

    async def run_one(self, query: Query, **values: object) -> Row | None:
        """A single writing statement with RETURNING; durable when it returns."""

    async def run(self, query: Query, **values: object) -> int:
        """A single writing statement; durable when it returns."""

    async def read_together(self, query: Query, **values: object) -> list[Row]:
        """A single reading statement, carried out together with others of its kind that wait at the same time.

        It takes a parameter `call`, which is given here, and gives it back as a column: that tells whose a row is.
        """

    async def write_together(self, query: Query, *, by: str | bytes, **values: object) -> list[Row]:
        """The same for a writing statement; durable when it returns.

        It may be repeated where the group that it was in is undone. `by` says whose rows it changes: groups go in its
        order, so that those of two processes don't wait for each other crosswise.
        """

    async def write(self, work: Work[T]) -> T:
        """Runs `work` in one transaction and commits, or rolls back when it raises.

        It is run once more where PostgreSQL undid it so that another, which waited for it crosswise, could go on: all
        that it changes is in the transaction.
        """

    async def close(self) -> None:
        """Waits for running work, then closes."""
