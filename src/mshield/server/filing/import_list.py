"""Import of filing records (备案): a dry run that reports what would change, and the import itself, all or nothing.

Credit code, role and id number identify a record. A record that differs gets a new version; records not
listed stay. A changed phone number creates no new version: it isn't in certificates, so no renewal is needed
(R22). The report counts the shields that an import stops: those whose filing gets a new version.
"""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Final, TypeVar

from mshield.server.acts.actor import SERVICE, By, SecondPerson
from mshield.server.acts.rows import acts
from mshield.server.database.interface import Database, Tx
from mshield.server.filing.comparing import (
    files_again,
    line_report,
    needs_version,
    renames,
    takes_over,
    takes_two,
)
from mshield.server.filing.import_cache import ImportCache, key_of
from mshield.server.filing.origin import NOWHERE, Origin, changes_in_act
from mshield.server.filing.progress import ReportProgress, no_progress
from mshield.server.filing.report import FieldChangeMessage, LineReport, Report, Waits, counts, report_of
from mshield.server.filing.rows import filing as store
from mshield.server.filing.rules import (
    FilingRecord,
    FilingRow,
    Finding,
    blank_enterprises,
    check_rows,
    fill_enterprises,
)
from mshield.server.filing.search_words import analyse
from mshield.server.filing.write_records import WriteRecords, WrittenRecord
from mshield.server.keys.sealed_data import SearchableData
from mshield.server.runtime.list_thread import run_in_thread
from mshield.server.values.id_numbers import LOOKUP

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class OnFile:
    """Filed data of a record and its enterprise; None for each part not on file."""

    enterprise: str | None
    version: int | None
    name: str | None
    id_type: str | None
    phone: str | None
    ended_at: int | None


@dataclass(frozen=True, slots=True)
class Held:
    """A record that needs two people, and the filed data before it; `ends`: the record is to end.

    `stops_phone` is another number that waits and that the record would stop, or empty.
    """

    record: FilingRecord
    before: OnFile
    ends: bool = False
    stops_phone: str = ""

    @property
    def renames(self) -> bool:
        """Whether the record changes the enterprise's name."""
        return self.before.enterprise not in {None, self.record.enterprise}


@dataclass(frozen=True, slots=True)
class _Checked:
    """Valid records and faulty lines of a list, and the filed names of enterprises that the list leaves blank."""

    codes: set[str]
    names: dict[str, str]
    records: Sequence[FilingRecord]
    findings: Sequence[Finding]


LINES_AT_A_TIME: Final = 50
"""Lines per batch of a few round trips; other calls run between batches, which take milliseconds."""

ACTS_AT_A_TIME: Final = 500
"""Acts written in one round trip."""

Hold = Callable[[Tx, Sequence[Held]], Awaitable[Waits]]
"""Callback that puts records that need two people on hold; returns what they wait for."""


