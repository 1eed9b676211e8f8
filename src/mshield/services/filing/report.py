"""The report of a filing list: what becomes of each line, or what is wrong with it, and the counts."""

from collections.abc import Iterable
from dataclasses import dataclass
from operator import attrgetter
from typing import Any, Literal

from mshield.domain.filing import FilingRecord, Finding
from mshield.domain.identity import mask_id_number

Change = Literal["add", "change", "none"]
Waits = Literal["approval", "person"]
"""A line that takes two: it waits for a second officer, or it needs that a person asks, not a program."""


@dataclass(frozen=True, slots=True)
class LineReport:
    """One line of the list: what becomes of it, or why it can't be taken. `change` is None where there are findings.

    `phone_changed` tells whether a record that was there gets another phone number, or loses its own; `takes_two`
    whether it makes somebody a legal person who wasn't, or gives the enterprise of one another name, `waits` what it
    waits for: then nothing became of it yet.
    """

    line: int
    change: Change | None
    enterprise_change: Change | None
    record: FilingRecord | None
    findings: tuple[Finding, ...]
    phone_changed: bool = False
    takes_two: bool = False
    waits: Waits | None = None

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
    def waiting(self) -> int:
        """Lines that take two, and wait."""
        return sum(line.waits is not None for line in self.lines)

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
        return sum(line.phone_changed and line.waits is None for line in self.lines)

    def _count(self, change: Change) -> int:
        return sum(line.change == change and line.waits is None for line in self.lines)

    def _count_enterprises(self, change: Change) -> int:
        codes = {
            line.record.credit_code
            for line in self.lines
            if line.record is not None and line.waits is None and line.enterprise_change == change
        }
        return len(codes)


def counts(report: Report) -> dict[str, object]:
    """What the act of an import says of it."""
    return {
        "waiting": report.waiting,
        "added": report.will_add,
        "changed": report.will_change,
        "unchanged": report.unchanged,
        "phones_changed": report.phones_changed,
        "enterprises_added": report.enterprises_add,
        "enterprises_changed": report.enterprises_change,
    }


def report_of(lines: Iterable[LineReport], findings: Iterable[Finding], *, applied: bool = False) -> Report:
    """The report of these lines, in their order, with the faults of the others."""
    by_line: dict[int, list[Finding]] = {}
    for finding in findings:
        by_line.setdefault(finding.line, []).append(finding)
    bad = [LineReport(number, None, None, None, tuple(faults)) for number, faults in by_line.items()]
    return Report(tuple(sorted([*lines, *bad], key=attrgetter("line"))), applied)


def report_data(report: Report, approval_id: str | None = None) -> dict[str, Any]:
    """The report as the console and the command line give it out (JSON); id numbers are masked."""
    return {
        "applied": report.applied,
        "will_add": report.will_add,
        "will_change": report.will_change,
        "unchanged": report.unchanged,
        "enterprises_add": report.enterprises_add,
        "enterprises_change": report.enterprises_change,
        "waiting": report.waiting,
        "lines": [_line_data(line) for line in report.lines],
        "approval_id": approval_id,
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
        "waits": line.waits,
        "findings": [
            {"field": finding.field, "code": finding.code, "zh": finding.zh, "en": finding.en}
            for finding in line.findings
        ],
    }
