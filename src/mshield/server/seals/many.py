"""Writes many rows with authority in a few round trips, checked and recorded as in sealing.py.

The statement that writes a row includes its seal, computed from the intended values. If the database stores
anything else, the seal doesn't match.
"""

from collections.abc import Mapping, Sequence
from typing import Final

from mshield.server.database.interface import Row, StoreError, Tx, Values
from mshield.server.database.queries import Query
from mshield.server.seals.sealing import record_many, select_of
from mshield.server.seals.tables import SealedTable

_FIRST: Final = 1


async def insert_sealed(
    tx: Tx, table: SealedTable, query: Query, rows: Sequence[Values], *, now: int | None = None
) -> None:
    """Inserts rows with their first seals, by a statement with their values, `seal_version` and `seal`.

    The values must include all sealed columns. `now` (ms) is required for a table whose changes are logged.
    Raises: Conflict.
    """
    written = [_with_seal(tx, table, row, version=_FIRST) for row in rows]
    await tx.all_for(query, written)
    await record_many(tx, table, written, now=now)


async def lock_checked(tx: Tx, table: SealedTable, keys: Sequence[str]) -> dict[str, Row]:
    """Locks these rows until the transaction ends and returns their sealed columns. Raises: SealBroken."""
    # Always in the same order, so that two callers locking several rows don't deadlock.
    rows = await tx.all_for(select_of(table, locked=True), [{"key": key} for key in sorted(keys)])
    for row in rows:
        table.check(tx.sealer, row)
    return {row[table.key]: row for row in rows}


async def write_sealed(
    tx: Tx, table: SealedTable, query: Query, changed: Sequence[tuple[Row, Values]], *, now: int | None = None
) -> None:
    """Writes new values and seals to rows of `lock_checked`, by a statement that returns the key of each row.

    The statement's parameters are the sealed columns, `seal_version`, `seal` and the other given values. Rows
    with unchanged sealed columns are skipped. Raises: StoreError (a row was not written).
    """
    written = [
        _with_seal(tx, table, {**before, **values}, version=before["seal_version"] + 1)
        for before, values in changed
        if any(values.get(name, before[name]) != before[name] for name in table.columns)
    ]
    rows = await tx.all_for(query, written)
    if len(rows) != len(written):
        raise StoreError(f"{len(written) - len(rows)} rows of {table.name} were not written")
    await record_many(tx, table, written, now=now)


def _with_seal(tx: Tx, table: SealedTable, row: Mapping[str, object], *, version: int) -> dict[str, object]:
    return {**row, "seal_version": version, "seal": table.seal(tx.sealer, row, version=version)}
