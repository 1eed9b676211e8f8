"""Importing filing records (备案): a plan that says what would change, and the same plan carried out, all or nothing.

A record is known by credit code, role and id number. What differs gets a new version; what isn't listed stays. Another
phone number is a change without a new version: no certificate has it, so none has to be renewed for it (R22).
"""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Final, TypeVar

from mshield.domain.actor import SERVICE, By
from mshield.domain.filing import (
    FilingRecord,
    FilingRow,
    Finding,
    blank_enterprises,
    check_rows,
    fill_enterprises,
)
from mshield.domain.id_numbers import LOOKUP
from mshield.keys.keyring import Keyring
from mshield.keys.secrets import LookupKey
from mshield.services.filing.aside import aside
from mshield.services.filing.comparing import line_report, renames, takes_two
from mshield.services.filing.progress import Tell, untold
from mshield.services.filing.report import LineReport, Report, Waits, counts, report_of
from mshield.services.filing.search_words import analyse
from mshield.services.filing.seen import Seen, key_of
from mshield.services.filing.stops import with_stops
from mshield.services.filing.taking import TakeRecords
from mshield.store.database.interface import Database, Tx
from mshield.store.filing import filing as store
from mshield.store.staff import acts

T = TypeVar("T")


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


LINES_AT_A_TIME: Final = 50
"""Lines that are looked up or taken in a few round trips; others are served before the next ones, in milliseconds."""

Hold = Callable[[Tx, Sequence[Held]], Awaitable[Waits]]
"""What becomes of the records that take two: says what they wait for."""


