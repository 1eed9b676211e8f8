"""What an import has read of the file in its transaction, so that a line is not looked up anew when it is taken.

Nobody else changes records meanwhile: whoever does holds the imports' lock.
"""

from dataclasses import dataclass, field

from mshield.store.database.interface import Database, Tx
from mshield.store.filing import filing as store

_Key = tuple[str, str, bytes]
"""Credit code, role and hash of the id number: one line of a list has it."""


@dataclass(frozen=True, slots=True)
class Seen:
    """Enterprises and people as they are on file now; an import says what it makes of an enterprise."""

    db: Database | Tx
    _enterprises: dict[str, store.Enterprise | None] = field(default_factory=dict)
    _people: dict[_Key, store.FiledPerson | None] = field(default_factory=dict)

    async def enterprise(self, credit_code: str) -> store.Enterprise | None:
        """The enterprise of this credit code."""
        if credit_code not in self._enterprises:
            self._enterprises[credit_code] = await store.find_enterprise(self.db, credit_code=credit_code)
        return self._enterprises[credit_code]

    async def person(self, key: _Key) -> store.FiledPerson | None:
        """The record that these name; asked twice, before it is changed."""
        if key in self._people:
            return self._people.pop(key)
        credit_code, role, id_number_hash = key
        person = await store.find_person(
            self.db, credit_code=credit_code, role=role, id_number_hash=id_number_hash
        )
        self._people[key] = person
        return person

    def became(self, enterprise: store.Enterprise) -> None:
        """It is new, or has another name."""
        self._enterprises[enterprise.credit_code] = enterprise
