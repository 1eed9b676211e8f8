"""An import's report for people: at the command line and as a file."""

import csv
import io
from pathlib import Path

import pytest
from click.testing import CliRunner

from mshield.cli.parts.output import Output
from mshield.server.commands.filing import command
from mshield.server.filing.report import FieldChangeMessage, LineReport, Report, report_csv, report_of
from mshield.server.filing.rules import FilingRow, check_rows

_GOOD = FilingRow(
    line=2, enterprise="宁波北潮", credit_code="91330206MA2XB7C1TW", name="林志远", id_type="居民身份证",
    id_number="330206199001014217", role="操作员", phone="13900001234",
)  # fmt: skip
_BAD = FilingRow(
    line=3, enterprise="=1+1", credit_code="91330206MA2XB7C1TW", name="周明", id_type="护照本",
    id_number="330206199001014218", role="操作员",
)  # fmt: skip


@pytest.fixture
def report() -> Report:
    """A report with one changed line and one bad line."""
    records, findings = check_rows([_GOOD, _BAD])
    changes = (FieldChangeMessage("name", "林知远", "林志远"), FieldChangeMessage("phone", "", "13900001234"))
    line = LineReport(2, "change", "none", records[0], (), changes=changes)
    return report_of([line], findings, [_GOOD, _BAD])


def test_command_line_shows_old_new_and_faults(report: Report) -> None:
    lines = "\n".join(command._lines(Output("zh", json=False), report, "all"))
    assert "姓名: 林知远 → 林志远；手机号: – → 139****1234" in lines
    assert "证件类型有误，没有这一种 [护照本]" in lines
    assert "周明" in lines
    assert "330206199001014218" not in lines
    errors = "\n".join(command._lines(Output("en", json=False), report, "errors"))
    assert "周明" in errors
    assert "林志远" not in errors
    assert command._counts(report)[1] == "errors 1, changes 1, added 0, unchanged 0"


def test_long_list_shows_its_progress(capsys: pytest.CaptureFixture[str]) -> None:
    tell = command._progress(Output("en", json=False))
    for phase, until in (("compare", 20_000), ("take", 10_000)):
        for done in range(1, until + 1):
            tell("take" if phase == "take" else "compare", done, 100_000)
    command._progress(Output("en", json=False))("take", 4000, 4000)
    assert capsys.readouterr().err.splitlines() == [
        "compared 10% (10000 of 100000 lines)",
        "compared 20% (20000 of 100000 lines)",
        "imported 10% (10000 of 100000 lines)",
    ]


def test_the_file_has_a_row_for_each_field_and_no_formula(report: Report) -> None:
    rows = list(csv.reader(io.StringIO(report_csv(report))))
    assert rows[0][0] == "行"
    assert [row[6:9] for row in rows if row[1] == "更改"] == [
        ["姓名", "林知远", "林志远"],
        ["手机号", "", "139****1234"],
    ]
    bad = [row for row in rows if row[1] == "错误"]
    assert {row[6] for row in bad} >= {"企业名称", "证件类型"}
    assert not [cell for row in rows for cell in row if cell.startswith(("=", "+", "-", "@"))]


def test_the_command_knows_both_options(tmp_path: Path) -> None:
    answer = CliRunner().invoke(command.command, ["import", "--help"])
    assert answer.exit_code == 0
    assert "--show" in answer.output
    assert "--report" in answer.output
