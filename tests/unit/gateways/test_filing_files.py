"""Filing lists from .xlsx and .csv, and files that are invalid."""

import contextlib
import io
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import Workbook, load_workbook

from mshield.server.filing.external import files
from mshield.server.filing.external.files import HEADERS, FilingFileError, read_filing
from mshield.server.filing.rules import COLUMNS, FIELDS, check_rows

EXAMPLES: Final = Path(__file__).parents[3] / "examples"
HEADER: Final = ["企业名称", "统一社会信用代码", "姓名", "证件类型", "证件号码", "用户类型"]
PERSON: Final = [
    "宁波北潮进出口有限公司",
    "91330206MA2XB7C1TW",
    "林知远",
    "居民身份证",
    "330206199001014217",
    "操作员",
]


def _workbook(*rows: Sequence[object]) -> bytes:
    book = Workbook()
    sheet = book.worksheets[0]
    for row in rows:
        sheet.append(list(row))
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _text(*rows: Sequence[str], encoding: str = "utf-8-sig") -> bytes:
    return "\r\n".join(",".join(row) for row in rows).encode(encoding)


def _refusal(data: bytes, name: str) -> FilingFileError:
    with pytest.raises(FilingFileError) as refused:
        read_filing(data, name)
    return refused.value


@pytest.mark.parametrize(("name", "first"), [("filing.xlsx", 3), ("filing.csv", 2)])
def test_examples_are_valid(name: str, first: int) -> None:
    rows = read_filing((EXAMPLES / name).read_bytes(), name)
    records, findings = check_rows(rows)
    assert not findings
    assert [record.line for record in records] == list(range(first, first + 9))
    assert {record.role.value for record in records} == {"legal_person", "operator"}
    assert len({record.credit_code for record in records}) == 2
    assert {record.id_type.value for record in records} == {
        "resident_id", "passport", "hk_macau_permit", "taiwan_permit", "foreign_resident_id",
    }  # fmt: skip


def test_both_examples_have_the_same_people() -> None:
    def people(name: str) -> list[tuple[str, ...]]:
        rows = read_filing((EXAMPLES / name).read_bytes(), name)
        return [tuple(getattr(row, field) for field in COLUMNS) for row in rows]

    assert people("filing.xlsx") == people("filing.csv")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_usual_encodings_of_chinese_text_are_read(encoding: str) -> None:
    (row,) = read_filing(_text(HEADER, PERSON, encoding=encoding), "list.CSV")
    assert [getattr(row, field) for field in FIELDS] == PERSON
    assert row.line == 2


def test_english_headers_in_any_order_with_others_between() -> None:
    header = [
        "remarks",
        "User Type",
        "ID_number",
        "id type",
        "Name *",
        "Unified Social Credit Code",
        "Company (as filed)",
    ]
    (row,) = read_filing(_text(header, ["x", *reversed(PERSON)]), "list.csv")
    assert [getattr(row, field) for field in FIELDS] == PERSON


def test_each_header_name_is_known_once() -> None:
    names = [name for names in HEADERS.values() for name in names]
    assert len(names) == len(set(names))
    assert tuple(HEADERS) == COLUMNS


def test_lines_are_those_of_the_file_below_a_title_and_between_empty_ones() -> None:
    data = _workbook(["企业备案人员名单"], [], HEADER, PERSON, [], [None] * 6, PERSON)
    assert [row.line for row in read_filing(data, "list.xlsx")] == [4, 7]
    quoted = _text(HEADER, ['"宁波\n北潮"', *PERSON[1:]], PERSON)
    assert [row.line for row in read_filing(quoted, "list.csv")] == [2, 4]


def test_a_formula_is_a_fault_and_is_not_computed() -> None:
    (row,) = read_filing(_workbook(HEADER, [*PERSON[:2], "=1+1", *PERSON[3:]]), "list.xlsx")
    assert row.name == ""
    assert row.faults == {"name": "formula"}
    _, findings = check_rows(read_filing(_text(HEADER, [*PERSON[:2], "=1+1", *PERSON[3:]]), "list.csv"))
    assert [(found.field, found.code) for found in findings] == [("name", "formula")]


