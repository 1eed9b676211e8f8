"""Importing filing records (备案): a plan that says what would change, and the same plan carried out, all or nothing.

A record is known by credit code, role and id number. What differs gets a new version; what isn't listed stays. Another
phone number is a change without a new version: no certificate has it, so none has to be renewed for it (R22).
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

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
from mshield.domain.identity import Role
from mshield.domain.ids import new_id
from mshield.keys.keyring import Keyring
from mshield.keys.secrets import LookupKey
from mshield.services.filing.progress import Tell, untold
from mshield.services.filing.report import Change, FieldChange, LineReport, Report, Waits, counts, report_of
from mshield.services.filing.search_words import analyse, end_hash
from mshield.services.filing.seen import Seen
from mshield.store.database.interface import Database, Tx
from mshield.store.filing import filing as store
from mshield.store.staff import acts


@dataclass(frozen=True, slots=True)
class OnFile:
    """What is on file of a record and its enterprise; None for what isn't."""

    enterprise: str | None
    version: int | None
    name: str | None
    id_type: str | None
    phone: str | None
    ended_at: int | None


@dataclass(frozen=True, slots=True)
class Held:
    """A record that takes two, and what is on file before it."""

    record: FilingRecord
    before: OnFile

    @property
    def renames(self) -> bool:
        """Whether the enterprise gets another name by it."""
        return self.before.enterprise not in {None, self.record.enterprise}


@dataclass(frozen=True, slots=True)
class _Checked:
    """A list's good records and bad lines, with the enterprises on file whose names it leaves out."""

    codes: set[str]
    names: dict[str, str]
    records: Sequence[FilingRecord]
    findings: Sequence[Finding]


LINES_AT_A_TIME: Final = 25
"""Lines between which others are served: some milliseconds."""

Hold = Callable[[Tx, Sequence[Held]], Awaitable[Waits]]
"""What becomes of the records that take two: says what they wait for."""


