"""Checks the rows that carry authority: their seals, and that each stands as its last change left it.

A seal shows what somebody wrote who doesn't have its key. Its record in the log shows a row that was set back to an
older state of its own, and one that was taken away. Signatures, documents and requests from before the seals have none.
"""

from collections.abc import AsyncIterator
from typing import Final

from mshield.services.log.findings import Finding, shown
from mshield.store.database.interface import Database
from mshield.store.operations.additions import additions
from mshield.store.seals import reading
from mshield.store.seals.reading import SEALED, Recorded
from mshield.store.seals.tables import KEYS, TABLES, SealedTable

_PAGE: Final = 500
_FEW: Final = 10


async def check_seals(db: Database) -> AsyncIterator[Finding]:
    """A finding for each row that isn't as this service left it. Raises StoreError."""
    for table in TABLES:
        async for finding in _check_rows(db, table):
            yield finding
        if table.kept and (table.logged or table is KEYS):
            for key in await reading.gone(db, table, limit=_FEW):
                yield Finding("sealed_row_missing", table=table.name, row=shown(key))
    for kind, name in await additions(db):
        yield Finding("schema_added_to", table=shown(name), detail=kind)
    again, since = await reading.sealed(db)
    if again:
        yield Finding("sealed_again", table="acts", row=SEALED)
    for name, key in await reading.unsealed(db, since=since, limit=_FEW):
        yield Finding("seal_broken", table=name, row=shown(key))
    for name, key in await reading.recorded_twice(db, limit=_FEW):
        yield Finding("sealed_row_set_back", table=name, row=shown(key))
    for key in await reading.counted_back(db, limit=_FEW):
        yield Finding("sealed_row_set_back", table=KEYS.name, row=shown(key))


async def _check_rows(db: Database, table: SealedTable) -> AsyncIterator[Finding]:
    after: object = None
    while page := await reading.page(db, table, after=after, limit=_PAGE):
        for recorded in page:
            code = _fault(db, table, recorded)
            if code is not None:
                yield Finding(code, table=table.name, row=shown(recorded.key))
        after = page[-1].key
        if type(after) is not type(page[0].key):  # SQLite keeps other types too, behind all of this one
            break


def _fault(db: Database, table: SealedTable, recorded: Recorded) -> str | None:
    row = recorded.row
    if row["seal"] is None and not table.was_sealed:
        return None
    if not table.holds(db.sealer, row):
        return "seal_broken"
    if table.logged:
        stands = (recorded.last_version, recorded.last_seal) == (row["seal_version"], row["seal"])
        return None if stands else "sealed_row_set_back"
    last = recorded.last_version
    return "sealed_row_set_back" if type(last) is int and last > row["seal_version"] else None
