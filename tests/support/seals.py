"""Seals for the rows that a test writes itself, as the service would have sealed them."""

# ruff: noqa: S608  the names in the statements are those of the program's own tables

from typing import Final

from mshield.keys.seals import RowSealer
from mshield.store.database.interface import Database, NoSealer, Tx
from mshield.store.database.queries import Query, Statement
from mshield.store.seals.sealing import record_standing
from mshield.store.seals.tables import TABLES, SealedTable

SEALER: Final = RowSealer(bytes(32))
"""For a test that loads no keys."""


async def seal_all(db: Database) -> None:
    """Gives every row of a sealed table the seal and the record that fit it; nothing where no key was loaded yet."""
    if isinstance(db.sealer, NoSealer):
        return

    async def work(tx: Tx) -> None:
        for table in TABLES:
            await _seal(tx, table)

    await db.write(work)


async def _seal(tx: Tx, table: SealedTable) -> None:
    columns = ", ".join((*table.columns, "seal_version", "seal"))
    for row in await tx.all(_query(f"SELECT {columns} FROM {table.name}")):
        if table.holds(tx.sealer, row):
            continue
        version = row["seal_version"] + 1
        await tx.run(
            _query(
                f"UPDATE {table.name} SET seal_version = $1, seal = $2 WHERE {table.key} = $3",
                "version",
                "seal",
                "key",
            ),
            version=version,
            seal=table.seal(tx.sealer, row, version=version),
            key=row[table.key],
        )
        if table.logged:
            await record_standing(tx, table, row[table.key], now=0)


def _query(sql: str, *names: str) -> Query:
    return Query("test", Statement(sql, names), Statement(sql.replace("$", "?"), names))
