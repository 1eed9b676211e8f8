"""Export of filing lists to files that `external.files` can read: Chinese headers, every cell as text."""

from collections.abc import Iterable
from typing import Final

from mshield.server.filing.external.files import HEADERS
from mshield.server.filing.rules import COLUMNS, FilingRecord
from mshield.server.runtime.external.table_files import ListFormat, write_table
from mshield.server.values.names import ID_TYPE_NAMES
from mshield.wire.identity import ROLE_NAMES

SHEET: Final = "备案人员"
_WIDTHS: Final = (40, 24, 20, 32, 24, 12, 16)


def write_filing(records: Iterable[FilingRecord], kind: ListFormat) -> bytes:
    """Returns the list as a file that an import reads back unchanged."""
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
    # Readers drop one leading apostrophe, as spreadsheets do, so double it.
    return [f"'{text}" if text.startswith("'") else text for text in (texts[name] for name in COLUMNS)]
