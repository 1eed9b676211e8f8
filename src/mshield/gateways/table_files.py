"""Tables to files: .xlsx with every cell as text, or .csv in UTF-8 with a mark, so that spreadsheets read it."""

import csv
import io
import re
from collections.abc import Iterable, Sequence
from typing import Final, Literal

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.utils import get_column_letter

ListFormat = Literal["xlsx", "csv"]
_AS_TEXT: Final = "@"
_NO_XML: Final = re.compile("[\0-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_MOST: Final = 32_767
"""What a spreadsheet holds in a cell, in UTF-16: it cuts what is longer without a word."""


def write_table(
    lines: Iterable[Sequence[str]], kind: ListFormat, *, sheet: str, widths: Sequence[int]
) -> bytes:
    """The lines, of which the first has the headings; `widths` are the columns' in a workbook."""
    return _workbook(lines, sheet, widths) if kind == "xlsx" else _text(lines)


def cell_text(text: str) -> str:
    """As a workbook can hold it: U+FFFD for what stands in no XML, and an ellipsis at the end where it was cut."""
    plain = _NO_XML.sub("\ufffd", text)
    if len(plain) * 2 <= _MOST or len(units := plain.encode("utf-16-le")) <= 2 * _MOST:
        return plain
    return units[: 2 * (_MOST - 1)].decode("utf-16-le", "ignore") + "…"


def _text(lines: Iterable[Sequence[str]]) -> bytes:
    out = io.StringIO(newline="")
    csv.writer(out).writerows(lines)
    return out.getvalue().encode("utf-8-sig")


def _workbook(lines: Iterable[Sequence[str]], title: str, widths: Sequence[int]) -> bytes:
    book = Workbook(write_only=True)
    sheet = book.create_sheet(title)
    for column, width in enumerate(widths):
        sheet.column_dimensions[get_column_letter(column + 1)].width = width
    for line in lines:
        cells = [WriteOnlyCell(sheet, cell_text(text)) for text in line]
        for cell in cells:
            # Else a spreadsheet makes a number of it, and loses the last digits.
            cell.data_type, cell.number_format = "s", _AS_TEXT
        sheet.append(cells)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()
