"""Writes many rows with authority in a few round trips: as sealing.py does with one, checked before and recorded after.

Each row comes with its seal in the statement that writes it. So what is sealed is what was meant, whatever the database
makes of it: a row that came out otherwise has a seal that doesn't fit.
"""

from collections.abc import Mapping, Sequence
from typing import Final

from mshield.store.database.interface import Row, StoreError, Tx, Values
from mshield.store.database.queries import Query
from mshield.store.seals.sealing import record_many, select_of
from mshield.store.seals.tables import SealedTable

_FIRST: Final = 1


async def insert_sealed(
    tx: Tx, table: SealedTable, query: Query, rows: Sequence[Values], *, now: int | None = None
) -> None:
    """New rows with their first seals, by a statement that takes their values, `seal_version` and `seal`.

    Their values have all sealed columns. `now` (ms) is there for a table whose changes are logged. Raises Conflict.
    """
    written = [_sealed(tx, table, row, version=_FIRST) for row in rows]
    await tx.all_for(query, written)
    await record_many(tx, table, written, now=now)


async def lock_checked(tx: Tx, table: SealedTable, keys: Sequence[str]) -> dict[str, Row]:
    """The sealed columns of these rows, which nobody else changes until the transaction ends. Raises SealBroken."""
    # In one order, so that none waits crosswise for another that locks several.
    rows = await tx.all_for(select_of(table, locked=True), [{"key": key} for key in sorted(keys)])
    for row in rows:
        table.check(tx.sealer, row)
    return {row[table.key]: row for row in rows}


async def write_sealed(
    tx: Tx, table: SealedTable, query: Query, changed: Sequence[tuple[Row, Values]], *, now: int | None = None
) -> None:
    """Rows of `lock_checked` with other values, sealed anew, by a statement that gives back the key of each.

    It takes the sealed columns, `seal_version` and `seal`, and whatever else the values have. Where no sealed column is
    another there is nothing to write. Raises StoreError where a row isn't written.
    """
    written = [
        _sealed(tx, table, {**before, **values}, version=before["seal_version"] + 1)
        for before, values in changed
        if any(values.get(name, before[name]) != before[name] for name in table.columns)
    ]
    rows = await tx.all_for(query, written)
    if len(rows) != len(written):
        raise StoreError(f"{len(written) - len(rows)} rows of {table.name} were not written")
    await record_many(tx, table, written, now=now)


def _sealed(tx: Tx, table: SealedTable, row: Mapping[str, object], *, version: int) -> dict[str, object]:
    return {**row, "seal_version": version, "seal": table.seal(tx.sealer, row, version=version)}
