"""What people and enterprises are searched by: kept a little at a time for what is new, or of before (ADR 95)."""

from dataclasses import dataclass
from typing import Final

from mshield.domain.id_numbers import END, FILING_BOX, LOOKUP_END
from mshield.domain.identity import normalise_id_number
from mshield.keys.errors import KeysError
from mshield.keys.keyring import Keyring
from mshield.keys.secrets import LookupKey
from mshield.store.database.interface import Database, Tx
from mshield.store.filing import search_words as store

BATCH: Final = 200
_MOST: Final = 20_000
"""What one run does at most, in some ten seconds: other writers have their turn after each batch."""

_UNREADABLE: Final = b""
"""Stands for an end where the box doesn't open: no hash is like it, and nobody looks again."""


def end_hash(lookup: LookupKey, id_number: str) -> bytes:
    """The keyed hash of an id number's last four characters, or of all of a shorter one; 32 bytes."""
    return lookup.lookup_hash(LOOKUP_END, normalise_id_number(id_number)[-END:])


@dataclass(frozen=True, slots=True)
class KeepSearchWords:
    """Writes what the search needs for enterprises and people that have none of it."""

    db: Database
    keyring: Keyring
    lookup: LookupKey

    async def __call__(self) -> int:
        """How many there were. May be cut short anywhere."""
        done = 0
        for work in (self._some_enterprises, self._some_people):
            while done < _MOST and (count := await self.db.write(work)):
                done += count
        return done

    async def _some_enterprises(self, tx: Tx) -> int:
        waiting = await store.unsearched(tx, most=BATCH)
        for enterprise in waiting:
            await store.take(tx, enterprise)
        return len(waiting)

    async def _some_people(self, tx: Tx) -> int:
        people = await store.without_end(tx, most=BATCH)
        await store.set_ends(tx, [(person.id, self._end(person)) for person in people])
        return len(people)

    def _end(self, person: store.WithoutEnd) -> bytes:
        try:
            number = self.keyring.open(
                person.id_number_box, purpose=FILING_BOX, context=person.id.encode()
            ).decode()
        except (KeysError, UnicodeDecodeError):
            return _UNREADABLE
        return end_hash(self.lookup, number)
