"""Filing lists as files that come and go over HTTP: the media type says what a file is."""

from typing import Final

from mshield.domain import errors
from mshield.domain.filing import FilingRow
from mshield.gateways.filing_files import FilingFileError, read_filing
from mshield.gateways.table_files import ListFormat
from mshield.services.filing.aside import aside

MEDIA_TYPES: Final[dict[ListFormat, str]] = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "csv": "text/csv",
}


async def read_list(data: bytes, media_type: str) -> list[FilingRow]:
    """The rows of a list. Raises FilingFileRefused."""
    plain = media_type.partition(";")[0].strip().lower()
    suffix = next((suffix for suffix, known in MEDIA_TYPES.items() if known == plain), "")
    try:
        # In a thread: a workbook of 100 000 lines takes half a minute.
        return await aside(read_filing, data, f"list.{suffix}")
    except FilingFileError as error:
        raise errors.FilingFileRefused(reason=error.code, zh=error.zh, en=error.en) from error
