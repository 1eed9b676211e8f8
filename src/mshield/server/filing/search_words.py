"""Search words of enterprises, added in batches where missing, and the hash of a number's end (ADR 95)."""

import logging
from dataclasses import dataclass
from typing import Final

from mshield.server.database.interface import Database, StoreError, Tx
from mshield.server.filing.rows import search_words as store
from mshield.server.keys.secrets import LookupKey
from mshield.server.values.id_numbers import END, LOOKUP_END
from mshield.server.values.names import normalise_id_number

_log = logging.getLogger(__name__)

BATCH: Final = 200
_MOST: Final = 20_000
"""Maximum number of rows per run, about ten seconds; other writers can run after each batch."""


def end_hash(lookup: LookupKey, id_number: str) -> bytes:
    """Returns the keyed hash (32 bytes) of an id number's last four characters, or of a shorter number as a whole."""
    return lookup.lookup_hash(LOOKUP_END, normalise_id_number(id_number)[-END:])


async def analyse(db: Database, *, rows: int) -> None:
    """Makes PostgreSQL analyse the search tables after `rows` new rows; a failure is only logged."""
    try:
        await store.analyse(db, rows=rows)
    except StoreError as error:
        _log.warning("the search tables could not be analysed: %s", type(error).__name__)


@dataclass(frozen=True, slots=True)
class KeepSearchWords:
    """Writes the search words of enterprises that lack them."""

    db: Database

    async def __call__(self) -> int:
        """Returns how many enterprises were indexed. May be interrupted anywhere."""
        total = 0
        while total < _MOST and (count := await self.db.write(self._some)):
            total += count
        await analyse(self.db, rows=total)
        return total

    async def _some(self, tx: Tx) -> int:
        waiting = await store.unsearched(tx, most=BATCH)
        for enterprise in waiting:
            await store.take(tx, enterprise)
        return len(waiting)
