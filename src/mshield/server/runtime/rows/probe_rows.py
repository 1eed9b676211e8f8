"""Writes rows of random data and removes them, to find out whether the database accepts rows."""

import os
from typing import Final

from mshield.server.database.interface import Database, Tx
from mshield.server.database.queries import Queries

_ROWS: Final = 32
_ROW_BYTES: Final = 2000
"""Below the largest key of an index of PostgreSQL. Together the rows need new pages, which a full disk can't give."""

_SQL: Final = Queries("runtime", "probe_rows")


async def write_probe_rows(db: Database) -> None:
    """Commits some rows and then their removal. Raises: Unavailable (with the cause), StoreError."""
    rows = [os.urandom(_ROW_BYTES) for _ in range(_ROWS)]

    async def insert(tx: Tx) -> None:
        for octets in rows:
            await tx.run(_SQL["insert_probe"], octets=octets)

    async def delete(tx: Tx) -> None:
        for octets in rows:
            await tx.run(_SQL["delete_probe"], octets=octets)

    await db.write(insert)
    await db.write(delete)
