"""Taking records over in an import's transaction: many in a few round trips, each with its seal and its log entry."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from mshield.domain.filing import FilingRecord
from mshield.domain.id_numbers import FILING_BOX
from mshield.domain.ids import new_id
from mshield.keys.keyring import Keyring
from mshield.keys.secrets import LookupKey
from mshield.services.filing.comparing import changes_phone, line_report, needs_version, phone_of, renames
from mshield.services.filing.phone_numbers import end_proofs_by_number
from mshield.services.filing.report import LineReport
from mshield.services.filing.search_words import end_hash
from mshield.services.filing.seen import Seen, key_of
from mshield.store.database.interface import Tx
from mshield.store.filing import filing as store

_FIRST: Final = 1


@dataclass(slots=True)
class _Taken:
    """What is to be written; each enterprise and each person is in it once."""

    firms: dict[str, str] = field(default_factory=dict)
    renamed: list[tuple[store.Enterprise, str]] = field(default_factory=list)
    people: list[store.NewFiledPerson] = field(default_factory=list)
    changed: list[tuple[store.FiledPerson, store.FiledPerson]] = field(default_factory=list)

    async def write(self, tx: Tx, *, now: int) -> None:
        """Enterprises first, to which people belong."""
        if self.firms:
            await store.insert_enterprises(tx, self.firms, now=now)
        if self.renamed:
            await store.rename_enterprises(tx, self.renamed, now=now)
        if self.people:
            await store.insert_people(tx, self.people, now=now)
        if self.changed:
            await store.change_people(tx, self.changed, now=now)


@dataclass(frozen=True, slots=True)
class TakeRecords:
    """Writes records."""

    keyring: Keyring
    lookup: LookupKey

    async def __call__(
        self, tx: Tx, seen: Seen, records: Sequence[FilingRecord], *, now: int
    ) -> list[LineReport]:
        """What became of each, in their order, of which one is about a person and a role."""
        keys = [key_of(self.lookup, record) for record in records]
        await seen.read(keys)
        taken, lines = _Taken(), []
        for record, key in zip(records, keys, strict=True):
            enterprise, person = seen.enterprise(record.credit_code), seen.person(key)
            lines.append(line_report(record, person, enterprise))
            self._enterprise(taken, seen, enterprise, record)
            self._person(taken, person, record, number=key[2], now=now)
            seen.taken(key)
        await taken.write(tx, now=now)
        if phones := {
            after.id: after.phone for before, after in taken.changed if before.phone != after.phone
        }:
            await end_proofs_by_number(tx, phones, now=now)
        return lines

    def _enterprise(
        self, taken: _Taken, seen: Seen, enterprise: store.Enterprise | None, record: FilingRecord
    ) -> None:
        """All lines of a list give an enterprise one name: the first changes it, and the others find it so."""
        if enterprise is None:
            taken.firms[record.credit_code] = record.enterprise
            seen.became(store.Enterprise(record.credit_code, record.enterprise, _FIRST))
        elif renames(enterprise, record):
            taken.renamed.append((enterprise, record.enterprise))
            seen.became(store.Enterprise(record.credit_code, record.enterprise, enterprise.version + 1))

    def _person(
        self,
        taken: _Taken,
        person: store.FiledPerson | None,
        record: FilingRecord,
        *,
        number: bytes,
        now: int,
    ) -> None:
        if person is None:
            taken.people.append(self._new(record, number=number, now=now))
        elif needs_version(person, record):
            phone = phone_of(person, record)
            becomes = person.renewed(name=record.name, id_type=record.id_type.value, phone=phone)
            taken.changed.append((person, becomes))
        elif changes_phone(person, record):
            taken.changed.append((person, person.with_phone(phone_of(person, record))))

    def _new(self, record: FilingRecord, *, number: bytes, now: int) -> store.NewFiledPerson:
        person_id = new_id(now)
        return store.NewFiledPerson(
            id=person_id,
            credit_code=record.credit_code,
            name=record.name,
            id_type=record.id_type.value,
            role=record.role.value,
            phone=record.phone or None,
            id_number_hash=number,
            id_number_end=end_hash(self.lookup, record.id_number),
            id_number_box=self.keyring.seal(
                record.id_number.encode(), purpose=FILING_BOX, context=person_id.encode()
            ),
        )
