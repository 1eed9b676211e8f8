"""Converts the rows of any kind of archive to the log's source rows."""

from collections.abc import Iterator, Mapping
from typing import Any

from mshield.pki.errors import LogError
from mshield.pki.tlog.merkle import leaf_hash
from mshield.pki.tlog.tiles import HEIGHT, WIDTH, split_hashes
from mshield.server.database.interface import Row
from mshield.server.log.entries import entry_of
from mshield.server.log.findings import shown
from mshield.server.log.open_log import Log
from mshield.server.log.rows.log import ACTS, EVENTS, ISSUED, ISSUES, SIGNATURES, SourceRow, find_tile
from mshield.server.retention.archive.files import ArchiveError, Line
from mshield.server.retention.rows.archiving import Whole, WholeDocument


def rows_of(line: Line) -> Iterator[tuple[SourceRow, bytes]]:
    """Yields the logged rows of a line, each with the salt stored beside it; nothing for other lines.

    Raises: KeyError, TypeError (malformed line).
    """
    if line.whole is not None:
        for document, proof in zip(line.whole.documents, line.proofs, strict=True):
            if document.signature is not None:
                yield signature_row(line.whole, document), b"" if proof is None else proof["salt"]
    elif line.name == "act":
        yield act_row(line.values["row"]), line.values["salt"]
    elif line.name == "events":
        for event in line.values["events"]:
            yield event_row(line.values["certificate"], event["row"]), event["salt"]


def signature_row(whole: Whole, document: WholeDocument) -> SourceRow:
    """Returns the source row of a signature, with its business system and display."""
    signature, task = document.signature, document.task
    assert signature is not None  # noqa: S101  # documents without one aren't logged
    content = task["content"]
    values: Row = {
        **signature,
        **{name: whole.request[name] for name in ("client_id", "asker_name", "asker_domain")},
        **{name: task[name] for name in ("title", "media_type", "display", "format", "size")},
        "message_size": len(task["message"]),
        "content_size": None if content is None else len(content),
    }
    return SourceRow(SIGNATURES, signature["log_index"], values)


def event_row(certificate: Mapping[str, Any], event: Mapping[str, Any]) -> SourceRow:
    """Returns the source row of a certificate event; an issuing event includes the issued certificate."""
    values = dict(event)
    if event["event"] in ISSUES:
        values |= {name: certificate[name] for name in ("der", *ISSUED)}
    return SourceRow(EVENTS, event["log_index"], values)


def act_row(row: Mapping[str, Any]) -> SourceRow:
    """Returns the source row of an act."""
    return SourceRow(ACTS, row["log_index"], dict(row))


async def checked_entry(log: Log, row: SourceRow) -> bytes:
    """Computes a row's entry and checks that it equals the one at its index in the log. Raises: ArchiveError."""
    index = row.log_index
    if index is None:
        raise ArchiveError("archive_not_logged", shown(row.id))
    try:
        entry = entry_of(row, log.key)
    except LogError as error:
        raise ArchiveError("archive_row_changed", shown(row.id)) from error
    tile = await find_tile(log.db, level=0, number=index >> HEIGHT) if type(index) is int else None
    hashes = [] if tile is None else split_hashes(tile.content)
    if index % WIDTH >= len(hashes) or hashes[index % WIDTH] != leaf_hash(entry):
        raise ArchiveError("archive_row_changed", shown(row.id))
    return entry
