"""An exported filing list has no formula and is read back cell for cell; no formula gets on file (N12)."""

import csv
import io
from typing import Final

import pytest

from mshield.server.filing.external.export import write_filing
from mshield.server.filing.external.files import read_filing
from mshield.server.filing.rules import COLUMNS, FilingRecord, FilingRow, check_row
from mshield.server.runtime.external.table_files import ListFormat
from mshield.server.values.names import IdType
from mshield.wire.identity import Role

FORMULAS: Final = ("=1+1", "+1", "-1", "@SUM(A1)", "＝1", "＋1", "－1", "＠a", "\u200b=1", "\u3000＝1")


def _record(enterprise: str, name: str) -> FilingRecord:
    return FilingRecord(
        line=2,
        enterprise=enterprise,
        credit_code="91330206MA2XB7C1TW",
        name=name,
        id_type=IdType.RESIDENT_ID,
        id_number="330206199001014217",
        role=Role.OPERATOR,
        phone="13800006027",
    )


@pytest.mark.parametrize("formula", FORMULAS)
def test_export_guards_formulas(formula: str) -> None:
    made = write_filing([_record(formula, formula)], "csv")
    _, line = csv.reader(io.StringIO(made.decode("utf-8-sig"), newline=""))
    assert line[0] == line[2] == f"'{formula}"


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
@pytest.mark.parametrize("text", [*map(str.strip, FORMULAS), "'林", "''=1", "林=1"])
def test_export_is_read_back(text: str, kind: ListFormat) -> None:
    record = _record(text, text)
    (row,) = read_filing(write_filing([record], kind), f"list.{kind}")
    assert not row.faults
    assert {name: getattr(row, name) for name in COLUMNS if name not in {"id_type", "role"}} == {
        name: getattr(record, name) for name in COLUMNS if name not in {"id_type", "role"}
    }


@pytest.mark.parametrize("formula", FORMULAS)
@pytest.mark.parametrize("field", ["enterprise", "name", "id_number"])
def test_nothing_like_a_formula_gets_on_file(field: str, formula: str) -> None:
    cells = {
        "enterprise": "宁波北潮进出口有限公司",
        "credit_code": "91330206MA2XB7C1TW",
        "name": "林知远",
        "id_type": "护照",
        "id_number": "E12345678",
        "role": "操作员",
    }
    found = check_row(FilingRow(line=2, **cells | {field: formula}))  # type: ignore[arg-type]  # a field by name
    assert isinstance(found, list)
    assert [(one.field, one.code) for one in found] == [(field, "formula")]