def test_numbers_that_a_spreadsheet_has_rounded_are_faults() -> None:
    long = [*PERSON[:4], 330206199001014217, PERSON[5]]
    (row,) = read_filing(_workbook(HEADER, long), "list.xlsx")
    assert row.faults == {"id_number": "number_cell"}
    short = [*PERSON[:3], "台湾居民来往大陆通行证", 26573218, PERSON[5]]
    (row,) = read_filing(_workbook(HEADER, short), "list.xlsx")
    assert row.id_number == "26573218"
    padded = Workbook()
    sheet = padded.active
    assert sheet is not None
    sheet.append(HEADER)
    sheet.append(short)
    sheet["E2"].number_format = "000000000"  # displayed as 026573218
    made = io.BytesIO()
    padded.save(made)
    (row,) = read_filing(made.getvalue(), "list.xlsx")
    assert row.faults == {"id_number": "number_cell"}
    (row,) = read_filing(_workbook(HEADER, [*PERSON[:4], 12.5, True]), "list.xlsx")
    assert row.faults == {"id_number": "number_cell", "role": "not_text"}


@pytest.mark.parametrize("name", ["手机号", "备案手机号", "移动电话 *", "Phone", "mobile（11 digits）"])
def test_a_list_may_have_phone_numbers(name: str) -> None:
    data = _text([*HEADER, "联系电话", name], [*PERSON, "0574-55501802", "'13800006027"], [*PERSON, "1"])
    assert [row.phone for row in read_filing(data, "list.csv")] == ["13800006027", ""]


def test_list_without_a_phone_column_has_no_phone_numbers() -> None:
    (row,) = read_filing(_text([*HEADER, "联系电话"], [*PERSON, "0574-55501802"]), "list.csv")
    assert row.phone is None


def test_empty_phone_cell_differs_from_no_column() -> None:
    rows = read_filing(_workbook([*HEADER, "手机号"], PERSON, [*PERSON, None], [*PERSON, ""]), "list.xlsx")
    assert [row.phone for row in rows] == [""] * 3


@pytest.mark.parametrize(
    ("value", "number_format", "phone", "code"),
    [
        (13800006027, "General", "13800006027", None),
        (13800006027.0, "0", "13800006027", None),
        (13800006027, "000 0000 0000", "13800006027", None),
        (13800006027, "0.00E+00", "13800006027", None),
        (1380000602, "General", None, "invalid_phone"),
        (1380000602, "00000000000", None, "number_cell"),
        (13800006027.5, "General", None, "number_cell"),
        (-1380000602, "#,##0", None, "number_cell"),
        (8613800006027, "General", None, "invalid_phone"),
        ("=13800006027", "General", None, "formula"),
        (True, "General", None, "not_text"),
    ],
)
def test_phone_number_stored_as_a_number_is_read(
    value: object, number_format: str, phone: str | None, code: str | None
) -> None:
    book = Workbook()
    sheet = book.worksheets[0]
    sheet.append([*HEADER, "手机号"])
    sheet.append([*PERSON, value])
    sheet["G2"].number_format = number_format
    made = io.BytesIO()
    book.save(made)
    records, findings = check_rows(read_filing(made.getvalue(), "list.xlsx"))
    assert [record.phone for record in records] == ([] if code else [phone])
    assert [(found.field, found.code) for found in findings] == ([("phone", code)] if code else [])


def test_apostrophe_before_a_number_is_removed() -> None:
    (row,) = read_filing(_text(HEADER, [*PERSON[:4], "'330206199001014217", PERSON[5]]), "list.csv")
    assert row.id_number == "330206199001014217"


def test_a_missing_cell_is_empty() -> None:
    (row,) = read_filing(_text(HEADER, PERSON[:3]), "list.csv")
    assert (row.name, row.id_type, row.role) == ("林知远", "", "")


def test_a_long_cell_is_a_fault() -> None:
    (row,) = read_filing(_text(HEADER, ["长" * 257, *PERSON[1:]]), "list.csv")
    assert row.faults == {"enterprise": "too_long"}


@pytest.mark.parametrize(
    ("data", "name", "code"),
    [
        (b"", "list.xls", "unknown_format"),
        (b"", "list", "unknown_format"),
        (b"", "list.xlsx", "unreadable"),
        (b"PK\x03\x04", "list.xlsx", "unreadable"),
        (b"", "list.csv", "header"),
        (_text(HEADER), "list.csv", "empty"),
        (_text(HEADER[:4], PERSON[:4]), "list.csv", "header"),
        (_text([*HEADER, "角色"], [*PERSON, "法人"]), "list.csv", "header_twice"),
        (_text([*HEADER, "phone", "手机号"], [*PERSON, "", ""]), "list.csv", "header_twice"),
        (_text([*HEADER[:5], "手机号"], PERSON), "list.csv", "header"),
        (b"\xff\xfe\x00\xd8", "list.csv", "encoding"),
        (b'"open', "list.csv", "unreadable"),
        (b"a\x00b", "list.csv", "header"),
        (b"x" * (files.MAX_FILE + 1), "list.csv", "too_large"),
    ],
)
def test_unreadable_files_give_one_error(data: bytes, name: str, code: str) -> None:
    refusal = _refusal(data, name)
    assert refusal.code == code
    assert refusal.zh
    assert refusal.en.isascii()


