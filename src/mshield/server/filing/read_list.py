"""Filing lists as files over HTTP: the media type determines the format."""

from typing import Final

from mshield.server.filing.errors import FilingFileRefused
from mshield.server.filing.external.files import FilingFileError, read_filing
from mshield.server.filing.rules import FilingRow
from mshield.server.runtime.external.table_files import ListFormat
from mshield.server.runtime.list_thread import run_in_thread

MEDIA_TYPES: Final[dict[ListFormat, str]] = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "csv": "text/csv",
}


async def read_list(data: bytes, media_type: str) -> list[FilingRow]:
    """Reads the rows of a list. Raises: FilingFileRefused."""
    plain = media_type.partition(";")[0].strip().lower()
    suffix = next((suffix for suffix, known in MEDIA_TYPES.items() if known == plain), "")
    try:
        # In a thread, since a workbook of 100 000 lines takes half a minute.
        return await run_in_thread(read_filing, data, f"list.{suffix}")
    except FilingFileError as error:
        raise FilingFileRefused(reason=error.code, zh=error.zh, en=error.en) from error
