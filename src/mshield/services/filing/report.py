"""The report of a filing list: what becomes of each line, or what is wrong with it, and the counts."""

import csv
import io
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from operator import attrgetter
from typing import Any, Final, Literal

from mshield.domain.filing import FIELD_NAMES, FilingRecord, FilingRow, Finding
from mshield.domain.identity import mask_id_number, mask_phone

Change = Literal["add", "change", "none"]
Kind = Literal["errors", "changes", "added", "unchanged"]
Waits = Literal["approval", "person"]
"""A line that takes two: it waits for a second officer, or it needs that a person asks, not a program."""

_LONGEST_VALUE: Final = 100
_LEAST_MASKED: Final = 7
_HEADINGS: Final = (
    "行", "结果", "姓名", "证件号码", "企业名称", "统一社会信用代码", "字段", "原值", "新值", "问题", "停用手机盾",
)  # fmt: skip
_KINDS: Final[Mapping[Kind, str]] = {
    "errors": "错误",
    "changes": "更改",
    "added": "新增",
    "unchanged": "不变",
}


@dataclass(frozen=True, slots=True)
class FieldChange:
    """What is on file of a field (name, id_type, phone, enterprise), and what comes in its place; empty for nothing."""

    field: str
    old: str
    new: str


@dataclass(frozen=True, slots=True)
class LineReport:
    """One line of the list: what becomes of it, or why it can't be taken. `change` is None where there are findings.

    `row` is the line as it stands in the file, where it can't be taken; `changes` what differs from what is on file.

    `phone_changed` tells whether a record that was there gets another phone number, or loses its own; `takes_two`
    whether it makes somebody a legal person who wasn't, or gives the enterprise of one another name, `waits` what it
    waits for: then nothing became of it yet.

    `stops` are the person's shields that stop working until they are renewed, `enterprise_stops` all of an enterprise's
    that gets another name.
    """

    line: int
    change: Change | None
    enterprise_change: Change | None
    record: FilingRecord | None
    findings: tuple[Finding, ...]
    phone_changed: bool = False
    takes_two: bool = False
    waits: Waits | None = None
    stops: int = 0
    enterprise_stops: int = 0
    changes: tuple[FieldChange, ...] = ()
    row: FilingRow | None = None

    @property
    def kind(self) -> Kind:
        """Under what a reader looks for it."""
        if self.findings:
            return "errors"
        if self.change == "add":
            return "added"
        return "unchanged" if self.is_current and not self.changes else "changes"

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

    @property
    def shields_stopped(self) -> int:
        """Shields that have to be renewed for this list, each once; before it is carried out with waiting lines'."""
        lines = [line for line in self.lines if line.waits is None or not self.applied]
        renamed = {
            line.record.credit_code: line.enterprise_stops
            for line in lines
            if line.record is not None and line.enterprise_stops
        }
        return sum(renamed.values()) + sum(line.stops for line in lines if not line.enterprise_stops)

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
        "shields_stopped": report.shields_stopped,
    }


def report_of(
    lines: Iterable[LineReport],
    findings: Iterable[Finding],
    rows: Iterable[FilingRow] = (),
    *,
    applied: bool = False,
) -> Report:
    """The report of these lines, in their order, with the faults of the others, which stand in `rows`."""
    row_of = {row.line: row for row in rows}
    by_line: dict[int, list[Finding]] = {}
    for finding in findings:
        by_line.setdefault(finding.line, []).append(finding)
    bad = [
        LineReport(number, None, None, None, tuple(faults), row=row_of.get(number))
        for number, faults in by_line.items()
    ]
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
        "shields_stopped": report.shields_stopped,
        "lines": [_line_data(line) for line in report.lines],
        "approval_id": approval_id,
    }


def _line_data(line: LineReport) -> dict[str, object]:
    record, row = line.record, line.row
    known = record or row
    return {
        "line": line.line,
        "kind": line.kind,
        "change": line.change,
        "enterprise_change": line.enterprise_change,
        "name": None if known is None else known.name,
        "id_number_masked": None if known is None else masked("id_number", known.id_number),
        "role": None if record is None else record.role.value,
        "enterprise": None if known is None else known.enterprise,
        "credit_code": None if known is None else known.credit_code,
        "waits": line.waits,
        "shields_stopped": line.enterprise_stops or line.stops,
        "changes": [
            {
                "field": change.field,
                "old": masked(change.field, change.old),
                "new": masked(change.field, change.new),
            }
            for change in line.changes
        ],
        "findings": [
            {
                "field": finding.field,
                "code": finding.code,
                "zh": finding.zh,
                "en": finding.en,
                "column": FIELD_NAMES[finding.field][0],
                "value": value_of(row, finding.field),
            }
            for finding in line.findings
        ],
    }


def value_of(row: FilingRow | None, field: str | None) -> str | None:
    """What stands in a row's cell, masked as elsewhere; None for the row as a whole, and where it isn't known."""
    if row is None or field is None:
        return None
    return masked(field, (getattr(row, field) or "").strip()[:_LONGEST_VALUE])


def masked(field: str, value: str) -> str:
    """A value as a report has it: of id and phone numbers not the whole."""
    if field == "phone":
        return mask_phone(value) if len(value) > _LEAST_MASKED else value
    return mask_id_number(value) if field == "id_number" and value else value


def report_csv(report: Report) -> str:
    """The whole report as a table (CSV) for people, a line for each field; nothing in it is a formula."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(_HEADINGS)
    for line in report.lines:
        data = _line_data(line)
        about = [line.line, _KINDS[line.kind], data["name"], data["id_number_masked"], data["enterprise"]]
        about.append(data["credit_code"])
        details: list[list[object]] = [
            [
                FIELD_NAMES[change.field][0],
                masked(change.field, change.old),
                masked(change.field, change.new),
                "",
            ]
            for change in line.changes
        ]
        details += [
            [FIELD_NAMES[finding.field][0], value_of(line.row, finding.field), "", finding.zh]
            for finding in line.findings
        ]
        for detail in details or [["", "", "", ""]]:
            stops = line.enterprise_stops or line.stops or ""
            writer.writerow([_no_formula(cell) for cell in (*about, *detail, stops)])
    return text.getvalue()


def _no_formula(cell: object) -> str:
    text = "" if cell is None else str(cell)
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r")) else text