@dataclass(frozen=True, slots=True)
class ImportFiling:
    """Plans and carries out imports."""

    db: Database
    keyring: Keyring
    lookup: LookupKey

    async def plan(
        self, rows: Sequence[FilingRow], *, waits: Waits | None = None, tell: Tell = untold
    ) -> Report:
        """What the import would do; `waits` is what a line that takes two would wait for. Changes nothing.

        `tell` gets how far it is, after each line. Others are served in between.
        """
        checked = await self._check(rows)
        return await self._plan(
            rows, checked.records, checked.findings, waits=waits, tell=tell, read=self._lines_together
        )

    async def apply(
        self,
        rows: Sequence[FilingRow],
        *,
        by: By = SERVICE,
        second_person: str | None = None,
        hold: Hold | None = None,
        tell: Tell = untold,
        now: int,
    ) -> Report:
        """Carries the list out in one transaction, or nothing of it where any line has a finding.

        Lines that take two go to `hold` where there is one; else `second_person` is who else is there. Without either
        nothing is done where there are such lines, which the report names. The act is recorded in the same transaction.
        """
        beforehand = await self._check(rows)

        async def work(tx: Tx) -> Report:
            seen = Seen(tx)

            async def read(some: Sequence[FilingRecord]) -> list[LineReport]:
                await tx.give_way()
                return [await self._line(seen, record) for record in some]

            await store.lock_imports(tx, now=now)
            checked = await self._check_again(tx, rows, beforehand)
            records, findings = checked.records, checked.findings
            planned = await self._plan(
                rows, records, findings, waits=None if second_person else "person", tell=tell, read=read
            )
            if findings or (planned.waiting and hold is None):
                return planned
            held = {line.line for line in planned.lines if line.waits is not None}
            lines = []
            taken = [record for record in records if record.line not in held]
            for record in taken:
                lines.append(await self._take(tx, seen, record, now=now))
                tell("take", len(lines), len(taken))
                if len(lines) % LINES_AT_A_TIME == 0:
                    await tx.give_way()
            if hold is not None and held:
                lines += await self._hold(tx, [record for record in records if record.line in held], hold)
            report = report_of(lines, [], applied=True)
            details = counts(report) | ({"second_person": second_person} if second_person else {})
            await acts.record(tx, by=by, act="filing.import", subject="filing", details=details, now=now)
            return report

        report = await self.db.write(work)
        await analyse(self.db, rows=len(report.lines) if report.applied else 0)
        return report

    async def _hold(self, tx: Tx, records: Sequence[FilingRecord], hold: Hold) -> list[LineReport]:
        """After all others were taken, so that what is on file before them is what they are shown beside."""
        held = [Held(record, await self.on_file(tx, record)) for record in records]
        waits = await hold(tx, held)
        return [replace(await self._line(Seen(tx), record), waits=waits) for record in records]

    async def on_file(self, db: Database | Tx, record: FilingRecord) -> OnFile:
        """What is on file of whom this record is about."""
        enterprise = await store.find_enterprise(db, credit_code=record.credit_code)
        person = await self._find_person(db, record)
        known = None if enterprise is None else enterprise.name
        if person is None:
            return OnFile(known, None, None, None, None, None)
        return OnFile(known, person.version, person.name, person.id_type, person.phone, person.ended_at)

    async def take_in(self, tx: Tx, record: FilingRecord, *, now: int) -> tuple[str, LineReport]:
        """Takes one record over in the caller's transaction, who holds the imports' lock and records the act.

        Gives the id of the record, and what became of it.
        """
        line = await self._take(tx, Seen(tx), record, now=now)
        person = await self._find_person(tx, record)
        return ("" if person is None else person.id), line

    async def _check(self, rows: Sequence[FilingRow]) -> _Checked:
        """In a thread: a list of 100 000 lines takes some seconds."""
        codes = await asyncio.to_thread(blank_enterprises, rows)
        names = await _names(self.db, codes)
        return _Checked(codes, names, *await asyncio.to_thread(_checked, rows, names))

    async def _check_again(self, tx: Tx, rows: Sequence[FilingRow], before: _Checked) -> _Checked:
        """As it is now, where a line without its enterprise's name takes that on file."""
        names = await _names(tx, before.codes)
        return before if names == before.names else _Checked(before.codes, names, *_checked(rows, names))

    async def _plan(
        self,
        rows: Iterable[FilingRow],
        records: Sequence[FilingRecord],
        findings: Iterable[Finding],
        *,
        waits: Waits | None,
        tell: Tell,
        read: Callable[[Sequence[FilingRecord]], Awaitable[list[LineReport]]],
    ) -> Report:
        lines: list[LineReport] = []
        for at in range(0, len(records), LINES_AT_A_TIME):
            for line in await read(records[at : at + LINES_AT_A_TIME]):
                lines.append(line)
                tell("compare", len(lines), len(records))
        return report_of(
            [replace(line, waits=waits) if line.takes_two else line for line in lines], findings, rows
        )

    async def _lines_together(self, records: Sequence[FilingRecord]) -> list[LineReport]:
        """In a few round trips, and others are served in between."""
        await asyncio.sleep(0)
        return await asyncio.gather(*map(self._line_beside_others, records))

    async def _line_beside_others(self, record: FilingRecord) -> LineReport:
        code, role, number = self._key(record)
        enterprise, person = await store.find_beside_others(
            self.db, credit_code=code, role=role, id_number_hash=number
        )
        return await _compared(self.db, record, person, enterprise)

    async def compare(self, record: FilingRecord) -> LineReport:
        """What taking this one record over would change."""
        return await self._line(Seen(self.db), record)

    async def take(self, record: FilingRecord, *, by: By = SERVICE, now: int) -> None:
        """Takes one record over, as an outside filing system told it."""

        async def work(tx: Tx) -> None:
            await store.lock_imports(tx, now=now)
            line = await self._take(tx, Seen(tx), record, now=now)
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

    async def _take(self, tx: Tx, seen: Seen, record: FilingRecord, *, now: int) -> LineReport:
        enterprise = await self._take_enterprise(tx, seen, record, now=now)
        person = await seen.person(self._key(record))
        await self._take_person(tx, person, record, now=now)
        return _line_report(record, person, enterprise)

    async def _take_enterprise(
        self, tx: Tx, seen: Seen, record: FilingRecord, *, now: int
    ) -> store.Enterprise | None:
        """The enterprise as it was on file before."""
        enterprise = await seen.enterprise(record.credit_code)
        change = _enterprise_change(enterprise, record)
        if enterprise is None:
            await store.insert_enterprise(tx, credit_code=record.credit_code, name=record.enterprise, now=now)
        elif change == "change":
            await store.change_enterprise(tx, enterprise, name=record.enterprise, now=now)
        if change != "none":
            version = 1 if enterprise is None else enterprise.version + 1
            seen.became(store.Enterprise(record.credit_code, record.enterprise, version))
        return enterprise

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

    async def _line(self, seen: Seen, record: FilingRecord) -> LineReport:
        person = await seen.person(self._key(record))
        return await _compared(seen.db, record, person, await seen.enterprise(record.credit_code))

    async def _find_person(self, db: Database | Tx, record: FilingRecord) -> store.FiledPerson | None:
        return await Seen(db).person(self._key(record))

    def _key(self, record: FilingRecord) -> tuple[str, str, bytes]:
        return record.credit_code, record.role.value, self.hash_id_number(record.id_number)

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
            id_number_end=end_hash(self.lookup, record.id_number),
            id_number_box=self.keyring.seal(
                record.id_number.encode(), purpose=FILING_BOX, context=person_id.encode()
            ),
        )


