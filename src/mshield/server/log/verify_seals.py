"""Check of rows with authority: their seals, and that each row is in the state of its last recorded change.

A seal exposes writes by somebody without the key. The records of changes in the log expose rows that were
rolled back or deleted.
"""

from collections.abc import AsyncGenerator, AsyncIterator
from typing import Final

from mshield.server.database.additions import additions
from mshield.server.database.interface import Database
from mshield.server.log.findings import Finding, shown
from mshield.server.seals import reading
from mshield.server.seals.reading import Recorded
from mshield.server.seals.tables import KEYS, TABLES, SealedTable

_PAGE: Final = 500
_FEW: Final = 10


async def check_seals(db: Database) -> AsyncGenerator[Finding]:
    """Yields a finding for each row that isn't as this service left it. Raises: StoreError."""
    for table in TABLES:
        async for finding in _check_rows(db, table):
            yield finding
        if table.permanent and (table.logged or table is KEYS):
            for key in await reading.missing_rows(db, table, limit=_FEW):
                yield Finding("sealed_row_missing", table=table.name, row=shown(key))
    for kind, name in await additions(db):
        yield Finding("schema_added_to", table=shown(name), detail=kind)
    for name, key in await reading.recorded_twice(db, limit=_FEW):
        yield Finding("sealed_row_set_back", table=name, row=shown(key))
    for key in await reading.rolled_back_counters(db, limit=_FEW):
        yield Finding("sealed_row_set_back", table=KEYS.name, row=shown(key))


async def _check_rows(db: Database, table: SealedTable) -> AsyncIterator[Finding]:
    after: object = None
    while page := await reading.page(db, table, after=after, limit=_PAGE):
        for recorded in page:
            code = _fault(db, table, recorded)
            if code is not None:
                yield Finding(code, table=table.name, row=shown(recorded.key))
        after = page[-1].key
        if type(after) is not type(
            page[0].key
        ):  # SQLite stores other types too; they sort after all of this one
            break


def _fault(db: Database, table: SealedTable, recorded: Recorded) -> str | None:
    row = recorded.row
    if not table.holds(db.sealer, row):
        return "seal_broken"
    if table.logged:
        is_current = (recorded.last_version, recorded.last_seal) == (row["seal_version"], row["seal"])
        return None if is_current else "sealed_row_set_back"
    last = recorded.last_version
    return "sealed_row_set_back" if type(last) is int and last > row["seal_version"] else None
