"""Rows that are older than the seals: whether there are any, and sealing them once."""

# ruff: noqa: S608  the names in the statements are those of the tables in `tables`, values are parameters

from typing import Final

from mshield.store.database.interface import Database, Tx
from mshield.store.database.queries import Query, Statement
from mshield.store.seals.sealing import seal_new
from mshield.store.seals.tables import TABLES, SealedTable

BATCH: Final = 500


async def has_rows(db: Database) -> bool:
    """Whether any table that is sealed has a row."""
    sql = " UNION ALL ".join(
        f"SELECT 1 FROM (SELECT 1 FROM {table.name} LIMIT 1) {table.name}" for table in TABLES
    )
    query = Query("seals.has_rows", Statement(sql, ()), Statement(sql, ()))
    return await db.one(query) is not None


async def seal_some(db: Database, table: SealedTable, *, now: int) -> int:
    """Seals up to BATCH rows that have no seal, and gives their number."""
    sql = f"SELECT {table.key} AS key FROM {table.name} WHERE seal IS NULL ORDER BY {table.key} LIMIT {BATCH}"
    query = Query(f"seals.{table.name}.unsealed", Statement(sql, ()), Statement(sql, ()))

    async def work(tx: Tx) -> int:
        rows = await tx.all(query)
        for row in rows:
            await seal_new(tx, table, row["key"], now=now)
        return len(rows)

    return await db.write(work)