@dataclass(frozen=True, slots=True)
class ImportFiling(SearchableData):
    """Plans and carries out imports."""

    async def plan(
        self,
        rows: Sequence[FilingRow],
        *,
        waits: Waits | None = None,
        tell: ReportProgress = no_progress,
        now: int,
    ) -> Report:
        """Returns what the import would do; changes nothing.

        `waits` is what lines that need two people would wait for. `tell` gets the progress after each line.
        Other calls run in between. The shields counted as stopped are those usable at `now` (ms).
        """
        checked = await self._check(rows)
        cache, give_way = ImportCache(self.db), partial(asyncio.sleep, 0)
        return await self._plan(
            rows,
            checked.records,
            checked.findings,
            waits=waits,
            tell=tell,
            cache=cache,
            give_way=give_way,
            now=now,
        )

    async def apply(
        self,
        rows: Sequence[FilingRow],
        *,
        by: By = SERVICE,
        second_person: SecondPerson | None = None,
        origin: Origin = NOWHERE,
        hold: Hold | None = None,
        tell: ReportProgress = no_progress,
        now: int,
    ) -> Report:
        """Carries the list out in one transaction; if any line has a finding, none of it.

        Lines that need two people go to `hold` if given; otherwise `second_person` is the second one.
        Without either, such lines keep the whole list from being carried out, and the report marks them. The
        act, and one for each changed record, are recorded in the same transaction.
        """
        beforehand = await self._check(rows)
        origin = replace(origin, second_person=second_person)

        async def work(tx: Tx) -> Report:
            cache = ImportCache(tx)

            await store.lock_imports(tx, now=now)
            checked = await self._check_again(tx, rows, beforehand)
            records, findings = checked.records, checked.findings
            planned = await self._plan(
                rows,
                records,
                findings,
                waits=None if second_person else "person",
                tell=tell,
                cache=cache,
                give_way=tx.give_way,
                now=now,
            )
            if findings or (planned.waiting and hold is None):
                return planned
            held_lines = {line.line for line in planned.lines if line.waits is not None}
            lines: list[LineReport] = []
            changes: list[acts.NewAct] = []
            to_import = [record for record in records if record.line not in held_lines]
            for batch in in_parts(to_import):
                await tx.give_way()
                written = await self._take(tx, cache, batch, origin, by=by, now=now)
                changes += _acts_of(written, origin)
                for one in written:
                    lines.append(one.line)
                    tell("take", len(lines), len(to_import))
            if hold is not None and held_lines:
                numbers = {
                    line.line: change.old
                    for line in planned.lines
                    for change in line.changes
                    if change.field == "phone_waits"
                }
                held = [record for record in records if record.line in held_lines]
                lines += await self._hold(tx, held, numbers, hold)
            stops = {line.line: line for line in planned.lines}
            report = report_of([_as_planned(line, stops[line.line]) for line in lines], [], applied=True)
            for part in in_parts(changes, ACTS_AT_A_TIME):
                await tx.give_way()
                await acts.record_many(tx, part, by=by, now=now)
            details = counts(report) | origin.details()
            await acts.record(tx, by=by, act="filing.import", subject="filing", details=details, now=now)
            return report

        report = await self.db.write(work)
        await analyse(self.db, rows=len(report.lines) if report.applied else 0)
        return report

    async def _hold(
        self, tx: Tx, records: Sequence[FilingRecord], numbers: Mapping[int, str], hold: Hold
    ) -> list[LineReport]:
        """Holds the records; `numbers` are those that wait and that a line would stop.

        Call it after importing all others, so that the comparison is with the resulting filing.
        """
        held = [
            Held(record, before, stops_phone=numbers.get(record.line, ""))
            for record, before in zip(records, await self.on_file(tx, records), strict=True)
        ]
        waits = await hold(tx, held)
        cache, lines = ImportCache(tx), list[LineReport]()
        for batch in in_parts(records):
            await tx.give_way()
            lines += [replace(line, waits=waits) for line in await self._lines(cache, batch)]
        return lines

    async def on_file(self, tx: Tx, records: Sequence[FilingRecord]) -> list[OnFile]:
        """Returns the filed data for the person of each record."""
        cache, on_file = ImportCache(tx), list[OnFile]()
        for batch in in_parts(records):
            await tx.give_way()
            keys = [key_of(self.lookup, record) for record in batch]
            await cache.read(keys)
            on_file += [filed_data(cache.enterprise(key[0]), cache.person(key)) for key in keys]
        return on_file

    async def import_record(
        self, tx: Tx, record: FilingRecord, origin: Origin, *, by: By, now: int
    ) -> tuple[str, LineReport]:
        """Imports one record in the caller's transaction; the caller holds the imports' lock and records the act.

        Returns the record's id and the report of its line.
        """
        (written,) = await self._take(tx, ImportCache(tx), [record], origin, by=by, now=now)
        return written.person_id, written.line

    @property
    def _take(self) -> WriteRecords:
        return WriteRecords(self.keyring, self.lookup)

    async def _check(self, rows: Sequence[FilingRow]) -> _Checked:
        """Checks the rows, in a thread: a list of 100 000 lines takes some seconds."""
        codes = await run_in_thread(blank_enterprises, rows)
        names = await _names(self.db, codes)
        return _Checked(codes, names, *await run_in_thread(_checked, rows, names))

    async def _check_again(self, tx: Tx, rows: Sequence[FilingRow], before: _Checked) -> _Checked:
        """Checks again in the transaction, if an enterprise name that blank cells take from the filing has changed."""
        names = await _names(tx, before.codes)
        return before if names == before.names else _Checked(before.codes, names, *_checked(rows, names))

    async def _plan(
        self,
        rows: Iterable[FilingRow],
        records: Sequence[FilingRecord],
        findings: Iterable[Finding],
        *,
        waits: Waits | None,
        tell: ReportProgress,
        cache: ImportCache,
        give_way: Callable[[], Awaitable[None]],
        now: int,
    ) -> Report:
        lines: list[LineReport] = []
        for batch in in_parts(records):
            await give_way()
            for line in await self._stopping_lines(cache, batch, now=now):
                lines.append(line)
                tell("compare", len(lines), len(records))
        return report_of(
            [replace(line, waits=waits) if line.takes_two else line for line in lines], findings, rows
        )

    async def compare_waiting(self, records: Sequence[FilingRecord], *, now: int) -> list[LineReport]:
        """Returns what importing each record would change, and which shields usable at `now` (ms) would stop."""
        cache = ImportCache(self.db)
        return [
            line for batch in in_parts(records) for line in await self._stopping_lines(cache, batch, now=now)
        ]

    async def _stopping_lines(
        self, cache: ImportCache, records: Sequence[FilingRecord], *, now: int
    ) -> list[LineReport]:
        keys = [key_of(self.lookup, record) for record in records]
        return await with_stops(cache, keys, await self._lines(cache, records), now=now)

    async def compare(self, cache: ImportCache, record: FilingRecord) -> LineReport:
        """Returns what importing this record would change."""
        return (await self._lines(cache, [record]))[0]

    def hash_id_number(self, number: str) -> bytes:
        """Returns the keyed hash by which a record is found."""
        return self.lookup.lookup_hash(LOOKUP, number)

    async def _lines(self, cache: ImportCache, records: Sequence[FilingRecord]) -> list[LineReport]:
        """Compares the records with the filing in a few round trips."""
        keys = [key_of(self.lookup, record) for record in records]
        await cache.read(keys)
        renamed = {
            record.credit_code for record in records if renames(cache.enterprise(record.credit_code), record)
        }
        # The legal person's certificates carry the enterprise's name. Count former legal persons too:
        # otherwise one officer could circumvent the rule by ending the record first.
        by_two = await cache.with_legal_person(renamed) if renamed else renamed
        lines = [
            line_report(
                record,
                person := cache.person(key),
                cache.enterprise(record.credit_code),
                takes_two=takes_two(person, record) or record.credit_code in by_two,
                takes_over=takes_over(person, record, cache.accounts(key)),
            )
            for record, key in zip(records, keys, strict=True)
        ]
        return [
            await _stopping_phone(cache, line, cache.person(key))
            for line, key in zip(lines, keys, strict=True)
        ]