async def _names(db: Database | Tx, codes: Iterable[str]) -> dict[str, str]:
    on_file = [await store.find_enterprise(db, credit_code=code) for code in sorted(codes)]
    return {enterprise.credit_code: enterprise.name for enterprise in on_file if enterprise is not None}


def _checked(rows: Sequence[FilingRow], names: Mapping[str, str]) -> tuple[list[FilingRecord], list[Finding]]:
    return check_rows(fill_enterprises(rows, names))


async def _compared(
    db: Database | Tx,
    record: FilingRecord,
    person: store.FiledPerson | None,
    enterprise: store.Enterprise | None,
) -> LineReport:
    line = _line_report(record, person, enterprise)
    return replace(line, takes_two=_takes_two(person, record) or await _renames(db, line))


def _line_report(
    record: FilingRecord, before: store.FiledPerson | None, enterprise: store.Enterprise | None
) -> LineReport:
    return LineReport(
        record.line,
        _person_change(before, record),
        _enterprise_change(enterprise, record),
        record,
        (),
        phone_changed=before is not None and _changes_phone(before, record),
        changes=tuple(_changes(record, before, enterprise)),
    )


def _changes(
    record: FilingRecord, before: store.FiledPerson | None, enterprise: store.Enterprise | None
) -> Iterator[FieldChange]:
    """What is on file and shall be otherwise."""
    if before is not None:
        for field, old, new in (
            ("name", before.name, record.name),
            ("id_type", before.id_type, record.id_type.value),
            ("phone", before.phone or "", _phone(before, record) or ""),
        ):
            if old != new:
                yield FieldChange(field, old, new)
    if enterprise is not None and enterprise.name != record.enterprise:
        yield FieldChange("enterprise", enterprise.name, record.enterprise)


async def _renames(db: Database | Tx, line: LineReport) -> bool:
    """Whether this gives another name to an enterprise that has, or had, a legal person: their certificates carry it.

    One who has left counts: else ending their record, which takes one officer, were the way round.
    """
    record = line.record
    if record is None or line.enterprise_change != "change":
        return False
    return await store.has_legal_person(db, credit_code=record.credit_code)


def _takes_two(person: store.FiledPerson | None, record: FilingRecord) -> bool:
    """Whether this makes a legal person of somebody, or somebody else of one.

    By the number on file an account is proven, so another one is somebody else; none at all is nobody.
    """
    if record.role is not Role.LEGAL_PERSON:
        return False
    if person is None or _needs_version(person, record):
        return True
    return _changes_phone(person, record) and _phone(person, record) is not None


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
