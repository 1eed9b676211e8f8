"""Copies a SQLite database, as of one moment, into an empty PostgreSQL of the same schema, all or nothing.

Before the commit every row is read back and compared with the source. The source must be unchanged by then,
since the copy would lack anything written meanwhile.
"""

import hashlib
import sqlite3
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import Any, Final

import asyncpg

from mshield.server.database.causes import unavailable
from mshield.server.database.interface import Row, StoreError
from mshield.server.database.migrate import pending

BATCH: Final = 2_000
"""Number of rows held in memory at once."""

_MADE_BY_MIGRATIONS: Final = frozenset({"high_water"})
_LEDGERS: Final = ("migrations", "sqlite_")

Progress = Callable[[str, str, int, int], None]
"""Progress callback: `copy` or `compare`, the table, the rows done, and their total."""


class NotCopied(StoreError):
    """The copy failed; neither database was changed. `code` says why."""

    def __init__(self, code: str, zh: str, en: str) -> None:
        self.code, self.zh, self.en = code, zh, en
        super().__init__(en)


@dataclass(frozen=True, slots=True)
class CopiedTable:
    """Copied table with its number of rows and the SHA-256 of all rows, equal in both databases."""

    name: str
    rows: int
    digest: str


@dataclass(frozen=True, slots=True)
class _Table:
    """Table: `columns` maps names to PostgreSQL types; `key` orders the rows alike in both databases."""

    name: str
    columns: dict[str, str]
    key: tuple[str, ...]

    @property
    def listed(self) -> str:
        return ", ".join(f'"{name}"' for name in self.columns)

    def ordered(self, collation: str) -> str:
        """Returns an ORDER BY list by bytes, which is SQLite's own order and PostgreSQL's in the collation C."""
        return ", ".join(
            f'"{name}"' + (f" {collation}" if self.columns[name] == "text" else "") for name in self.key
        )


async def copy_database(source: str, target: str, *, progress: Progress) -> list[CopiedTable]:
    """Copies `sqlite:///PATH` to `postgresql://…` and returns the compared tables.

    The target's user must own the tables, like the user who migrates. Raises: NotCopied, Unavailable.
    """
    path = _path_of(source, target)
    if pending(source) or pending(target):
        raise NotCopied(
            "schema_old",
            "两个数据库都要先运行 mshield migrate",
            "run `mshield migrate` on both databases first",
        )
    with _translate_errors(), closing(_reader(path)) as reader, closing(_reader(path)) as watcher:
        version = _version(watcher)
        reader.execute("BEGIN")
        reader.execute("SELECT COUNT(*) FROM sqlite_master").fetchone()  # from here on it sees one snapshot
        connection = await asyncpg.connect(target, timeout=30)
        try:
            async with connection.transaction():
                tables = await _tables(connection, reader)
                await _require_empty(connection, tables)
                constraints = await _defer(connection)
                for table in tables:
                    await _copy(connection, reader, table, progress)
                await _undo_defer(connection, constraints)
                copied = [await _compare(connection, reader, table, progress) for table in tables]
                if _version(watcher) != version:
                    raise NotCopied(
                        "source_written",
                        "复制时有程序写了原数据库，没有复制：请先停止服务，或设 MSHIELD_READ_ONLY=true",
                        "the source was written to meanwhile, so nothing was copied: stop the "
                        "service, or make it read-only with MSHIELD_READ_ONLY=true",
                    )
            # Otherwise statements are planned as for empty tables until autovacuum runs.
            await connection.execute("ANALYZE")
            return copied
        finally:
            await connection.close(timeout=10)


def _path_of(source: str, target: str) -> str:
    if not source.startswith("sqlite:///") or not target.startswith(("postgresql://", "postgres://")):
        raise NotCopied(
            "not_copied",
            "只能从 SQLite（MSHIELD_DATABASE）复制到 PostgreSQL",
            "only a SQLite database (MSHIELD_DATABASE) can be copied, and only to PostgreSQL",
        )
    return source.removeprefix("sqlite:///")


def _reader(path: str) -> sqlite3.Connection:
    connection = sqlite3.connect(path, isolation_level=None, timeout=10)
    connection.execute("PRAGMA query_only=ON")
    return connection


def _version(connection: sqlite3.Connection) -> int:
    """Returns a number that changes whenever another connection has committed."""
    return int(connection.execute("PRAGMA data_version").fetchone()[0])


@contextmanager
def _translate_errors() -> Iterator[None]:
    try:
        yield
    except (asyncpg.PostgresError, asyncpg.InterfaceError, ValueError, TypeError) as error:
        detail = str(error)[:200]
        raise NotCopied(
            "not_copied",
            f"没有复制，目标数据库未改动：{detail}",
            f"nothing was copied, and the target is unchanged: {detail}",
        ) from error
    except (OSError, sqlite3.Error) as error:
        raise unavailable(error) from error


