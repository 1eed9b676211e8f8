"""Cache of the filing for an import's transaction, so that the import of a line needs no second lookup.

Records don't change meanwhile, since changing them requires the lock on imports. `read` looks up many lines
in a few round trips, before the other methods are called for them.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from mshield.server.database.interface import Database, SealBroken, Tx
from mshield.server.filing.rows import filing as store
from mshield.server.filing.rows import phone_changes
from mshield.server.filing.rules import FilingRecord
from mshield.server.keys.secrets import LookupKey
from mshield.server.values.id_numbers import LOOKUP


def key_of(lookup: LookupKey, record: FilingRecord) -> store.Key:
    """Returns the key of a record; a list has it once."""
    return record.credit_code, record.role.value, lookup.lookup_hash(LOOKUP, record.id_number)


@dataclass(frozen=True, slots=True)
class ImportCache:
    """Enterprises and people currently on file; an import updates it with its own changes."""

    db: Database | Tx
    _enterprises: dict[str, store.Enterprise | None] = field(default_factory=dict)
    _people: dict[store.Key, store.FiledPerson | None] = field(default_factory=dict)
    _accounts: dict[bytes, list[phone_changes.ProvenAccount]] = field(default_factory=dict)
    _legal: dict[str, bool] = field(default_factory=dict)
    _waiting: list[set[str]] = field(default_factory=list)
    _usable: dict[str, int] = field(default_factory=dict)

    async def read(self, keys: Sequence[store.Key]) -> None:
        """Looks up these people and their enterprises, unless they are cached."""
        codes = sorted({code for code, _, _ in keys} - self._enterprises.keys())
        if codes:
            enterprises = await store.enterprises_of(self.db, codes)
            self._enterprises.update((code, enterprises.get(code)) for code in codes)
        people = [key for key in keys if key not in self._people]
        if people:
            on_file = await store.people_of(self.db, people)
            self._people.update((key, on_file.get(key)) for key in people)
        # Not a difference of sets, which would go through all that is cached.
        numbers = sorted({number for _, _, number in keys if number not in self._accounts})
        if numbers:
            proven = await phone_changes.accounts_of(self.db, numbers)
            self._accounts.update((number, proven.get(number, [])) for number in numbers)

    async def number_waits(self) -> set[str]:
        """Returns the records of which another number waits since before this import."""
        if not self._waiting:
            self._waiting.append(await phone_changes.waiting_people(self.db))
        return self._waiting[0]

    async def waiting_number(self, person_id: str) -> str | None:
        """Returns the number that waits for the record; None if nothing waits, or somebody wrote into it."""
        if person_id not in await self.number_waits():
            return None
        try:
            change = await phone_changes.find_waiting(self.db, person_id=person_id)
        except SealBroken:  # It is never filed.
            return None
        return None if change is None else change.new_phone

    async def with_legal_person(self, codes: Collection[str]) -> set[str]:
        """Returns those of these enterprises that had a legal person at any time before this import."""
        uncached = sorted(set(codes) - self._legal.keys())
        if uncached:
            legal = await store.with_legal_person(self.db, uncached)
            self._legal.update((code, code in legal) for code in uncached)
        return {code for code in codes if self._legal[code]}

    async def usable_of_enterprises(self, codes: Collection[str], *, now: int) -> dict[str, int]:
        """Returns the number of usable shields per enterprise.

        Each enterprise is queried once, however many lines name it.
        """
        uncached = sorted(set(codes) - self._usable.keys())
        if uncached:
            usable = await store.usable_of_enterprises(self.db, uncached, now=now)
            self._usable.update((code, usable.get(code, 0)) for code in uncached)
        return {code: self._usable[code] for code in codes}

    def enterprise(self, credit_code: str) -> store.Enterprise | None:
        """Returns the enterprise with this credit code, which must have been read."""
        return self._enterprises[credit_code]

    def person(self, key: store.Key) -> store.FiledPerson | None:
        """Returns the record with this key, which must have been read."""
        return self._people[key]

    def accounts(self, key: store.Key) -> list[phone_changes.ProvenAccount]:
        """Returns the person's accounts that are proven or have a shield; the key must have been read."""
        return self._accounts[key[2]]

    def taken(self, key: store.Key) -> None:
        """Drops a record from the cache, since it has changed."""
        del self._people[key]

    def became(self, enterprise: store.Enterprise) -> None:
        """Stores a new or renamed enterprise in the cache."""
        self._enterprises[enterprise.credit_code] = enterprise
