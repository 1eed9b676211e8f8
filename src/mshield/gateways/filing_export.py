"""Filing lists to files: what `filing_files` reads, it writes, with Chinese headers and every cell as text."""

from collections.abc import Iterable
from typing import Final

from mshield.domain.filing import COLUMNS, FilingRecord
from mshield.domain.identity import ID_TYPE_NAMES, ROLE_NAMES
from mshield.gateways.filing_files import HEADERS
from mshield.gateways.table_files import ListFormat, write_table

SHEET: Final = "备案人员"
_WIDTHS: Final = (40, 24, 20, 32, 24, 12, 16)


def write_filing(records: Iterable[FilingRecord], kind: ListFormat) -> bytes:
    """The list as a file that an import takes back just so."""
    lines = [[HEADERS[name][0] for name in COLUMNS], *map(_cells, records)]
    return write_table(lines, kind, sheet=SHEET, widths=_WIDTHS)


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
