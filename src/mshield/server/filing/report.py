"""Report of a filing list: the outcome or the faults of each line, and the counts."""

import csv
import io
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from operator import attrgetter
from typing import Any, Final, Literal

from mshield.server.filing.rules import FIELD_NAMES, FilingRecord, FilingRow, Finding
from mshield.server.runtime.external.table_files import no_formula
from mshield.server.values.names import mask_id_number, mask_phone
from mshield.wire.messages import AnswerMessage

Change = Literal["add", "change", "none"]
Kind = Literal["errors", "changes", "added", "unchanged"]
Waits = Literal["approval", "person"]
"""Cause of a wait: `approval` by a second officer; or `person`: a person must request it, not a program."""

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


class FieldChangeMessage(AnswerMessage, frozen=True):
    """Value of a field on file, and the new value; empty for none.

    `phone_waits` is another number that two people approved, and that the line would stop.
    """

    field: Literal["name", "id_type", "phone", "phone_waits", "enterprise"]
    old: str
    new: str


@dataclass(frozen=True, slots=True)
class LineReport:
    """Report of one line of the list: its outcome, or its findings; `change` is None if there are findings.

    `row` is the line in the file, if it has findings; `changes` lists the differences from the filing.

    `phone_changed`: an existing record's phone number changes or is removed. `takes_two`: the line makes
    somebody a legal person, renames an enterprise that has or had one, or `takes_over`: changes who somebody
    with a proven account or a shield is. `waits`: what such a line waits
    for; it is not imported then. `phone_waits`: the number is not filed yet, since the person can object.

    `stops` counts the person's shields that stop working until they are renewed, `enterprise_stops` all those
    of a renamed enterprise.
    """

    line: int
    change: Change | None
    enterprise_change: Change | None
    record: FilingRecord | None
    findings: tuple[Finding, ...]
    phone_changed: bool = False
    phone_waits: bool = False
    takes_two: bool = False
    takes_over: bool = False
    waits: Waits | None = None
    stops: int = 0
    enterprise_stops: int = 0
    changes: tuple[FieldChangeMessage, ...] = ()
    row: FilingRow | None = None

    @property
    def kind(self) -> Kind:
        """Category under which a reader looks for the line."""
        if self.findings:
            return "errors"
        if self.change == "add":
            return "added"
        return "unchanged" if self.is_current and not self.changes else "changes"

    @property
    def is_current(self) -> bool:
        """Whether the filing already has exactly this line."""
        return (self.change, self.enterprise_change) == ("none", "none")


@dataclass(frozen=True, slots=True)
class Report:
    """Report of the whole list; `applied`: it was carried out."""

    lines: tuple[LineReport, ...]
    applied: bool = False

    @property
    def is_good(self) -> bool:
        """Whether no line has a finding."""
        return not any(line.findings for line in self.lines)

    @property
    def waiting(self) -> int:
        """Number of lines that wait for a second person."""
        return sum(line.waits is not None for line in self.lines)

    @property
    def guesses(self) -> int:
        """Number of lines that differ from the filing and aren't carried out: the report says so of each guess."""
        return sum(
            line.record is not None
            and line.kind in {"added", "changes"}
            and (not self.applied or line.waits is not None)
            for line in self.lines
        )

    @property
    def will_add(self) -> int:
        """Number of people not on file yet, or no longer."""
        return self._count("add")

    @property
    def will_change(self) -> int:
        """Number of people whose name, id type or phone number changes."""
        return self._count("change")

    @property
    def unchanged(self) -> int:
        """Number of people whose record stays the same."""
        return self._count("none")

    @property
    def enterprises_add(self) -> int:
        """Number of enterprises not on file yet."""
        return self._count_enterprises("add")

    @property
    def enterprises_change(self) -> int:
        """Number of enterprises whose name changes."""
        return self._count_enterprises("change")

    @property
    def phones_changed(self) -> int:
        """Number of records whose phone number changes or is removed, without those that wait for an objection."""
        return sum(line.phone_changed and line.waits is None and not line.phone_waits for line in self.lines)

    @property
    def phones_waiting(self) -> int:
        """Number of records whose new phone number waits since this import, because the person can object."""
        return sum(line.phone_waits and line.waits is None for line in self.lines)

    @property
    def shields_stopped(self) -> int:
        """Number of shields that the list makes due for renewal, each counted once.

        Before the list is carried out, it includes those of waiting lines.
        """
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
    """Returns the counts that go into an import's act."""
    return {
        "waiting": report.waiting,
        "added": report.will_add,
        "changed": report.will_change,
        "unchanged": report.unchanged,
        "phones_changed": report.phones_changed,
        "phones_waiting": report.phones_waiting,
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
    """Builds the report of these lines and of the faulty ones, whose rows are in `rows`, in the list's order."""
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
    """Returns the report as JSON for console and command line; id numbers are masked."""
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
    source = record or row
    return {
        "line": line.line,
        "kind": line.kind,
        "change": line.change,
        "enterprise_change": line.enterprise_change,
        "name": None if source is None else source.name,
        "id_number_masked": None if source is None else masked("id_number", source.id_number),
        "role": None if record is None else record.role.value,
        "enterprise": None if source is None else source.enterprise,
        "credit_code": None if source is None else source.credit_code,
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
    """Returns the masked content of a row's cell; None for the row as a whole, or if it is unknown."""
    if row is None or field is None:
        return None
    return masked(field, (getattr(row, field) or "").strip()[:_LONGEST_VALUE])


def masked(field: str, value: str) -> str:
    """Returns a value for the report, with id and phone numbers masked."""
    if field in {"phone", "phone_waits"}:
        return mask_phone(value) if len(value) > _LEAST_MASKED else value
    return mask_id_number(value) if field == "id_number" and value else value


def report_csv(report: Report) -> str:
    """Returns the whole report as a table (CSV) for people, one row per field; no cell is a formula."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(_HEADINGS)
    for line in report.lines:
        data = _line_data(line)
        line_cells = [
            line.line,
            _KINDS[line.kind],
            data["name"],
            data["id_number_masked"],
            data["enterprise"],
        ]
        line_cells.append(data["credit_code"])
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
            writer.writerow(
                [no_formula("" if cell is None else str(cell)) for cell in (*line_cells, *detail, stops)]
            )
    return text.getvalue()
