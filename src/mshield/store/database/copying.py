"""Copies a SQLite database, as it stands at one moment, into an empty PostgreSQL of the same schema, all or nothing.

Before it commits every row is read back and compared with the source's, and the source has to be as it was: what
somebody wrote meanwhile would be lost.
"""

import hashlib
import sqlite3
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import Any, Final

import asyncpg

from mshield.store.database.interface import Row, StoreError, Unavailable
from mshield.store.database.migrate import pending

BATCH: Final = 2_000
"""Rows that are held in memory at once."""

_MADE_BY_MIGRATIONS: Final = frozenset({"high_water"})
_LEDGERS: Final = ("_yoyo", "yoyo_", "sqlite_")

Progress = Callable[[str, str, int, int], None]
"""Is told of `copy` or `compare`, the table, the rows that are done and how many there are."""


class NotCopied(StoreError):
    """The copy wasn't made; nothing was changed in either database. `code` says why."""

    def __init__(self, code: str, zh: str, en: str) -> None:
        self.code, self.zh, self.en = code, zh, en
        super().__init__(en)


@dataclass(frozen=True, slots=True)
class CopiedTable:
    """A table with its number of rows and the SHA-256 of all of them, which both databases gave."""

    name: str
    rows: int
    digest: str


@dataclass(frozen=True, slots=True)
class _Table:
    """`columns` by name with PostgreSQL's type; `key` orders the rows alike in both."""

    name: str
    columns: dict[str, str]
    key: tuple[str, ...]

    @property
    def listed(self) -> str:
        return ", ".join(f'"{name}"' for name in self.columns)

    def ordered(self, collation: str) -> str:
        """The order by octets: SQLite's own, and PostgreSQL's in the collation C."""
        return ", ".join(
            f'"{name}"' + (f" {collation}" if self.columns[name] == "text" else "") for name in self.key
        )


async def copy_database(source: str, target: str, *, progress: Progress) -> list[CopiedTable]:
    """Copies `sqlite:///PATH` to `postgresql://…`; the tables as they were compared.

    The target's user has to own the tables, as whoever migrates does. Raises NotCopied, Unavailable.
    """
    path = _path_of(source, target)
    if pending(source) or pending(target):
        raise NotCopied(
            "schema_old",
            "两个数据库都要先运行 mshield migrate",
            "run `mshield migrate` on both databases first",
        )
    with _failures(), closing(_reader(path)) as reader, closing(_reader(path)) as watcher:
        version = _version(watcher)
        reader.execute("BEGIN")
        reader.execute("SELECT COUNT(*) FROM sqlite_master").fetchone()  # from here on it sees one moment
        connection = await asyncpg.connect(target, timeout=30)
        try:
            async with connection.transaction():
                tables = await _tables(connection, reader)
                await _require_empty(connection, tables)
                constraints = await _defer(connection)
                for table in tables:
                    await _copy(connection, reader, table, progress)
                await _no_longer_defer(connection, constraints)
                copied = [await _compared(connection, reader, table, progress) for table in tables]
                if _version(watcher) != version:
                    raise NotCopied(
                        "source_written",
                        "复制时有程序写了原数据库，没有复制：请先停止服务，或设 MSHIELD_READ_ONLY=true",
                        "something wrote to the source meanwhile, so nothing was copied: stop the service, or have it"
                        " only read by MSHIELD_READ_ONLY=true",
                    )
            # Else all is planned as for empty tables until autovacuum comes.
            await connection.execute("ANALYZE")
            return copied
        finally:
            await connection.close(timeout=10)


def _path_of(source: str, target: str) -> str:
    if not source.startswith("sqlite:///") or not target.startswith(("postgresql://", "postgres://")):
        raise NotCopied(
            "not_copied",
            "只能从 SQLite（MSHIELD_DATABASE）复制到 PostgreSQL",
            "a copy goes from SQLite (MSHIELD_DATABASE) to PostgreSQL",
        )
    return source.removeprefix("sqlite:///")


def _reader(path: str) -> sqlite3.Connection:
    connection = sqlite3.connect(path, isolation_level=None, timeout=10)
    connection.execute("PRAGMA query_only=ON")
    return connection


def _version(connection: sqlite3.Connection) -> int:
    """Another number whenever another connection has committed."""
    return int(connection.execute("PRAGMA data_version").fetchone()[0])


@contextmanager
def _failures() -> Iterator[None]:
    try:
        yield
    except (asyncpg.PostgresError, asyncpg.InterfaceError, ValueError, TypeError) as error:
        detail = str(error)[:200]
        raise NotCopied(
            "not_copied",
            f"没有复制，目标数据库未改动：{detail}",
            f"nothing was copied, and the target is as it was: {detail}",
        ) from error
    except (OSError, sqlite3.Error) as error:
        raise Unavailable(str(error)) from error


async def _tables(connection: Any, reader: sqlite3.Connection) -> list[_Table]:
    """All tables, which both have with the same columns."""
    rows = await connection.fetch(
        "SELECT table_name, column_name, data_type FROM information_schema.columns JOIN information_schema.tables "
        "USING (table_schema, table_name) WHERE table_schema = current_schema() AND table_type = 'BASE TABLE'"
    )
    columns: dict[str, dict[str, str]] = {}
    for name, column, kind in rows:
        if not name.startswith(_LEDGERS):
            columns.setdefault(name, {})[column] = kind
    tables = []
    for (name,) in reader.execute(
        "SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name"
    ).fetchall():
        if name.startswith(_LEDGERS):
            continue
        shown = reader.execute(f'PRAGMA table_info("{name}")').fetchall()
        if {column[1] for column in shown} != set(columns.get(name, ())):
            raise _differs(name)
        key = [column[1] for column in sorted(shown, key=lambda column: column[5]) if column[5]]
        ordered = {column[1]: columns[name][column[1]] for column in shown}
        tables.append(_Table(name, ordered, tuple(key) or tuple(ordered)))
    if extra := columns.keys() - {table.name for table in tables}:
        raise _differs(min(extra))
    return tables


