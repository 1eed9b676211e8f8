"""Importing filing records (备案): a plan that says what would change, and the same plan carried out, all or nothing.

A record is known by credit code, role and id number. What differs gets a new version; what isn't listed stays. Another
phone number is a change without a new version: no certificate has it, so none has to be renewed for it (R22).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Any, Literal

from mshield.domain.actor import SERVICE, By
from mshield.domain.filing import (
    FilingRecord,
    FilingRow,
    Finding,
    blank_enterprises,
    check_rows,
    fill_enterprises,
)
from mshield.domain.id_numbers import FILING_BOX, LOOKUP
from mshield.domain.identity import mask_id_number
from mshield.domain.ids import new_id
from mshield.keys.keyring import Keyring
from mshield.keys.secrets import LookupKey
from mshield.store.database.interface import Database, Tx
from mshield.store.filing import filing as store
from mshield.store.staff import acts

Change = Literal["add", "change", "none"]


@dataclass(frozen=True, slots=True)
class LineReport:
    """One line of the list: what becomes of it, or why it can't be taken. `change` is None where there are findings.

    `phone_changed` tells whether a record that was there gets another phone number, or loses its own.
    """

    line: int
    change: Change | None
    enterprise_change: Change | None
    record: FilingRecord | None
    findings: tuple[Finding, ...]
    phone_changed: bool = False

    @property
    def is_current(self) -> bool:
        """Whether the line is on file just so."""
        return (self.change, self.enterprise_change) == ("none", "none")


@dataclass(frozen=True, slots=True)
class Report:
    """The whole list, line by line; `applied` tells whether it was carried out."""

    lines: tuple[LineReport, ...]
    applied: bool = False

    @property
    def is_good(self) -> bool:
        """Whether no line has a finding."""
        return not any(line.findings for line in self.lines)

    @property
    def will_add(self) -> int:
        """Persons that aren't on file yet, or no longer."""
        return self._count("add")

    @property
    def will_change(self) -> int:
        """Persons whose name, id type or phone number changes."""
        return self._count("change")

    @property
    def unchanged(self) -> int:
        """Persons that are on file just so."""
        return self._count("none")

    @property
    def enterprises_add(self) -> int:
        """Enterprises that aren't on file yet."""
        return self._count_enterprises("add")

    @property
    def enterprises_change(self) -> int:
        """Enterprises whose name changes."""
        return self._count_enterprises("change")

    @property
    def phones_changed(self) -> int:
        """Records that get another phone number, or lose theirs."""
        return sum(line.phone_changed for line in self.lines)

    def _count(self, change: Change) -> int:
        return sum(line.change == change for line in self.lines)

    def _count_enterprises(self, change: Change) -> int:
        codes = {
            line.record.credit_code
            for line in self.lines
            if line.record is not None and line.enterprise_change == change
        }
        return len(codes)


@dataclass(frozen=True, slots=True)
class ImportFiling:
    """Plans and carries out imports."""

    db: Database
    keyring: Keyring
    lookup: LookupKey

    async def plan(self, rows: Sequence[FilingRow]) -> Report:
        """What the import would do. Changes nothing."""
        return await self._plan(self.db, *await self._check(self.db, rows))

    async def apply(self, rows: Sequence[FilingRow], *, by: By = SERVICE, now: int) -> Report:
        """Carries the list out in one transaction, or nothing of it where any line has a finding.

        The act is recorded in the same transaction.
        """

        async def work(tx: Tx) -> Report:
            await store.lock_imports(tx, now=now)
            records, findings = await self._check(tx, rows)
            if findings:
                return await self._plan(tx, records, findings)
            lines = [await self._take(tx, record, now=now) for record in records]
            report = _report(lines, [], applied=True)
            await acts.record(
                tx, by=by, act="filing.import", subject="filing", details=_counts(report), now=now
            )
            return report

        return await self.db.write(work)

    async def _check(
        self, db: Database | Tx, rows: Sequence[FilingRow]
    ) -> tuple[list[FilingRecord], list[Finding]]:
        enterprises = [
            await store.find_enterprise(db, credit_code=code) for code in sorted(blank_enterprises(rows))
        ]
        names = {
            enterprise.credit_code: enterprise.name for enterprise in enterprises if enterprise is not None
        }
        return check_rows(fill_enterprises(rows, names))

    async def _plan(
        self, db: Database | Tx, records: Iterable[FilingRecord], findings: Iterable[Finding]
    ) -> Report:
        return _report([await self._line(db, record) for record in records], findings)

    async def compare(self, record: FilingRecord) -> LineReport:
        """What taking this one record over would change."""
        return await self._line(self.db, record)

    async def take(self, record: FilingRecord, *, by: By = SERVICE, now: int) -> None:
        """Takes one record over, as an outside filing system told it."""

        async def work(tx: Tx) -> None:
            await store.lock_imports(tx, now=now)
            line = await self._take(tx, record, now=now)
            details = {
                "change": line.change,
                "enterprise_change": line.enterprise_change,
                "phone_changed": line.phone_changed,
            }
            person = await self._find_person(tx, record)
            subject = record.credit_code if person is None else person.id
            await acts.record(tx, by=by, act="filing.take", subject=subject, details=details, now=now)

        await self.db.write(work)

    def hash_id_number(self, number: str) -> bytes:
        """The keyed hash by which a record is found."""
        return self.lookup.lookup_hash(LOOKUP, number)

    async def _take(self, tx: Tx, record: FilingRecord, *, now: int) -> LineReport:
        enterprise = await self._take_enterprise(tx, record, now=now)
        person = await self._find_person(tx, record)
        await self._take_person(tx, person, record, now=now)
        return _line_report(record, person, enterprise)

    async def _take_enterprise(self, tx: Tx, record: FilingRecord, *, now: int) -> Change:
        enterprise = await store.find_enterprise(tx, credit_code=record.credit_code)
        change = _enterprise_change(enterprise, record)
        if enterprise is None:
            await store.insert_enterprise(tx, credit_code=record.credit_code, name=record.enterprise, now=now)
        elif change == "change":
            await store.change_enterprise(tx, enterprise, name=record.enterprise, now=now)
        return change

    async def _take_person(
        self, tx: Tx, person: store.FiledPerson | None, record: FilingRecord, *, now: int
    ) -> None:
        if person is None:
            await store.insert_person(tx, self._new_person(record, now=now), now=now)
        elif _needs_version(person, record):
            await store.change_person(
                tx,
                person,
                name=record.name,
                id_type=record.id_type.value,
                phone=_phone(person, record),
                now=now,
            )
        elif _changes_phone(person, record):
            await store.change_phone(tx, person, phone=_phone(person, record), now=now)

    async def _line(self, db: Database | Tx, record: FilingRecord) -> LineReport:
        enterprise = await store.find_enterprise(db, credit_code=record.credit_code)
        person = await self._find_person(db, record)
        return _line_report(record, person, _enterprise_change(enterprise, record))

    async def _find_person(self, db: Database | Tx, record: FilingRecord) -> store.FiledPerson | None:
        return await store.find_person(
            db,
            credit_code=record.credit_code,
            role=record.role.value,
            id_number_hash=self.hash_id_number(record.id_number),
        )

    def _new_person(self, record: FilingRecord, *, now: int) -> store.NewFiledPerson:
        person_id = new_id(now)
        return store.NewFiledPerson(
            id=person_id,
            credit_code=record.credit_code,
            name=record.name,
            id_type=record.id_type.value,
            role=record.role.value,
            phone=record.phone or None,
            id_number_hash=self.hash_id_number(record.id_number),
            id_number_box=self.keyring.seal(
                record.id_number.encode(), purpose=FILING_BOX, context=person_id.encode()
            ),
        )


