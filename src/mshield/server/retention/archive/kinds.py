"""Kinds of archives, by month: signatures, acts, and events of certificates whose retention has ended.

Each kind defines how long a month stays in the database, writes its rows to a file, and then removes them.
"""

from collections.abc import AsyncIterator, Mapping
from typing import Final, Protocol

from mshield.pki.certificates.certificate import parse_certificate
from mshield.pki.tlog.entry import Kind as EntryKind
from mshield.server.database.interface import Database, Tx
from mshield.server.log.open_log import Log
from mshield.server.requests.rules import LONGEST_LIFE_MS
from mshield.server.retention.archive.files import ArchiveError, ArchiveWriter, Line
from mshield.server.retention.archive.logged_rows import act_row, checked_entry, event_row, signature_row
from mshield.server.retention.archive.proofs import Prover
from mshield.server.retention.rows import archived_rows, archiving
from mshield.server.retention.rows.archiving import Whole
from mshield.server.settings.settings import Settings
from mshield.wire.ids import first_id
from mshield.wire.times import DAY_MS, years_after

_MARGIN_MS: Final = 2 * DAY_MS


class ArchiveKind(Protocol):
    """A kind of archive. `start` and `end` are the first ms of a month and of the next one."""

    @property
    def name(self) -> str:
        """Name of the kind in files and in the database."""

    def archived_from(self, end: int, settings: Settings) -> int:
        """Returns the time (ms) from which the month may be archived."""

    async def put(
        self, log: Log, writer: ArchiveWriter, prover: Prover, *, start: int, end: int, now: int
    ) -> None:
        """Writes the month's rows to a file. Raises: ArchiveError, StoreError."""

    def remove(self, db: Database, *, start: int, end: int) -> AsyncIterator[int]:
        """Removes the month's rows, one transaction at a time.

        Yields the number of requests, acts or certificates removed. Raises: StoreError.
        """

    def ends(self, line: Line, end: int, settings: Settings) -> int:
        """Returns the latest end (ms) of certificates that a line may concern; 0 if it concerns none."""


class _Signatures:
    name: Final = "signatures"

    def archived_from(self, end: int, settings: Settings) -> int:
        return end + settings.retention.request_days * DAY_MS + LONGEST_LIFE_MS + _MARGIN_MS

    async def put(
        self, log: Log, writer: ArchiveWriter, prover: Prover, *, start: int, end: int, now: int
    ) -> None:
        after, before = first_id(start), first_id(end)
        while (page := await archiving.page(log.db, after=after, before=before)).requests:
            for certificate in page.certificates:
                await prover.certificate(writer, certificate, now=now)
            for whole in page.requests:
                _require_erased(whole)
                entries = {
                    document.task["sid"]: await checked_entry(log, signature_row(whole, document))
                    for document in whole.documents
                    if document.signature is not None
                }
                await prover.request(writer, whole, entries)
            after = page.requests[-1].request["id"]

    async def remove(self, db: Database, *, start: int, end: int) -> AsyncIterator[int]:
        after, before = first_id(start), first_id(end)
        while (page := await archiving.page(db, after=after, before=before)).requests:
            first, last = page.requests[0].request["id"], page.requests[-1].request["id"]

            async def work(tx: Tx, first: str = first, last: str = last) -> int:
                return await archiving.remove(tx, first=first, last=last)

            yield await db.write(work)

    def ends(self, line: Line, end: int, settings: Settings) -> int:  # noqa: ARG002  # used by another kind
        return parse_certificate(line.values["der"]).not_after if line.name == "certificate" else 0


class _Acts:
    name: Final = "acts"

    def archived_from(self, end: int, settings: Settings) -> int:
        return end + settings.retention.act_days * DAY_MS

    async def put(
        self,
        log: Log,
        writer: ArchiveWriter,
        prover: Prover,  # noqa: ARG002  # used by another kind
        *,
        start: int,
        end: int,
        now: int,  # noqa: ARG002  # used by another kind
    ) -> None:
        after, before = first_id(start), first_id(end)
        while page := await archived_rows.acts(log.db, after=after, before=before):
            for row in page:
                entry = await checked_entry(log, act_row(row))
                salt = log.key.salt(EntryKind.ACT, row["id"].encode())
                writer.logged(
                    "act", {"row": dict(row), "salt": salt, "entry": entry}, places=[row["log_index"]]
                )
            after = page[-1]["id"]

    async def remove(self, db: Database, *, start: int, end: int) -> AsyncIterator[int]:
        after, before = first_id(start), first_id(end)
        while page := await archived_rows.acts(db, after=after, before=before):
            last = page[-1]["id"]

            async def work(tx: Tx, last: str = last) -> int:
                return await archived_rows.remove_acts(tx, after=after, last=last)

            yield await db.write(work)

    def ends(self, line: Line, end: int, settings: Settings) -> int:  # noqa: ARG002  # used by another kind
        """Returns the end of a certificate issued with the month's last act."""
        return end + settings.ca.certificate_days * DAY_MS


class _CertificateEvents:
    """Events grouped by the month in which their certificate ended, each certificate with its whole history."""

    name: Final = "certificate_events"

    def archived_from(self, end: int, settings: Settings) -> int:
        return years_after(end, settings.retention.signature_years)

    async def put(
        self,
        log: Log,
        writer: ArchiveWriter,
        prover: Prover,  # noqa: ARG002  # used by another kind
        *,
        start: int,
        end: int,
        now: int,  # noqa: ARG002  # used by another kind
    ) -> None:
        after = (start, "")
        while page := await archived_rows.lives(log.db, after=after, before=end):
            for life in page:
                events = [
                    {
                        "row": dict(event),
                        "salt": log.key.salt(EntryKind.CERTIFICATE, event["id"].encode()),
                        "entry": await checked_entry(log, event_row(life.certificate, event)),
                    }
                    for event in life.events
                ]
                writer.logged(
                    "events",
                    {"certificate": dict(life.certificate), "events": events},
                    places=[event["log_index"] for event in life.events],
                )
            after = page[-1].place

    async def remove(self, db: Database, *, start: int, end: int) -> AsyncIterator[int]:
        while page := await archived_rows.lives(db, after=(start, ""), before=end):
            first, last = page[0].place, page[-1].place

            async def work(tx: Tx, first: tuple[int, str] = first, last: tuple[int, str] = last) -> int:
                return await archived_rows.remove_events(tx, first=first, last=last)

            await db.write(work)
            yield len(page)

    def ends(self, line: Line, end: int, settings: Settings) -> int:  # noqa: ARG002  # used by another kind
        return int(line.values["certificate"]["not_after"]) if line.name == "events" else 0


SIGNATURES: Final[ArchiveKind] = _Signatures()
KINDS: Final[Mapping[str, ArchiveKind]] = {
    kind.name: kind for kind in (SIGNATURES, _Acts(), _CertificateEvents())
}


def _require_erased(whole: Whole) -> None:
    for document in whole.documents:
        task = document.task
        if task["content"] is not None or (task["size"] is None and document.signature is not None):
            raise ArchiveError("archive_contents_left", str(whole.request["id"]))
