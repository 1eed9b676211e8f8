"""Tables to files: .xlsx with every cell as text, or .csv in UTF-8 with a mark, so that spreadsheets read it."""

import csv
import io
from collections.abc import Iterable, Sequence
from typing import Final, Literal

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.utils import get_column_letter

ListFormat = Literal["xlsx", "csv"]
_AS_TEXT: Final = "@"


def write_table(
    lines: Iterable[Sequence[str]], kind: ListFormat, *, sheet: str, widths: Sequence[int]
) -> bytes:
    """The lines, of which the first has the headings; `widths` are the columns' in a workbook."""
    return _workbook(lines, sheet, widths) if kind == "xlsx" else _text(lines)


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
        cells = [WriteOnlyCell(sheet, text) for text in line]
        for cell in cells:
            # Else a spreadsheet makes a number of it, and loses the last digits.
            cell.data_type, cell.number_format = "s", _AS_TEXT
        sheet.append(cells)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()
