"""All sealed rows beside the last record of their changes, for whoever checks the log.

What is read may have been tampered with, and SQLite keeps any value in any column.
"""

# ruff: noqa: S608  the names in the statements are those of the tables in `tables`, values are parameters

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Final

from mshield.domain.times import DAY_MS
from mshield.store.database.interface import Database, Row, as_parameter
from mshield.store.database.queries import Queries, Query, Statement
from mshield.store.seals.tables import SealedTable

SEALED: Final = "seals.begin"
"""The act by which the rows of a database that is older than its seals were sealed."""

_WAITED_MS: Final = 8 * DAY_MS
"""Longer than any document waits for its signature."""

_SQL: Final = Queries("seals", "changes", as_is=True)


@dataclass(frozen=True, slots=True)
class Recorded:
    """A row as it stands, and version and seal of the last record of it (None: there is none)."""

    key: object
    row: Row
    last_version: object
    last_seal: object


async def page(db: Database, table: SealedTable, *, after: object, limit: int) -> list[Recorded]:
    """Up to `limit` rows by key; `after` is None for the first ones."""
    query = _page(table, first=after is None)
    values = {"limit": limit} if after is None else {"limit": limit, "after": as_parameter(after)}
    rows = await db.all(query, **values)
    return [Recorded(row[table.key], row, row["last_version"], row["last_seal"]) for row in rows]


async def gone(db: Database, table: SealedTable, *, limit: int) -> list[str]:
    """Keys of rows that were recorded and aren't there."""
    return [row["row_key"] for row in await db.all(_gone(table), limit=limit)]


async def recorded_twice(db: Database, *, limit: int) -> list[tuple[str, str]]:
    """Table and key of rows of which two changes have one version: one was made after the row had been set back."""
    rows = await db.all(_SQL["twice"], limit=limit)
    return [(row["place"], row["row_key"]) for row in rows]


async def sealed(db: Database) -> tuple[int, int]:
    """How often rows were sealed again that were before, and when all were (ms; 0: the database began with seals)."""
    row = await db.one(_SQL["sealed"], act=SEALED)
    return (0, 0) if row is None else (row["again"], row["since"])


async def is_logged(db: Database) -> bool:
    """Whether a change of a sealed row is in the log: then a service has run on the seals."""
    return await db.one(_SQL["is_logged"]) is not None


async def unsealed(db: Database, *, since: int, limit: int) -> list[tuple[str, str]]:
    """Table and key of rows about signatures made since then (ms) that have no seal."""
    rows = await db.all(_SQL["unsealed"], since=since, waited=_WAITED_MS, limit=limit)
    return [(row["place"], row["row_key"]) for row in rows]


async def counted_back(db: Database, *, limit: int) -> list[str]:
    """Keys, by uid in hex, whose counters went on from an older state.

    A wrong PIN raises a key's version by one, a signature by two: who signs after the counters were set back leaves a
    version that no order explains.
    """
    return [row["row_key"] for row in await db.all(_SQL["counted_back"], limit=limit)]


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
def _gone(table: SealedTable) -> Query:
    def sql(dialect: str) -> str:
        return (
            f"SELECT DISTINCT c.row_key FROM sealed_changes c WHERE c.place = '{table.name}'"
            f" AND NOT EXISTS (SELECT 1 FROM {table.name} t WHERE {_key(table, dialect)} = c.row_key)"
            " ORDER BY c.row_key LIMIT $1"
        )

    return _query(f"seals.{table.name}.gone", sql, ("limit",))


def _query(name: str, sql: Callable[[str], str], parameters: tuple[str, ...]) -> Query:
    return Query(
        name,
        Statement(sql("postgresql"), parameters),
        Statement(sql("sqlite").replace("$", "?"), parameters),
        as_is=True,
    )
