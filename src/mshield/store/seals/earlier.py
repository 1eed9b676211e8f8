"""Rows that are older than the seals: whether there are any, and sealing them once."""

# ruff: noqa: S608  the names in the statements are those of the tables in `tables`, values are parameters

from collections.abc import Iterable
from typing import Final

from mshield.store.database.interface import Database, Tx
from mshield.store.database.queries import Query, Statement
from mshield.store.seals.sealing import seal_new
from mshield.store.seals.tables import TABLES, SealedTable

BATCH: Final = 500


async def has_rows(
    db: Database | Tx, tables: Iterable[SealedTable] = TABLES, *, sealed: bool = False
) -> bool:
    """Whether any of these tables has a row, or a `sealed` one."""
    condition = " WHERE seal IS NOT NULL" if sealed else ""
    sql = " UNION ALL ".join(
        f"SELECT 1 FROM (SELECT 1 FROM {table.name}{condition} LIMIT 1) {table.name}" for table in tables
    )
    query = Query("seals.has_rows", Statement(sql, ()), Statement(sql, ()))
    return await db.one(query) is not None


async def seal_some(
    db: Database, table: SealedTable, *, after: str | bytes | None, now: int
) -> list[str | bytes]:
    """Seals up to BATCH rows beyond this key that have no seal, and gives their keys in order."""
    return await db.write(lambda tx: seal_page(tx, table, after=after, now=now))


async def seal_page(tx: Tx, table: SealedTable, *, after: str | bytes | None, now: int) -> list[str | bytes]:
    """The same within a transaction."""
    sql = f"SELECT {table.key} AS key FROM {table.name} WHERE seal IS NULL"
    end = f" ORDER BY {table.key} LIMIT {BATCH}"
    # From where the batch before ended: from the beginning, each would pass over all that was sealed by then.
    text = sql + end if after is None else f"{sql} AND {table.key} > $1{end}"
    names = () if after is None else ("after",)
    query = Query(
        f"seals.{table.name}.unsealed", Statement(text, names), Statement(text.replace("$", "?"), names)
    )
    keys = [row["key"] for row in await tx.all(query, **({} if after is None else {"after": after}))]
    for key in keys:
        await seal_new(tx, table, key, now=now)
    return keys
