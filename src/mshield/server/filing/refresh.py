"""Refresh of shield holders and legal persons from an outside filing system, so that its changes take effect (R22).

The job queries a few records at a time, beginning with those queried longest ago. A failed query is retried
after an hour; after several failures in a row the run ends, since the system is probably down.
"""

from dataclasses import dataclass
from typing import Final

from mshield.server.filing.errors import FilingUnavailable
from mshield.server.filing.look_up import LookUpFiling
from mshield.server.filing.rows import filing as store
from mshield.server.keys.sealed_data import SealedData
from mshield.server.settings.filing import FilingSettings
from mshield.server.values.id_numbers import FILING_BOX
from mshield.wire.times import HOUR_MS

BATCH: Final = 200
_DOWN: Final = 3


@dataclass(frozen=True, slots=True)
class RefreshFiling(SealedData):
    """Updates the records of shield holders and legal persons from the outside system."""

    settings: FilingSettings
    look_up: LookUpFiling

    async def __call__(self, *, now: int) -> int:
        """Queries at most `BATCH` records, and returns how many were answered; 0 if there is no outside system."""
        if not self.look_up.source.outside:
            return 0
        period = self.settings.source_hours * HOUR_MS
        count = failed = 0
        for person in await store.due_to_ask(self.db, before=now - period, most=BATCH):
            if await self._ask(person, now=now):
                count, failed = count + 1, 0
                await store.record_query(self.db, person_id=person.id, at=now)
                continue
            failed += 1
            await store.record_query(self.db, person_id=person.id, at=now - period + HOUR_MS)
            if failed == _DOWN:
                break
        return count

    async def _ask(self, person: store.PersonToAsk, *, now: int) -> bool:
        box, context = person.id_number_box, person.id.encode()
        number = self.keyring.open(box, purpose=FILING_BOX, context=context).decode()
        try:
            await self.look_up(credit_code=person.credit_code, role=person.role, id_number=number, now=now)
        except FilingUnavailable:
            return False
        return True