async def _tables(connection: Any, reader: sqlite3.Connection) -> list[_Table]:
    """Returns all tables, after checking that both databases have the same ones with the same columns."""
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
        columns_info = reader.execute(f'PRAGMA table_info("{name}")').fetchall()
        if {column[1] for column in columns_info} != set(columns.get(name, ())):
            raise _differs(name)
        key = [column[1] for column in sorted(columns_info, key=lambda column: column[5]) if column[5]]
        ordered = {column[1]: columns[name][column[1]] for column in columns_info}
        tables.append(_Table(name, ordered, tuple(key) or tuple(ordered)))
    if extra := columns.keys() - {table.name for table in tables}:
        raise _differs(min(extra))
    return tables


def _differs(name: str) -> NotCopied:
    return NotCopied(
        "tables_differ",
        f"没有复制：两个数据库的表不一致（{name}）",
        f"nothing was copied: the tables of the databases differ ({name})",
    )


async def _require_empty(connection: Any, tables: Sequence[_Table]) -> None:
    """Deletes the rows made by migrations. Raises: NotCopied (there are others)."""
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
                f"the target isn't empty ({table.name}), so nothing was copied: use a new database, "
                f"after `mshield migrate`",
            )


async def _defer(connection: Any) -> list[tuple[str, str]]:
    """Defers foreign-key checks until all rows are copied, since some tables refer to each other."""
    rows = await connection.fetch(
        "SELECT conrelid::regclass::text, quote_ident(conname) FROM pg_constraint"
        " WHERE contype = 'f' AND connamespace = current_schema()::regnamespace AND NOT condeferrable"
    )
    constraints = [(row[0], row[1]) for row in rows]
    for table, name in constraints:
        await connection.execute(f"ALTER TABLE {table} ALTER CONSTRAINT {name} DEFERRABLE INITIALLY DEFERRED")
    return constraints


async def _undo_defer(connection: Any, constraints: Sequence[tuple[str, str]]) -> None:
    await connection.execute("SET CONSTRAINTS ALL IMMEDIATE")
    for table, name in constraints:
        await connection.execute(f"ALTER TABLE {table} ALTER CONSTRAINT {name} NOT DEFERRABLE")


async def _copy(connection: Any, reader: sqlite3.Connection, table: _Table, progress: Progress) -> None:
    total = _count(reader, table)

    async def records() -> AsyncIterator[tuple[Any, ...]]:
        rows_done = 0
        for batch in _batches(reader, table):
            for row in batch:
                yield row
            rows_done += len(batch)
            progress("copy", table.name, rows_done, total)

    if total:
        await connection.copy_records_to_table(table.name, records=records(), columns=list(table.columns))


def _count(reader: sqlite3.Connection, table: _Table) -> int:
    return int(reader.execute(f'SELECT COUNT(*) FROM "{table.name}"').fetchone()[0])  # noqa: S608  # a table's name


def _batches(reader: sqlite3.Connection, table: _Table) -> Iterator[list[tuple[Any, ...]]]:
    """Yields batches of the source's rows in key order, with PostgreSQL's types."""
    booleans = [place for place, kind in enumerate(table.columns.values()) if kind == "boolean"]
    # Table and column names come from the database's own catalogue.
    cursor = reader.execute(f'SELECT {table.listed} FROM "{table.name}" ORDER BY {table.ordered("")}')  # noqa: S608  # the schema's own names
    while batch := cursor.fetchmany(BATCH):
        yield [_convert_booleans(row, booleans) for row in batch]


def _convert_booleans(row: tuple[Any, ...], booleans: Sequence[int]) -> tuple[Any, ...]:
    """Converts numbers to booleans, which SQLite stores as numbers."""
    if not booleans:
        return row
    values = list(row)
    for place in booleans:
        if values[place] not in {0, 1, None}:
            raise ValueError("a boolean is neither 0 nor 1")
        values[place] = None if values[place] is None else bool(values[place])
    return tuple(values)


async def _compare(
    connection: Any, reader: sqlite3.Connection, table: _Table, progress: Progress
) -> CopiedTable:
    """Reads both databases again side by side. Raises: NotCopied (at the first row that differs)."""
    total, rows_done, digest = _count(reader, table), 0, hashlib.sha256()
    order = table.ordered('COLLATE "C"')
    cursor = await connection.cursor(f'SELECT {table.listed} FROM "{table.name}" ORDER BY {order}')  # noqa: S608  # the schema's own names
    for expected in _batches(reader, table):
        rows: list[Row] = await cursor.fetch(len(expected))
        rows_read = [tuple(row.values()) for row in rows]
        if rows_read != expected:
            raise _row_differs(table, rows_done)
        for row in rows_read:
            digest.update(repr(row).encode())
        rows_done += len(expected)
        progress("compare", table.name, rows_done, total)
    if await cursor.fetch(1):
        raise _row_differs(table, rows_done)
    return CopiedTable(table.name, rows_done, digest.hexdigest())


def _row_differs(table: _Table, after: int) -> NotCopied:
    return NotCopied(
        "rows_differ",
        f"复制后的数据与原数据不一致（{table.name}，第 {after} 行之后），已撤销",
        f"the copy differs from its source ({table.name}, after row {after}) and was rolled back",
    )