async def _stopping_phone(
    cache: ImportCache, line: LineReport, person: store.FiledPerson | None
) -> LineReport:
    """Returns the line as one for two people if it would stop another number, which two people approved.

    It may be of a list from before the approval.
    """
    if person is None or line.record is None or not files_again(person, line.record):
        return line
    number = await cache.waiting_number(person.id)
    if number is None:
        return line
    stopped = FieldChangeMessage("phone_waits", number, person.phone or "")
    return replace(line, takes_two=True, changes=(*line.changes, stopped))


def act_name(line: LineReport, otherwise: str) -> str:
    """Returns the name of one record's act: `filing.rename` if the person's name changed, so that both find it."""
    return acts.RENAMED if any(change.field == "name" for change in line.changes) else otherwise


def act_details(line: LineReport) -> dict[str, object]:
    """Returns what changed, for the act of one record."""
    return {
        "line": line.line,
        "change": line.change,
        "enterprise_change": line.enterprise_change,
        "changes": changes_in_act(line.changes, phone_waits=line.phone_waits),
    }


def _acts_of(written: Sequence[WrittenRecord], origin: Origin) -> list[acts.NewAct]:
    """Returns an act for each record that was on file before and changed."""
    return [
        acts.NewAct(
            act_name(one.line, "filing.change"), one.person_id, {**act_details(one.line), **origin.details()}
        )
        for one in written
        if not one.is_new and one.line.kind != "unchanged"
    ]


async def _names(db: Database | Tx, codes: Collection[str]) -> dict[str, str]:
    return {
        code: enterprise.name for code, enterprise in (await store.enterprises_of(db, sorted(codes))).items()
    }


def _as_planned(line: LineReport, planned: LineReport) -> LineReport:
    """Returns the line with the number of shields it stops, as counted before anything was written."""
    return replace(line, stops=planned.stops, enterprise_stops=planned.enterprise_stops)


def in_parts(lines: Sequence[T], most: int = LINES_AT_A_TIME) -> Iterator[Sequence[T]]:
    """Splits the lines into batches of at most `most`, in order."""
    return (lines[at : at + most] for at in range(0, len(lines), most))


def filed_data(enterprise: store.Enterprise | None, person: store.FiledPerson | None) -> OnFile:
    """Returns the filed data of an enterprise and a person in it."""
    enterprise_name = None if enterprise is None else enterprise.name
    if person is None:
        return OnFile(enterprise_name, None, None, None, None, None)
    return OnFile(enterprise_name, person.version, person.name, person.id_type, person.phone, person.ended_at)


def _checked(rows: Sequence[FilingRow], names: Mapping[str, str]) -> tuple[list[FilingRecord], list[Finding]]:
    return check_rows(fill_enterprises(rows, names))


async def with_stops(
    cache: ImportCache, keys: Sequence[store.Key], lines: Sequence[LineReport], *, now: int
) -> list[LineReport]:
    """Returns the lines with the number of shields that each one stops, in two round trips at most; `now` in ms."""
    triples = [(line, cache.person(key), line.record) for line, key in zip(lines, keys, strict=True)]
    changed = [
        person.id for _, person, record in triples if person and record and needs_version(person, record)
    ]
    codes = {record.credit_code for _, _, record in triples if record and _renames(cache, record)}
    people = await store.usable_of_people(cache.db, changed, now=now) if changed else {}
    enterprises = await cache.usable_of_enterprises(codes, now=now)
    return [
        replace(
            line,
            stops=0 if person is None else people.get(person.id, 0),
            enterprise_stops=enterprises.get(record.credit_code, 0) if record else 0,
        )
        for line, person, record in triples
    ]


def _renames(cache: ImportCache, record: FilingRecord) -> bool:
    return renames(cache.enterprise(record.credit_code), record)
