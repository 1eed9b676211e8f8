"""Signature named by `mshield verify ARCHIVE --request ID`: one document of a request in a month's archive."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import click

_NAME: Final = re.compile(r"signatures-(\d{4}-\d{2})\.jsonl\.gz\Z")
_GZIP: Final = b"\x1f\x8b"


@dataclass(frozen=True, slots=True)
class InArchive:
    """Place of a signature in an archive: file, request and document."""

    file: Path
    month: str
    request_id: str
    document: int

    def shown(self) -> dict[str, object]:
        """Returns the place as members of the command's JSON output."""
        return {
            "file": self.file.name,
            "month": self.month,
            "request": self.request_id,
            "document": self.document,
        }


def in_archive(file: Path | None, request_id: str | None, document: int) -> InArchive | None:
    """Returns the place in a month's archive; None for another file. Raises: UsageError (archive without a request)."""
    name = None if file is None else _NAME.match(file.name)
    if file is None or name is None or not file.is_file() or not _begins_as_gzip(file):
        if request_id is not None or document:
            raise click.UsageError("--request and --document are for a month's archive, under its own name.")
        return None
    if request_id is None:
        raise click.UsageError(
            "The archive has many signatures: give --request, as listed by `mshield archive search`."
        )
    return InArchive(file, name[1], request_id, document)


def _begins_as_gzip(file: Path) -> bool:
    with file.open("rb") as content:
        return content.read(len(_GZIP)) == _GZIP
