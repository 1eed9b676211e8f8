"""Lists with rows that were changed outside of the service: these are named, and the others are shown."""

import logging
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from mshield.server.database.interface import Row, SealBroken, Sealer
from mshield.server.seals.sealing import row_name
from mshield.server.seals.tables import SealedTable

_LONGEST: Final = 80
_log: Final = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class ChangedRow:
    """Row that was changed outside of the service, by table and key."""

    table: str
    key: str


def split_changed(
    sealer: Sealer, rows: Iterable[Row], *tables: SealedTable
) -> tuple[list[Row], list[ChangedRow]]:
    """Splits rows into those whose seals hold and the changed ones, for each of which it logs an alarm."""
    intact, changed = [], []
    for row in rows:
        broken = next((table for table in tables if not table.holds(sealer, row)), None)
        if broken is None:
            intact.append(row)
            continue
        key = row[broken.prefix + broken.key]
        _log.critical("%s", SealBroken(broken.name, key))
        changed.append(ChangedRow(broken.name, str(row_name(key))[:_LONGEST]))
    return intact, changed
