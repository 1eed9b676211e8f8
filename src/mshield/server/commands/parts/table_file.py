"""Writing a table to a file, whose format follows its name and which only its owner can read."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from mshield.cli.parts.output import Output, Refused, refusing

if TYPE_CHECKING:
    from mshield.server.runtime.external.table_files import ListFormat


def write_table_file(out: Output, file: Path, work: "Callable[[ListFormat], bytes]") -> int:
    """Writes the output of `work` in the format of the file's name, and returns its length in bytes.

    The file is opened before `work` runs, so that no export is recorded that can't be written.
    """
    suffix = file.suffix.lower()
    if suffix not in {".xlsx", ".csv"}:
        raise Refused(
            out.pick("文件名须以 .xlsx 或 .csv 结尾", "The file's name must end in .xlsx or .csv"),
            code="unknown_format",
            as_json=out.json,
        )
    is_new = not file.exists()
    with refusing(out, OSError):
        file.touch(mode=0o600)
        file.chmod(0o600)
        stream = file.open("r+b")
    with stream:
        try:
            content = work("xlsx" if suffix == ".xlsx" else "csv")
        except BaseException:
            if is_new:
                file.unlink(missing_ok=True)
            raise
        stream.write(content)
        stream.truncate()
    return len(content)
