"""Writes records in an import's transaction, many in a few round trips, each with its seal and its log entry.

A filed number proves the account that enters a code sent to it (docs/identity.md). By filing another number,
the office says that the previous one isn't the person's (any more), so proofs by it end. Otherwise a number
filed by mistake would stand for the person permanently, and the true owner's account could only be a second
one. The number of somebody who has a proven account or a shield waits first (filing/phone_wait.py).
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from mshield.server.acts.actor import By
from mshield.server.database.interface import Tx
from mshield.server.filing.comparing import (
    changes_phone,
    files_again,
    line_report,
    needs_version,
    phone_of,
    phone_waits,
    renames,
)
from mshield.server.filing.import_cache import ImportCache, key_of
from mshield.server.filing.origin import Origin
from mshield.server.filing.phone_wait import Wanted, begin_in, end_proofs_by_number, overtake_in
from mshield.server.filing.report import LineReport
from mshield.server.filing.rows import filing as store
from mshield.server.filing.rules import FilingRecord
from mshield.server.filing.search_words import end_hash
from mshield.server.keys.keyring import Keyring
from mshield.server.keys.secrets import LookupKey
from mshield.server.values.id_numbers import FILING_BOX
from mshield.wire.ids import new_id

_FIRST: Final = 1


@dataclass(slots=True)
class _Rows:
    """Rows to write; each enterprise and each person occurs once."""

    firms: dict[str, str] = field(default_factory=dict)
    renamed: list[tuple[store.Enterprise, str]] = field(default_factory=list)
    people: list[store.NewFiledPerson] = field(default_factory=list)
    changed: list[tuple[store.FiledPerson, store.FiledPerson]] = field(default_factory=list)

    async def write(self, tx: Tx, *, now: int) -> None:
        """Writes enterprises first, since people belong to them."""
        if self.firms:
            await store.insert_enterprises(tx, self.firms, now=now)
        if self.renamed:
            await store.rename_enterprises(tx, self.renamed, now=now)
        if self.people:
            await store.insert_people(tx, self.people, now=now)
        if self.changed:
            await store.change_people(tx, self.changed, now=now)


@dataclass(frozen=True, slots=True)
class WrittenRecord:
    """Written record: its report and id."""

    line: LineReport
    person_id: str
    is_new: bool


@dataclass(frozen=True, slots=True)
class WriteRecords:
    """Writes records."""

    keyring: Keyring
    lookup: LookupKey

    async def __call__(
        self, tx: Tx, cache: ImportCache, records: Sequence[FilingRecord], origin: Origin, *, by: By, now: int
    ) -> list[WrittenRecord]:
        """Writes the records and returns what became of each, in their order.

        At most one record may be about the same person and role. A number that somebody can object to isn't
        written, but begins its wait; the number on file, listed again, stops another one that waits.
        """
        keys = [key_of(self.lookup, record) for record in records]
        await cache.read(keys)
        rows, taken, waits = _Rows(), list[WrittenRecord](), list[tuple[int, Wanted]]()
        filed_again: dict[str, int] = {}
        for record, key in zip(records, keys, strict=True):
            enterprise, person = cache.enterprise(record.credit_code), cache.person(key)
            accounts = cache.accounts(key)
            line = line_report(record, person, enterprise)
            self._enterprise(rows, cache, enterprise, record)
            number_waits = phone_waits(person, record, accounts)
            written = replace(record, phone=None) if number_waits else record
            person_id = self._person(rows, person, written, number=key[2], now=now)
            if number_waits:
                old = "" if person is None else person.phone or ""
                wanted = Wanted(person_id=person_id, old=old, new=record.phone or "", accounts=accounts)
                waits.append((record.line, wanted))
                line = replace(line, phone_waits=True)
            elif person is not None and files_again(person, record):
                filed_again[person.id] = record.line
            taken.append(WrittenRecord(line, person_id, is_new=person is None))
            cache.taken(key)
        await rows.write(tx, now=now)
        if phones := {after.id: after.phone for before, after in rows.changed if before.phone != after.phone}:
            await end_proofs_by_number(tx, phones, now=now)
        for number, wanted in waits:
            await begin_in(tx, wanted, origin, line=number, by=by, now=now)
        overtaken = filed_again.keys() & await cache.number_waits() if filed_again else set()
        for person_id in sorted(overtaken):
            await overtake_in(tx, person_id, origin, line=filed_again[person_id], by=by, now=now)
        return taken

    def _enterprise(
        self, taken: _Rows, cache: ImportCache, enterprise: store.Enterprise | None, record: FilingRecord
    ) -> None:
        """Adds the record's enterprise if it is new or renamed; each enterprise is added once.

        A list has one name per enterprise: the first line changes the name, and for the others it is already
        changed.
        """
        if enterprise is None:
            taken.firms[record.credit_code] = record.enterprise
            cache.became(store.Enterprise(record.credit_code, record.enterprise, _FIRST))
        elif renames(enterprise, record):
            taken.renamed.append((enterprise, record.enterprise))
            cache.became(store.Enterprise(record.credit_code, record.enterprise, enterprise.version + 1))

    def _person(
        self,
        taken: _Rows,
        person: store.FiledPerson | None,
        record: FilingRecord,
        *,
        number: bytes,
        now: int,
    ) -> str:
        """Adds the record's person if they are new or changed; returns the record's id."""
        if person is None:
            new = self._new(record, number=number, now=now)
            taken.people.append(new)
            return new.id
        if needs_version(person, record):
            phone = phone_of(person, record)
            renewed = person.renewed(name=record.name, id_type=record.id_type.value, phone=phone)
            taken.changed.append((person, renewed))
        elif changes_phone(person, record):
            taken.changed.append((person, person.with_phone(phone_of(person, record))))
        return person.id

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
