"""Tables as files: .xlsx with every cell as text, or .csv in UTF-8 with a byte order mark for spreadsheets."""

import csv
import io
import re
from collections.abc import Iterable, Sequence
from typing import Final, Literal

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.utils import get_column_letter

from mshield.server.values.lines import starts_formula

ListFormat = Literal["xlsx", "csv"]
_AS_TEXT: Final = "@"
_NO_XML: Final = re.compile("[\0-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_MOST: Final = 32_767
"""Maximum length of a cell in UTF-16 units: spreadsheets silently cut longer ones."""

_LEADING: Final = ("\t", "\r", "\n")


def write_table(
    lines: Iterable[Sequence[str]], kind: ListFormat, *, sheet: str, widths: Sequence[int]
) -> bytes:
    """Returns the table as a file. The first line has the headings; `widths` are the column widths in a workbook.

    In a .csv an apostrophe precedes what a spreadsheet would read as a formula.
    """
    return _workbook(lines, sheet, widths) if kind == "xlsx" else _text(lines)


def cell_text(text: str) -> str:
    """Adapts a text for a workbook: U+FFFD for characters not allowed in XML, cut with an ellipsis if too long."""
    plain = _NO_XML.sub("\ufffd", text)
    if len(plain) * 2 <= _MOST or len(units := plain.encode("utf-16-le")) <= 2 * _MOST:
        return plain
    return units[: 2 * (_MOST - 1)].decode("utf-16-le", "ignore") + "…"


def no_formula(cell: str) -> str:
    """Escapes a cell of a .csv that would be a formula, since CSV can't mark a cell as text."""
    return f"'{cell}" if starts_formula(cell) or cell.startswith(_LEADING) else cell


def _text(lines: Iterable[Sequence[str]]) -> bytes:
    out = io.StringIO(newline="")
    csv.writer(out).writerows(map(no_formula, line) for line in lines)
    return out.getvalue().encode("utf-8-sig")


def _workbook(lines: Iterable[Sequence[str]], title: str, widths: Sequence[int]) -> bytes:
    book = Workbook(write_only=True)
    sheet = book.create_sheet(title)
    for column, width in enumerate(widths):
        sheet.column_dimensions[get_column_letter(column + 1)].width = width
    for line in lines:
        cells = [WriteOnlyCell(sheet, cell_text(text)) for text in line]
        for cell in cells:
            # Otherwise a spreadsheet converts it to a number and loses the last digits.
            cell.data_type, cell.number_format = "s", _AS_TEXT
        sheet.append(cells)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()
