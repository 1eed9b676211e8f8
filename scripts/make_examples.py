"""Writes examples/filing.xlsx and examples/filing.csv: two invented enterprises and their people.

All names and numbers are invented; the check digits are computed here, so they are valid. Run from the
project's root: `python scripts/make_examples.py`.
"""

import csv
import datetime as dt
import io
import zipfile
from pathlib import Path

from openpyxl import Workbook
from openpyxl.comments import Comment
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet
from stdnum.cn import ric, uscc

EXAMPLES = Path(__file__).parents[1] / "examples"
MADE_AT = dt.datetime(2026, 11, 24, 9, 0, 0)  # noqa: DTZ001  # a workbook's times have no zone
TITLE = "企业备案人员名单"

# Header, width, explanation.
COLUMNS = (
    ("序号", 6, "可不填，导入时忽略"),
    ("企业名称", 34, "按营业执照填写，最多 64 个字"),
    ("统一社会信用代码", 24, "18 位，末位为校验码"),
    ("姓名", 12, "按证件填写"),
    (
        "证件类型",
        26,
        "居民身份证、护照、港澳居民来往内地通行证、台湾居民来往大陆通行证、外国人永久居留身份证之一",
    ),
    ("证件号码", 24, "单元格须为文本格式，否则末尾几位会丢失"),
    ("用户类型", 12, "法人或操作员"),
    ("手机号", 16, "备案手机号，11 位，可不填；导入空单元格即清除已备案的手机号"),
    ("联系电话", 16, "可不填，导入时忽略"),
    ("备注", 20, "可不填，导入时忽略"),
)


def resident_id(place: str, birth: str, sequence: str) -> str:
    """Returns place code, date of birth YYYYMMDD and sequence with their check digit (GB 11643)."""
    body = place + birth + sequence
    return body + ric.calc_check_digit(body + "0")


def foreign_resident_id(place: str, country: str, birth: str, sequence: str) -> str:
    """Returns the 18-digit number of 2023: 9, place (2 digits), country (3), birth date, sequence, check digit."""
    return resident_id("9" + place + country, birth, sequence)


def credit_code(body: str) -> str:
    """Returns the seventeen characters with their check character (GB 32100)."""
    return body + uscc.calc_check_digit(body + "0")


NINGBO = ("宁波北潮进出口有限公司", credit_code("91330206MA2XB7C1T"))
QINGDAO = ("青岛云栈国际货运代理有限公司", credit_code("91370203MA3YK2D9R"))
PEOPLE = (
    (*NINGBO, "顾承岳", "居民身份证", resident_id("330206", "19740318", "301"), "法人", "13900005011",
     "0574-55501801", ""),
    (*NINGBO, "林知远", "居民身份证", resident_id("330206", "19900101", "421"), "操作员", "13800006027",
     "0574-55501802", "申报"),
    (*NINGBO, "沈若澜", "居民身份证", resident_id("330203", "19930727", "264"), "操作员", "13800006028",
     "0574-55501803", "单证"),
    (*NINGBO, "CHAN Tai Man", "港澳居民来往内地通行证", "H01234567", "操作员", "", "", "驻港联络"),
    (*QINGDAO, "孟庭筠", "居民身份证", resident_id("370203", "19811205", "185"), "法人", "13900006612",
     "0532-55507701", ""),
    (*QINGDAO, "阿依夏木·买买提", "居民身份证", resident_id("650104", "19950816", "324"), "操作员", "13500002208",
     "", ""),
    (*QINGDAO, "黄彦廷", "台湾居民来往大陆通行证", "06573218", "操作员", "13700007312", "", ""),
    (*QINGDAO, "Anna Maria Keller", "外国人永久居留身份证", foreign_resident_id("37", "276", "19860409", "002"),
     "操作员", "13600007325", "", "质量部"),
    (*QINGDAO, "Rahul Menon", "护照", "Z4827193", "操作员", "13500007338", "", ""),
)  # fmt: skip


