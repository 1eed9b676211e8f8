"""What an import has read of the file in its transaction, so that a line is not looked up anew when it is taken.

Nobody else changes records meanwhile: whoever does holds the imports' lock. Many lines are looked up in a few round
trips, before anything is asked of them here.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from mshield.domain.filing import FilingRecord
from mshield.domain.id_numbers import LOOKUP
from mshield.keys.secrets import LookupKey
from mshield.store.database.interface import Database, Tx
from mshield.store.filing import filing as store


def key_of(lookup: LookupKey, record: FilingRecord) -> store.Key:
    """By what a record is known; one line of a list has it."""
    return record.credit_code, record.role.value, lookup.lookup_hash(LOOKUP, record.id_number)


@dataclass(frozen=True, slots=True)
class Seen:
    """Enterprises and people as they are on file now; an import says what it makes of an enterprise."""

    db: Database | Tx
    _enterprises: dict[str, store.Enterprise | None] = field(default_factory=dict)
    _people: dict[store.Key, store.FiledPerson | None] = field(default_factory=dict)
    _legal: dict[str, bool] = field(default_factory=dict)
    _usable: dict[str, int] = field(default_factory=dict)

    async def read(self, keys: Sequence[store.Key]) -> None:
        """Looks up what wasn't read yet of these people and their enterprises."""
        codes = sorted({code for code, _, _ in keys} - self._enterprises.keys())
        if codes:
            enterprises = await store.enterprises_of(self.db, codes)
            self._enterprises.update((code, enterprises.get(code)) for code in codes)
        people = [key for key in keys if key not in self._people]
        if people:
            on_file = await store.people_of(self.db, people)
            self._people.update((key, on_file.get(key)) for key in people)

    async def with_legal_person(self, codes: Collection[str]) -> set[str]:
        """Those of these enterprises that had a legal person, or have one; as it was before anything was taken."""
        asked = sorted(set(codes) - self._legal.keys())
        if asked:
            legal = await store.with_legal_person(self.db, asked)
            self._legal.update((code, code in legal) for code in asked)
        return {code for code in codes if self._legal[code]}

    async def usable_of_enterprises(self, codes: Collection[str], *, now: int) -> dict[str, int]:
        """How many shields that can be used these have; each is counted once, however many lines name it."""
        asked = sorted(set(codes) - self._usable.keys())
        if asked:
            usable = await store.usable_of_enterprises(self.db, asked, now=now)
            self._usable.update((code, usable.get(code, 0)) for code in asked)
        return {code: self._usable[code] for code in codes}

    def enterprise(self, credit_code: str) -> store.Enterprise | None:
        """The enterprise of this credit code, which was read."""
        return self._enterprises[credit_code]

    def person(self, key: store.Key) -> store.FiledPerson | None:
        """The record that this names, which was read."""
        return self._people[key]

    def taken(self, key: store.Key) -> None:
        """The record is another now."""
        del self._people[key]

    def became(self, enterprise: store.Enterprise) -> None:
        """It is new, or has another name."""
        self._enterprises[enterprise.credit_code] = enterprise
