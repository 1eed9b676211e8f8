"""`mshield verify ARCHIVE --request ID`: a signature straight from a month's file, checked as its bundle would be.

A file has the proofs of its rows with it, so nothing else is asked; one from before that has only the rows, and is read
at the service. Either way the bundle is believed no more than one that anybody hands in.
"""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import click

from mshield.commands.parts.output import Output, Refused, refusing
from mshield.commands.parts.service import Service, on_service

_NAME: Final = re.compile(r"signatures-(\d{4}-\d{2})\.jsonl\.gz\Z")
_GZIP: Final = b"\x1f\x8b"


@dataclass(frozen=True, slots=True)
class InArchive:
    """Which signature of which file."""

    file: Path
    month: str
    request_id: str
    document: int

    def shown(self) -> dict[str, object]:
        """As the answer tells it."""
        return {
            "file": self.file.name,
            "month": self.month,
            "request": self.request_id,
            "document": self.document,
        }


def in_archive(file: Path | None, request_id: str | None, document: int) -> InArchive | None:
    """Which signature of a month's file; None for anything else. Raises UsageError for an archive without a request."""
    name = None if file is None else _NAME.match(file.name)
    if file is None or name is None or not file.is_file() or not _begins_as_gzip(file):
        if request_id is not None or document:
            raise click.UsageError("--request and --document are for a month's archive, under its own name.")
        return None
    if request_id is None:
        raise click.UsageError("An archive has many: say --request, as mshield archive search lists them.")
    return InArchive(file, name[1], request_id, document)


def _begins_as_gzip(file: Path) -> bool:
    with file.open("rb") as content:
        return content.read(len(_GZIP)) == _GZIP


def archived_bundle(out: Output, which: InArchive) -> bytes:
    """The bundle of evidence that the file makes; it has to be the manifest's, where that lies beside it."""
    from mshield.domain.errors import DomainError
    from mshield.services.operations.archives.archive_alone import bundle_alone, require_manifest
    from mshield.services.operations.archives.archive_files import ArchiveError

    with refusing(out, DomainError):
        try:
            require_manifest(which.file)
            return bundle_alone(which.file, which.request_id, which.document).encode()
        except ArchiveError as error:
            if error.code != "archive_not_proven":
                raise Refused(out.pick(error.zh, error.en), code=error.code, as_json=out.json) from error
    return _bundle_of_service(out, which)


def _bundle_of_service(out: Output, which: InArchive) -> bytes:
    """Made of the file once the whole file was held against its manifest and the log."""
    from mshield.services.log.open_log import open_log
    from mshield.services.operations.archives.archive import Archive
    from mshield.services.operations.archives.archive_evidence import ArchivedEvidence
    from mshield.services.operations.archives.archive_files import ArchiveError

    async def run(service: Service) -> bytes:
        log = await open_log(service.db, service.keyring, service.settings, now=service.now, begin=False)
        archive = Archive(service.db, log, service.settings, which.file.parent)
        await archive.check(which.month)
        make = ArchivedEvidence(archive, service.keyring, service.engine)
        return await make(which.request_id, which.document, month=which.month, now=service.now)

    try:
        return on_service(out, run, dated=True)
    except ArchiveError as error:
        raise Refused(out.pick(error.zh, error.en), code=error.code, as_json=out.json) from error
