"""Reads all sealed rows with the last record of their changes, for the check of the log.

Data may have been tampered with, and SQLite stores any value in any column.
"""

# ruff: noqa: S608  the names in the statements are those of the tables in `tables`, values are parameters

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Final

from mshield.server.database.interface import Database, Row, as_parameter
from mshield.server.database.queries import Queries, Query, Statement
from mshield.server.seals.tables import TABLES, SealedTable

_SQL: Final = Queries("seals", "changes", as_is=True)


@dataclass(frozen=True, slots=True)
class Recorded:
    """Row as stored, with version and seal of its last recorded change (None without one)."""

    key: object
    row: Row
    last_version: object
    last_seal: object


async def page(db: Database, table: SealedTable, *, after: object, limit: int) -> list[Recorded]:
    """Returns up to `limit` rows of a sealed table by key, after key `after` (None: from the start)."""
    query = _page(table, first=after is None)
    values = {"limit": limit} if after is None else {"limit": limit, "after": as_parameter(after)}
    rows = await db.all(query, **values)
    return [Recorded(row[table.key], row, row["last_version"], row["last_seal"]) for row in rows]


async def missing_rows(db: Database, table: SealedTable, *, limit: int) -> list[str]:
    """Returns keys of recorded rows that no longer exist."""
    return [row["row_key"] for row in await db.all(_missing_rows(table), limit=limit)]


async def recorded_twice(db: Database, *, limit: int) -> list[tuple[str, str]]:
    """Returns table and key of rows with two changes of the same version: the row was rolled back between them."""
    rows = await db.all(_SQL["twice"], limit=limit)
    return [(row["place"], row["row_key"]) for row in rows]


async def has_rows(db: Database) -> bool:
    """Reports whether any sealed table has a row."""
    return await db.one(_has_rows()) is not None


async def rolled_back_counters(db: Database, *, limit: int) -> list[str]:
    """Returns the keys (uid in hex) whose counters were rolled back and then used.

    A wrong PIN raises a key's version by one, a signature by two. Signing after a rollback of the counters
    leads to a version number that no sequence of events explains.
    """
    return [row["row_key"] for row in await db.all(_SQL["rolled_back_counters"], limit=limit)]


@cache
def _has_rows() -> Query:
    rows = (f"SELECT 1 FROM (SELECT 1 FROM {table.name} LIMIT 1) {table.name}" for table in TABLES)
    sql = " UNION ALL ".join(rows)
    return _query("seals.has_rows", lambda _dialect: sql, ())


def _key(table: SealedTable, dialect: str) -> str:
    if not table.is_binary:
        return f"t.{table.key}"
    return f"encode(t.{table.key}, 'hex')" if dialect == "postgresql" else f"lower(hex(t.{table.key}))"


@cache
def _page(table: SealedTable, *, first: bool) -> Query:
    def sql(dialect: str) -> str:
        columns = ", ".join(f"t.{name}" for name in (*table.columns, "seal_version", "seal"))
        last = (
            f"FROM sealed_changes c WHERE c.place = '{table.name}' AND c.row_key = {_key(table, dialect)}"
            " ORDER BY c.version DESC LIMIT 1"
        )
        bound = "$2" if table.is_binary else "CAST($2 AS TEXT)"
        after = "" if first else f" WHERE t.{table.key} > {bound}"
        return (
            f"SELECT {columns}, (SELECT c.version {last}) AS last_version, (SELECT c.seal {last}) AS last_seal"
            f" FROM {table.name} t{after} ORDER BY t.{table.key} LIMIT $1"
        )

    return _query(f"seals.{table.name}.page", sql, ("limit",) if first else ("limit", "after"))


@cache
def _missing_rows(table: SealedTable) -> Query:
    def sql(dialect: str) -> str:
        return (
            f"SELECT DISTINCT c.row_key FROM sealed_changes c WHERE c.place = '{table.name}'"
            f" AND NOT EXISTS (SELECT 1 FROM {table.name} t WHERE {_key(table, dialect)} = c.row_key)"
            " ORDER BY c.row_key LIMIT $1"
        )

    return _query(f"seals.{table.name}.missing_rows", sql, ("limit",))


def _query(name: str, sql: Callable[[str], str], parameters: tuple[str, ...]) -> Query:
    return Query(
        name,
        Statement(sql("postgresql"), parameters),
        Statement(sql("sqlite").replace("$", "?"), parameters),
        as_is=True,
    )