def main() -> None:
    """Writes both files."""
    EXAMPLES.mkdir(exist_ok=True)
    write_workbook(EXAMPLES / "filing.xlsx")
    write_text(EXAMPLES / "filing.csv")


def write_text(path: Path) -> None:
    """Writes the list as CSV, in UTF-8 with the byte order mark that spreadsheets need."""
    header: list[object] = [name for name, _, _ in COLUMNS]
    rows = [header, *([number, *person] for number, person in enumerate(PEOPLE, start=1))]
    out = io.StringIO(newline="")
    csv.writer(out, lineterminator="\r\n").writerows(rows)
    path.write_bytes(out.getvalue().encode("utf-8-sig"))


def write_workbook(path: Path) -> None:
    """Writes a workbook: title, header with remarks, one line per person, and a sheet that explains the columns."""
    book = Workbook()
    sheet = book.active
    if not isinstance(sheet, Worksheet):
        raise TypeError("a new workbook has a sheet")
    fill_list(sheet)
    fill_explanation(book.create_sheet("填写说明"))
    book.properties.creator = "Mobile Shield"
    book.properties.created = book.properties.modified = MADE_AT
    out = io.BytesIO()
    book.save(out)
    path.write_bytes(with_fixed_times(out.getvalue()))


def fill_list(sheet: Worksheet) -> None:
    """Fills the sheet with the list, all cells as text."""
    sheet.title = "备案人员"
    sheet.append([TITLE])
    sheet.merge_cells(start_row=1, start_column=1, end_row=1, end_column=len(COLUMNS))
    sheet["A1"].font = Font(name="宋体", size=16, bold=True)
    sheet["A1"].alignment = Alignment(horizontal="center", vertical="center")
    sheet.row_dimensions[1].height = 32
    sheet.append([name for name, _, _ in COLUMNS])
    line = Side(style="thin", color="7C8A85")
    for place, (_, width, remark) in enumerate(COLUMNS, start=1):
        sheet.column_dimensions[get_column_letter(place)].width = width
        cell = sheet.cell(row=2, column=place)
        cell.font = Font(name="宋体", bold=True)
        cell.fill = PatternFill("solid", fgColor="DCEBE8")
        cell.comment = Comment(remark, "Mobile Shield")
    for number, person in enumerate(PEOPLE, start=1):
        sheet.append([str(number), *person])
    for row in sheet.iter_rows(min_row=2, max_row=sheet.max_row):
        for cell in row:
            cell.number_format = "@"
            cell.border = Border(left=line, right=line, top=line, bottom=line)
            cell.alignment = Alignment(vertical="center", wrap_text=True)
    roles = DataValidation(type="list", formula1='"法人,操作员"', allow_blank=False)
    roles.add(f"G3:G{sheet.max_row + 200}")
    sheet.add_data_validation(roles)
    sheet.freeze_panes = "A3"


def fill_explanation(sheet: Worksheet) -> None:
    """Fills the sheet that explains the columns."""
    sheet.append(["列", "填写说明"])
    for name, _, remark in COLUMNS:
        sheet.append([name, remark])
    sheet.column_dimensions["A"].width = 20
    sheet.column_dimensions["B"].width = 80


def with_fixed_times(data: bytes) -> bytes:
    """Returns the workbook with fixed times of its parts, so that each run writes the same file."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for part in old.infolist():
            content = old.read(part)
            if part.filename == "docProps/core.xml":
                content = fixed_properties(content)
            new.writestr(
                zipfile.ZipInfo(part.filename, MADE_AT.timetuple()[:6]), content, zipfile.ZIP_DEFLATED
            )
    return out.getvalue()


def fixed_properties(content: bytes) -> bytes:
    """Returns the properties with a fixed time: the library overwrites it with the time of saving."""
    text = content.decode()
    start = text.index(">", text.index("<dcterms:modified")) + 1
    end = text.index("</dcterms:modified>")
    return (text[:start] + MADE_AT.isoformat() + "Z" + text[end:]).encode()


if __name__ == "__main__":
    main()