def _line_report(
    record: FilingRecord, before: store.FiledPerson | None, enterprise_change: Change
) -> LineReport:
    return LineReport(
        record.line,
        _person_change(before, record),
        enterprise_change,
        record,
        (),
        phone_changed=before is not None and _changes_phone(before, record),
    )


def _enterprise_change(enterprise: store.Enterprise | None, record: FilingRecord) -> Change:
    if enterprise is None:
        return "add"
    return "none" if enterprise.name == record.enterprise else "change"


def _person_change(person: store.FiledPerson | None, record: FilingRecord) -> Change:
    if person is None or person.ended_at is not None:
        return "add"
    return "change" if _needs_version(person, record) or _changes_phone(person, record) else "none"


def _needs_version(person: store.FiledPerson, record: FilingRecord) -> bool:
    # The phone number isn't looked at: certificates don't have it, and none is to be renewed for it.
    return person.ended_at is not None or (person.name, person.id_type) != (record.name, record.id_type.value)


def _changes_phone(person: store.FiledPerson, record: FilingRecord) -> bool:
    return person.phone != _phone(person, record)


def _phone(person: store.FiledPerson, record: FilingRecord) -> str | None:
    """The number from now on: that on file, where nothing is said of it."""
    return person.phone if record.phone is None else record.phone or None


def _counts(report: Report) -> dict[str, object]:
    return {
        "added": report.will_add,
        "changed": report.will_change,
        "unchanged": report.unchanged,
        "phones_changed": report.phones_changed,
        "enterprises_added": report.enterprises_add,
        "enterprises_changed": report.enterprises_change,
    }


def _report(lines: Iterable[LineReport], findings: Iterable[Finding], *, applied: bool = False) -> Report:
    by_line: dict[int, list[Finding]] = {}
    for finding in findings:
        by_line.setdefault(finding.line, []).append(finding)
    bad = [LineReport(number, None, None, None, tuple(faults)) for number, faults in by_line.items()]
    return Report(tuple(sorted([*lines, *bad], key=attrgetter("line"))), applied)


def report_data(report: Report) -> dict[str, Any]:
    """The report as the console and the command line give it out (JSON); id numbers are masked."""
    return {
        "applied": report.applied,
        "will_add": report.will_add,
        "will_change": report.will_change,
        "unchanged": report.unchanged,
        "enterprises_add": report.enterprises_add,
        "enterprises_change": report.enterprises_change,
        "lines": [_line_data(line) for line in report.lines],
    }


def _line_data(line: LineReport) -> dict[str, object]:
    record = line.record
    return {
        "line": line.line,
        "change": line.change,
        "enterprise_change": line.enterprise_change,
        "name": None if record is None else record.name,
        "id_number_masked": None if record is None else mask_id_number(record.id_number),
        "role": None if record is None else record.role.value,
        "enterprise": None if record is None else record.enterprise,
        "credit_code": None if record is None else record.credit_code,
        "findings": [
            {"field": finding.field, "code": finding.code, "zh": finding.zh, "en": finding.en}
            for finding in line.findings
        ],
    }
