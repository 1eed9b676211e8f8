"""Filing lists to files: what `filing_files` reads, it writes, with Chinese headers and every cell as text."""

import csv
import io
from collections.abc import Iterable
from typing import Final, Literal

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell

from mshield.domain.filing import COLUMNS, FilingRecord
from mshield.domain.identity import ID_TYPE_NAMES, ROLE_NAMES
from mshield.gateways.filing_files import HEADERS

ListFormat = Literal["xlsx", "csv"]
SHEET: Final = "备案人员"
_AS_TEXT: Final = "@"
_WIDTHS: Final = (40, 24, 20, 32, 24, 12, 16)


def write_filing(records: Iterable[FilingRecord], kind: ListFormat) -> bytes:
    """The list as a file that an import takes back just so; .csv in UTF-8 with a mark, so that spreadsheets read it."""
    lines = [[HEADERS[name][0] for name in COLUMNS], *map(_cells, records)]
    return _workbook(lines) if kind == "xlsx" else _text(lines)


def _cells(record: FilingRecord) -> list[str]:
    texts = {
        "enterprise": record.enterprise,
        "credit_code": record.credit_code,
        "name": record.name,
        "id_type": ID_TYPE_NAMES[record.id_type][0],
        "id_number": record.id_number,
        "role": ROLE_NAMES[record.role][0],
        "phone": record.phone or "",
    }
    # A reader takes one apostrophe away, as spreadsheets do.
    return [f"'{text}" if text.startswith("'") else text for text in (texts[name] for name in COLUMNS)]


def _text(lines: Iterable[list[str]]) -> bytes:
    out = io.StringIO(newline="")
    csv.writer(out).writerows(lines)
    return out.getvalue().encode("utf-8-sig")


def _workbook(lines: Iterable[list[str]]) -> bytes:
    book = Workbook(write_only=True)
    sheet = book.create_sheet(SHEET)
    for column, width in zip("ABCDEFG", _WIDTHS, strict=True):
        sheet.column_dimensions[column].width = width
    for line in lines:
        cells = [WriteOnlyCell(sheet, text) for text in line]
        for cell in cells:
            # Else a spreadsheet makes a number of it, and loses the last digits.
            cell.data_type, cell.number_format = "s", _AS_TEXT
        sheet.append(cells)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()
