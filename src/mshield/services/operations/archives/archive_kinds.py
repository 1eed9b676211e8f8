"""What may be archived, by month: signatures, acts, and what happened to certificates whose time is over.

Each says how long a month stays in the database, puts its rows into a file, and takes them out afterwards.
"""

from collections.abc import AsyncIterator, Mapping
from typing import Final, Protocol

from mshield.domain.ids import first_id
from mshield.domain.requests import LONGEST_LIFE_MS
from mshield.domain.times import DAY_MS, years_after
from mshield.pki.certificates.certificate import parse_certificate
from mshield.pki.tlog.entry import Kind as EntryKind
from mshield.services.log.open_log import Log
from mshield.services.operations.archives.archive_files import ArchiveError, ArchiveWriter, Line
from mshield.services.operations.archives.archive_proofs import Prover
from mshield.services.operations.archives.logged_rows import (
    act_row,
    checked_entry,
    event_row,
    signature_row,
)
from mshield.settings import Settings
from mshield.store.database.interface import Database, Tx
from mshield.store.operations import archived_rows
from mshield.store.requests import archiving
from mshield.store.requests.archiving import Whole

_MARGIN_MS: Final = 2 * DAY_MS


class ArchiveKind(Protocol):
    """A kind. `start` and `end` are a month's first ms, and the next one's."""

    @property
    def name(self) -> str:
        """As files and the database call it."""

    def archived_from(self, end: int, settings: Settings) -> int:
        """From when on (ms) the month may be archived."""

    async def put(
        self, log: Log, writer: ArchiveWriter, prover: Prover, *, start: int, end: int, now: int
    ) -> None:
        """Puts its rows into a file. Raises ArchiveError, StoreError."""

    def remove(self, db: Database, *, start: int, end: int) -> AsyncIterator[int]:
        """Takes them out, a transaction at a time: how many requests, acts or certificates. Raises StoreError."""

    def ends(self, line: Line, end: int, settings: Settings) -> int:
        """When (ms) the last certificate ends that a line may speak of; 0 where it speaks of none."""


class _Signatures:
    name: Final = "signatures"

    def archived_from(self, end: int, settings: Settings) -> int:
        return end + settings.keep_request_days * DAY_MS + LONGEST_LIFE_MS + _MARGIN_MS

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

    def ends(self, line: Line, end: int, settings: Settings) -> int:  # noqa: ARG002  # another kind's
        return parse_certificate(line.values["der"]).not_after if line.name == "certificate" else 0


class _Acts:
    name: Final = "acts"

    def archived_from(self, end: int, settings: Settings) -> int:
        return end + settings.keep_act_days * DAY_MS

    async def put(
        self,
        log: Log,
        writer: ArchiveWriter,
        prover: Prover,  # noqa: ARG002  # another kind's
        *,
        start: int,
        end: int,
        now: int,  # noqa: ARG002  # another kind's
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

    def ends(self, line: Line, end: int, settings: Settings) -> int:  # noqa: ARG002  # another kind's
        """One that was issued with the month's last act."""
        return end + settings.certificate_days * DAY_MS


class _CertificateEvents:
    """By the month in which certificates ended, each with all that ever happened to it."""

    name: Final = "certificate_events"

    def archived_from(self, end: int, settings: Settings) -> int:
        return years_after(end, settings.keep_signature_years)

    async def put(
        self,
        log: Log,
        writer: ArchiveWriter,
        prover: Prover,  # noqa: ARG002  # another kind's
        *,
        start: int,
        end: int,
        now: int,  # noqa: ARG002  # another kind's
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

    def ends(self, line: Line, end: int, settings: Settings) -> int:  # noqa: ARG002  # another kind's
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