def test_missing_columns_are_named() -> None:
    refusal = _refusal(_text(HEADER[:4], PERSON[:4]), "list.csv")
    assert refusal.zh == "没有找到完整的表头，还缺：证件号码、用户类型"
    assert refusal.en == "The header is not complete; missing: id number, role"


def test_header_far_below_is_not_found() -> None:
    assert _refusal(_text(*([["名单"]] * 10), HEADER, PERSON), "list.csv").code == "header"


def test_too_many_lines_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "MAX_ROWS", 3)
    assert len(read_filing(_text(HEADER, *[PERSON] * 3), "list.csv")) == 3
    assert _refusal(_text(HEADER, *[PERSON] * 4), "list.csv").code == "too_large"


def test_a_sheet_formatted_far_below_its_last_entry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "MAX_LINES", 50)
    assert len(read_filing(_workbook(HEADER, PERSON, *[[""]] * 40), "list.xlsx")) == 1
    assert _refusal(_workbook(HEADER, *[PERSON] * 60), "list.xlsx").code == "too_large"


def test_workbook_that_unpacks_to_too_much_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    data = _workbook(HEADER, PERSON)
    monkeypatch.setattr(files, "MAX_UNPACKED", 1000)
    assert _refusal(data, "list.xlsx").code == "too_large"


def test_workbook_of_too_many_files_is_refused() -> None:
    data = io.BytesIO(_workbook(HEADER, PERSON))
    with zipfile.ZipFile(data, "a") as archive:
        for number in range(files.MAX_PARTS):
            archive.writestr(f"{number}", b"")
    assert _refusal(data.getvalue(), "list.xlsx").code == "too_large"


def test_entities_are_not_expanded() -> None:
    bomb = '<!DOCTYPE x [<!ENTITY a "' + "A" * 5000 + '">' + "".join(
        f'<!ENTITY {name} "{f"&{before};" * 50}">' for before, name in zip("abcdef", "bcdefg", strict=True)
    ) + "]>"  # fmt: skip
    assert _refusal(_with_part(_workbook(HEADER, PERSON), bomb), "list.xlsx").code == "unreadable"


def test_external_entities_are_not_fetched() -> None:
    outside = f'<!DOCTYPE x [<!ENTITY g SYSTEM "{Path(__file__).as_uri()}">]>'
    assert _refusal(_with_part(_workbook(HEADER, PERSON), outside), "list.xlsx").code == "unreadable"


def _with_part(data: bytes, doctype: str) -> bytes:
    """Returns the workbook with a document type in its sheet, and a cell that uses its entity `g`."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w") as new:
        for part in old.namelist():
            content = old.read(part).decode()
            if part == "xl/worksheets/sheet1.xml":
                # One inline string holds the entity.
                cell = '<row r="9"><c r="A9" t="inlineStr"><is><t>&g;</t></is></c></row></sheetData>'
                content = doctype + content.replace("</sheetData>", cell)
            new.writestr(part, content)
    return out.getvalue()


@given(st.binary(max_size=400))
def test_any_text_file_is_read_or_refused(data: bytes) -> None:
    with contextlib.suppress(FilingFileError):
        read_filing(data, "list.csv")


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_any_damaged_workbook_is_read_or_refused(data: st.DataObject) -> None:
    whole = bytearray((EXAMPLES / "filing.xlsx").read_bytes())
    for _ in range(data.draw(st.integers(1, 8))):
        whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    with contextlib.suppress(FilingFileError):
        read_filing(bytes(whole), "list.xlsx")


def test_example_workbook_equals_its_script() -> None:
    book = load_workbook(EXAMPLES / "filing.xlsx")
    assert book.sheetnames == ["备案人员", "填写说明"]
    sheet = book.worksheets[0]
    assert {sheet.cell(row=row, column=6).number_format for row in range(3, 12)} == {"@"}
