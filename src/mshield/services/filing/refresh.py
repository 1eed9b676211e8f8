"""Asks an outside filing system again about shield holders and legal persons, so that its changes count here (R22).

A job that does a little at a time: the records that were asked about longest ago. One that can't be asked is tried
again after an hour, and several in a row end the run: the system is down.
"""

from dataclasses import dataclass
from typing import Final

from mshield.domain import errors
from mshield.domain.id_numbers import FILING_BOX
from mshield.domain.times import HOUR_MS
from mshield.keys.keyring import Keyring
from mshield.services.filing.look_up import LookUpFiling
from mshield.settings import Settings
from mshield.store.database.interface import Database
from mshield.store.filing import filing as store

BATCH: Final = 200
_DOWN: Final = 3


@dataclass(frozen=True, slots=True)
class RefreshFiling:
    """Keeps the records of shield holders and legal persons as the outside system has them."""

    db: Database
    keyring: Keyring
    settings: Settings
    look_up: LookUpFiling

    async def __call__(self, *, now: int) -> int:
        """Asks about at most `BATCH` records, and gives how many were answered; 0 where the filing is kept here."""
        if not self.look_up.source.outside:
            return 0
        period = self.settings.filing_source_hours * HOUR_MS
        count = failed = 0
        for person in await store.due_to_ask(self.db, before=now - period, most=BATCH):
            if await self._ask(person, now=now):
                count, failed = count + 1, 0
                await store.asked(self.db, person_id=person.id, at=now)
                continue
            failed += 1
            await store.asked(self.db, person_id=person.id, at=now - period + HOUR_MS)
            if failed == _DOWN:
                break
        return count

    async def _ask(self, person: store.PersonToAsk, *, now: int) -> bool:
        box, context = person.id_number_box, person.id.encode()
        number = self.keyring.open(box, purpose=FILING_BOX, context=context).decode()
        try:
            await self.look_up(credit_code=person.credit_code, role=person.role, id_number=number, now=now)
        except errors.FilingUnavailable:
            return False
        return True