@dataclass(frozen=True, slots=True)
class ImportFiling:
    """Plans and carries out imports."""

    db: Database
    keyring: Keyring
    lookup: LookupKey

    async def plan(
        self, rows: Sequence[FilingRow], *, waits: Waits | None = None, tell: Tell = untold, now: int
    ) -> Report:
        """What the import would do; `waits` is what a line that takes two would wait for. Changes nothing.

        `tell` gets how far it is, after each line. Others are served in between. Shields that stop are those usable at
        `now` (ms).
        """
        checked = await self._check(rows)
        seen, give_way = Seen(self.db), partial(asyncio.sleep, 0)
        return await self._plan(
            rows,
            checked.records,
            checked.findings,
            waits=waits,
            tell=tell,
            seen=seen,
            give_way=give_way,
            now=now,
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

            await store.lock_imports(tx, now=now)
            checked = await self._check_again(tx, rows, beforehand)
            records, findings = checked.records, checked.findings
            planned = await self._plan(
                rows,
                records,
                findings,
                waits=None if second_person else "person",
                tell=tell,
                seen=seen,
                give_way=tx.give_way,
                now=now,
            )
            if findings or (planned.waiting and hold is None):
                return planned
            held = {line.line for line in planned.lines if line.waits is not None}
            lines: list[LineReport] = []
            taken = [record for record in records if record.line not in held]
            for some in in_parts(taken):
                await tx.give_way()
                for line in await self._take(tx, seen, some, now=now):
                    lines.append(line)
                    tell("take", len(lines), len(taken))
            if hold is not None and held:
                lines += await self._hold(tx, [record for record in records if record.line in held], hold)
            stops = {line.line: line for line in planned.lines}
            report = report_of([_stopping(line, stops[line.line]) for line in lines], [], applied=True)
            details = counts(report) | ({"second_person": second_person} if second_person else {})
            await acts.record(tx, by=by, act="filing.import", subject="filing", details=details, now=now)
            return report

        report = await self.db.write(work)
        await analyse(self.db, rows=len(report.lines) if report.applied else 0)
        return report

    async def _hold(self, tx: Tx, records: Sequence[FilingRecord], hold: Hold) -> list[LineReport]:
        """After all others were taken, so that what is on file before them is what they are shown beside."""
        held = [Held(*both) for both in zip(records, await self.on_file(tx, records), strict=True)]
        waits = await hold(tx, held)
        seen, lines = Seen(tx), list[LineReport]()
        for some in in_parts(records):
            await tx.give_way()
            lines += [replace(line, waits=waits) for line in await self._lines(seen, some)]
        return lines

    async def on_file(self, tx: Tx, records: Sequence[FilingRecord]) -> list[OnFile]:
        """What is on file of whom each record is about."""
        seen, on_file = Seen(tx), list[OnFile]()
        for some in in_parts(records):
            await tx.give_way()
            keys = [key_of(self.lookup, record) for record in some]
            await seen.read(keys)
            on_file += [_on_file(seen.enterprise(key[0]), seen.person(key)) for key in keys]
        return on_file

    async def take_in(self, tx: Tx, record: FilingRecord, *, now: int) -> tuple[str, LineReport]:
        """Takes one record over in the caller's transaction, who holds the imports' lock and records the act.

        Gives the id of the record, and what became of it.
        """
        (line,) = await self._take(tx, Seen(tx), [record], now=now)
        key = key_of(self.lookup, record)
        return (await store.people_of(tx, [key]))[key].id, line

    @property
    def _take(self) -> TakeRecords:
        return TakeRecords(self.keyring, self.lookup)

    async def _check(self, rows: Sequence[FilingRow]) -> _Checked:
        """In a thread: a list of 100 000 lines takes some seconds."""
        codes = await aside(blank_enterprises, rows)
        names = await _names(self.db, codes)
        return _Checked(codes, names, *await aside(_checked, rows, names))

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
        seen: Seen,
        give_way: Callable[[], Awaitable[None]],
        now: int,
    ) -> Report:
        lines: list[LineReport] = []
        for some in in_parts(records):
            await give_way()
            for line in await self._stopping_lines(seen, some, now=now):
                lines.append(line)
                tell("compare", len(lines), len(records))
        return report_of(
            [replace(line, waits=waits) if line.takes_two else line for line in lines], findings, rows
        )

    async def compare_waiting(self, records: Sequence[FilingRecord], *, now: int) -> list[LineReport]:
        """What taking each of these over would change, and which shields usable at `now` (ms) would stop by it."""
        seen = Seen(self.db)
        return [
            line for some in in_parts(records) for line in await self._stopping_lines(seen, some, now=now)
        ]

    async def _stopping_lines(
        self, seen: Seen, records: Sequence[FilingRecord], *, now: int
    ) -> list[LineReport]:
        keys = [key_of(self.lookup, record) for record in records]
        return await with_stops(seen, keys, await self._lines(seen, records), now=now)

    async def compare(self, record: FilingRecord) -> LineReport:
        """What taking this one record over would change."""
        return (await self._lines(Seen(self.db), [record]))[0]

    async def take(self, record: FilingRecord, *, by: By = SERVICE, now: int) -> None:
        """Takes one record over, as an outside filing system told it."""

        async def work(tx: Tx) -> None:
            await store.lock_imports(tx, now=now)
            person_id, line = await self.take_in(tx, record, now=now)
            details = {
                "change": line.change,
                "enterprise_change": line.enterprise_change,
                "phone_changed": line.phone_changed,
            }
            await acts.record(tx, by=by, act="filing.take", subject=person_id, details=details, now=now)

        await self.db.write(work)

    def hash_id_number(self, number: str) -> bytes:
        """The keyed hash by which a record is found."""
        return self.lookup.lookup_hash(LOOKUP, number)

    async def _lines(self, seen: Seen, records: Sequence[FilingRecord]) -> list[LineReport]:
        """In a few round trips."""
        keys = [key_of(self.lookup, record) for record in records]
        await seen.read(keys)
        renamed = {
            record.credit_code for record in records if renames(seen.enterprise(record.credit_code), record)
        }
        # Their certificates carry the name. One who has left counts: else ending their record, which takes one officer,
        # were the way round.
        by_two = await seen.with_legal_person(renamed) if renamed else renamed
        return [
            line_report(
                record,
                person := seen.person(key),
                seen.enterprise(record.credit_code),
                takes_two=takes_two(person, record) or record.credit_code in by_two,
            )
            for record, key in zip(records, keys, strict=True)
        ]


async def _names(db: Database | Tx, codes: Collection[str]) -> dict[str, str]:
    return {
        code: enterprise.name for code, enterprise in (await store.enterprises_of(db, sorted(codes))).items()
    }


def _stopping(line: LineReport, planned: LineReport) -> LineReport:
    """With what stops by it, which was counted before anything was written."""
    return replace(line, stops=planned.stops, enterprise_stops=planned.enterprise_stops)


def in_parts(lines: Sequence[T]) -> Iterator[Sequence[T]]:
    """`LINES_AT_A_TIME` of them, in their order."""
    return (lines[at : at + LINES_AT_A_TIME] for at in range(0, len(lines), LINES_AT_A_TIME))


def _on_file(enterprise: store.Enterprise | None, person: store.FiledPerson | None) -> OnFile:
    known = None if enterprise is None else enterprise.name
    if person is None:
        return OnFile(known, None, None, None, None, None)
    return OnFile(known, person.version, person.name, person.id_type, person.phone, person.ended_at)


def _checked(rows: Sequence[FilingRow], names: Mapping[str, str]) -> tuple[list[FilingRecord], list[Finding]]:
    return check_rows(fill_enterprises(rows, names))