def _differs(name: str) -> NotCopied:
    return NotCopied(
        "tables_differ",
        f"没有复制：两个数据库的表不一致（{name}）",
        f"nothing was copied: the databases' tables differ ({name})",
    )


async def _require_empty(connection: Any, tables: Sequence[_Table]) -> None:
    """Takes out what migrations put in; nothing else may be there."""
    for table in tables:
        if table.name in _MADE_BY_MIGRATIONS:
            untouched = await connection.fetchval("SELECT COALESCE(MAX(mark), 0) = 0 FROM high_water")
            if untouched:
                await connection.execute(f'DELETE FROM "{table.name}"')  # noqa: S608  # a table's name
                continue
        if await connection.fetchval(f'SELECT EXISTS (SELECT 1 FROM "{table.name}")'):  # noqa: S608  # the same
            raise NotCopied(
                "target_not_empty",
                f"目标数据库不是空的（{table.name}），没有复制：请用刚运行过 mshield migrate 的空数据库",
                f"the target isn't empty ({table.name}), nothing was copied: give a new one, after `mshield migrate`",
            )


async def _defer(connection: Any) -> list[tuple[str, str]]:
    """Has foreign keys looked at when all rows are there, as some tables name each other."""
    rows = await connection.fetch(
        "SELECT conrelid::regclass::text, quote_ident(conname) FROM pg_constraint"
        " WHERE contype = 'f' AND connamespace = current_schema()::regnamespace AND NOT condeferrable"
    )
    constraints = [(row[0], row[1]) for row in rows]
    for table, name in constraints:
        await connection.execute(f"ALTER TABLE {table} ALTER CONSTRAINT {name} DEFERRABLE INITIALLY DEFERRED")
    return constraints


async def _no_longer_defer(connection: Any, constraints: Sequence[tuple[str, str]]) -> None:
    await connection.execute("SET CONSTRAINTS ALL IMMEDIATE")
    for table, name in constraints:
        await connection.execute(f"ALTER TABLE {table} ALTER CONSTRAINT {name} NOT DEFERRABLE")


async def _copy(connection: Any, reader: sqlite3.Connection, table: _Table, progress: Progress) -> None:
    total = _count(reader, table)

    async def records() -> AsyncIterator[tuple[Any, ...]]:
        done = 0
        for batch in _batches(reader, table):
            for row in batch:
                yield row
            done += len(batch)
            progress("copy", table.name, done, total)

    if total:
        await connection.copy_records_to_table(table.name, records=records(), columns=list(table.columns))


def _count(reader: sqlite3.Connection, table: _Table) -> int:
    return int(reader.execute(f'SELECT COUNT(*) FROM "{table.name}"').fetchone()[0])  # noqa: S608  # a table's name


def _batches(reader: sqlite3.Connection, table: _Table) -> Iterator[list[tuple[Any, ...]]]:
    """The source's rows in the key's order, as PostgreSQL has them."""
    booleans = [place for place, kind in enumerate(table.columns.values()) if kind == "boolean"]
    # Names of tables and columns, as the database itself lists them.
    cursor = reader.execute(f'SELECT {table.listed} FROM "{table.name}" ORDER BY {table.ordered("")}')  # noqa: S608  # the schema's own names
    while batch := cursor.fetchmany(BATCH):
        yield [_typed(row, booleans) for row in batch]


def _typed(row: tuple[Any, ...], booleans: Sequence[int]) -> tuple[Any, ...]:
    """SQLite keeps truth as a number."""
    if not booleans:
        return row
    values = list(row)
    for place in booleans:
        if values[place] not in {0, 1, None}:
            raise ValueError("a truth value is neither 0 nor 1")
        values[place] = None if values[place] is None else bool(values[place])
    return tuple(values)


async def _compared(
    connection: Any, reader: sqlite3.Connection, table: _Table, progress: Progress
) -> CopiedTable:
    """Reads both again, side by side. Raises NotCopied at the first row that differs."""
    total, done, digest = _count(reader, table), 0, hashlib.sha256()
    order = table.ordered('COLLATE "C"')
    # The same names.
    cursor = await connection.cursor(f'SELECT {table.listed} FROM "{table.name}" ORDER BY {order}')  # noqa: S608  # the schema's own names
    for expected in _batches(reader, table):
        rows: list[Row] = await cursor.fetch(len(expected))
        there = [tuple(row.values()) for row in rows]
        if there != expected:
            raise _row_differs(table, done)
        for row in there:
            digest.update(repr(row).encode())
        done += len(expected)
        progress("compare", table.name, done, total)
    if await cursor.fetch(1):
        raise _row_differs(table, done)
    return CopiedTable(table.name, done, digest.hexdigest())


def _row_differs(table: _Table, after: int) -> NotCopied:
    return NotCopied(
        "rows_differ",
        f"复制后的数据与原数据不一致（{table.name}，第 {after} 行之后），已撤销",
        f"the copy differs from its source ({table.name}, after row {after}): it was undone",
    )
