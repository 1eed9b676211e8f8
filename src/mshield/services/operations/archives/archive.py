"""Archives months of signatures: writes them to a file, reads that back, and only then takes the rows out.

A month is archived whole, once the personal data of its requests are over. The log keeps every entry; that an archived
row isn't there is no finding, and each row of the file is held against its entry.
"""

import hashlib
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from mshield.domain.actor import SERVICE
from mshield.domain.ids import first_id
from mshield.domain.times import DAY_MS
from mshield.pki.errors import LogError
from mshield.pki.tlog.merkle import leaf_hash
from mshield.pki.tlog.tiles import HEIGHT, WIDTH, split_hashes
from mshield.services.log.archived import pack_places
from mshield.services.log.entries import entry_of
from mshield.services.log.findings import Finding
from mshield.services.log.open_log import Log
from mshield.services.log.read import read_checkpoint
from mshield.services.operations.archives.archive_files import (
    MANIFEST_TYPE,
    ArchiveError,
    ArchiveWriter,
    Manifest,
    digest_of,
    read_archive,
    read_manifest,
)
from mshield.services.operations.retention import LONGEST_LIFE_MS
from mshield.settings import Settings
from mshield.store.database.interface import Database, Row, Tx
from mshield.store.log.log import SIGNATURES, SourceRow, erasures, find_tile
from mshield.store.operations import archives
from mshield.store.operations.archives import ArchiveRow
from mshield.store.requests import archiving as store
from mshield.store.requests.archiving import Whole, WholeDocument
from mshield.store.staff import acts

KIND: Final = "signatures"
ERASED: Final = "archive.erase"
_MARGIN_MS: Final = 2 * DAY_MS


@dataclass(frozen=True, slots=True)
class Checked:
    """What a check of a file saw."""

    manifest: Manifest
    requests: int
    signatures: int


@dataclass(frozen=True, slots=True)
class Archive:
    """The archive of one database, in a folder."""

    db: Database
    log: Log
    settings: Settings
    folder: Path

    async def write(self, month: str, *, now: int) -> ArchiveRow:
        """Writes a month (`2026-01`) and reads it back; its rows stay. Raises ArchiveError, StoreError."""
        start, end = bounds_of(month)
        if end + self.settings.keep_request_days * DAY_MS + LONGEST_LIFE_MS + _MARGIN_MS > now:
            raise ArchiveError("archive_too_young", month)
        if await archives.find(self.db, id=name_of(month)) is not None:
            raise ArchiveError("archive_exists", month)
        file = self.folder / f"{name_of(month)}.jsonl.gz"
        writer = ArchiveWriter(file, kind=KIND, month=month)
        try:
            async for page in self._pages(first_id(start), first_id(end)):
                for certificate in page.certificates:
                    writer.certificate(certificate)
                for whole in page.requests:
                    _require_erased(whole)
                    writer.request(whole)
        except BaseException:
            writer.drop()
            raise
        if not writer.requests:
            writer.drop()
            raise ArchiveError("archive_empty", month)
        writer.end()
        places = pack_places(writer.places)
        manifest = Manifest(
            type=MANIFEST_TYPE,
            kind=KIND,
            month=month,
            file=file.name,
            sha256=digest_of(file),
            requests=writer.requests,
            signatures=len(writer.places),
            places=hashlib.sha256(places).hexdigest(),
            log_key=str(self.log.key.verifier),
            checkpoint=await read_checkpoint(self.log),
            written_at=now,
        )
        self._manifest_file(month).write_bytes(manifest.encode())
        await self.check(month)
        row = ArchiveRow(
            name_of(month), KIND, month, writer.requests, len(writer.places), manifest.digest, now, None
        )

        async def record(tx: Tx) -> None:
            if not await archives.insert(tx, row, places=places):
                raise ArchiveError("archive_exists", month)
            details = {
                "manifest": row.manifest,
                "archived_requests": row.requests,
                "archived_signatures": row.signatures,
            }
            await acts.record(tx, by=SERVICE, act="archive.write", subject=row.id, details=details, now=now)

        await self.db.write(record)
        return row

    async def remove(self, month: str, *, now: int) -> int:
        """Takes an archived month out of the database, once its file has been read again; gives the requests.

        A run that was cut short is repeated. Raises ArchiveError, StoreError.
        """
        row = await archives.find(self.db, id=name_of(month))
        if row is None:
            raise ArchiveError("archive_unknown", month)
        await self.check(month)
        start, end = bounds_of(month)
        removed = 0
        while (page := await store.page(self.db, after=first_id(start), before=first_id(end))).requests:
            first, last = page.requests[0].request["id"], page.requests[-1].request["id"]
            removed += await self.db.write(_Removal(first, last))
        if row.removed_at is None:
            details = {"archived_requests": row.requests}

            async def record(tx: Tx) -> None:
                await archives.mark_removed(tx, id=row.id, now=now)
                await acts.record(
                    tx, by=SERVICE, act="archive.remove", subject=row.id, details=details, now=now
                )

            await self.db.write(record)
        return removed

    async def check(self, month: str) -> Checked:
        """Holds a file against its manifest, the manifest against the database, and each row against its entry.

        Raises ArchiveError, which names the first that differs.
        """
        manifest = read_manifest(self._manifest_file(month))
        known = await archives.find(self.db, id=name_of(month))
        if known is not None and known.manifest != manifest.digest:
            raise ArchiveError("archive_changed", self._manifest_file(month).name)
        file = self._file(manifest)
        requests, places = 0, []
        for whole in self.requests(month):
            requests += 1
            for document in whole.documents:
                if document.signature is not None:
                    await self._check_row(whole, document)
                    places.append(document.signature["log_index"])
        packed = hashlib.sha256(pack_places(places)).hexdigest()
        counted = (requests, len(places), packed, digest_of(file))
        if counted != (manifest.requests, manifest.signatures, manifest.places, manifest.sha256):
            raise ArchiveError("archive_changed", file.name)
        return Checked(manifest, requests, len(places))

    def requests(self, month: str) -> Iterator[Whole]:
        """The requests of a file in their order. Raises ArchiveError."""
        for line in read_archive(self._file(read_manifest(self._manifest_file(month)))):
            if line.whole is not None:
                yield line.whole

    def certificates(self, month: str) -> dict[str, Mapping[str, Any]]:
        """The certificates of a file, by serial. Raises ArchiveError."""
        lines = read_archive(self._file(read_manifest(self._manifest_file(month))))
        return {
            line.certificate["serial"]: line.certificate for line in lines if line.certificate is not None
        }

    def months(self) -> list[str]:
        """Those that have a manifest in the folder."""
        ends = len(".manifest.json")
        names = [file.name[:-ends] for file in sorted(self.folder.glob(f"{KIND}-*.manifest.json"))]
        return [name.removeprefix(f"{KIND}-") for name in names]

    def files(self, month: str) -> tuple[Path, Path]:
        """Where file and manifest of a month stand; they needn't be there."""
        return self.folder / f"{name_of(month)}.jsonl.gz", self._manifest_file(month)

    async def _pages(self, after: str, before: str) -> AsyncIterator[store.Page]:
        while (page := await store.page(self.db, after=after, before=before)).requests:
            yield page
            after = page.requests[-1].request["id"]

    async def _check_row(self, whole: Whole, document: WholeDocument) -> None:
        row = SourceRow(SIGNATURES, None, _logged(whole, document))
        index = row.values["log_index"]
        try:
            leaf = leaf_hash(entry_of(row, self.log.key))
        except LogError as error:
            raise ArchiveError("archive_row_changed", str(whole.request["id"])) from error
        if not isinstance(index, int) or await self._leaf(index) != leaf:
            raise ArchiveError("archive_row_changed", str(whole.request["id"]))

    async def _leaf(self, index: int) -> bytes | None:
        tile = await find_tile(self.db, level=0, number=index >> HEIGHT)
        hashes = [] if tile is None else split_hashes(tile.content)
        return hashes[index % WIDTH] if index % WIDTH < len(hashes) else None

    def _file(self, manifest: Manifest) -> Path:
        if manifest.file != f"{name_of(manifest.month)}.jsonl.gz":  # no path of somebody else's
            raise ArchiveError("archive_changed", manifest.month)
        return self.folder / manifest.file

    def _manifest_file(self, month: str) -> Path:
        return self.folder / f"{name_of(month)}.manifest.json"


async def compare_archives(archive: Archive) -> tuple[list[Finding], int]:
    """Each month that left the database in its file: what is wrong, and how many signatures were compared."""
    findings, compared = [], 0
    erased = await erased_archives(archive.db)
    for row in await archives.list_all(archive.db):
        if row.id in erased:
            continue  # its time was over, as an act in the log says
        if row.removed_at is None and row.month not in archive.months():
            continue  # its rows are in the database still
        try:
            compared += (await archive.check(row.month)).signatures
        except ArchiveError as error:
            findings.append(Finding("bad_archive", table="archives", row=row.id, detail=error.en))
    return findings, compared


async def erased_archives(db: Database) -> frozenset[str]:
    """Months whose files were erased, as acts say."""
    return frozenset(act.subject for act in await erasures(db, act=ERASED))


def name_of(month: str) -> str:
    """By which a month's archive is known."""
    return f"{KIND}-{month}"


def bounds_of(month: str) -> tuple[int, int]:
    """The first ms of a month (`2026-01`, UTC), and that of the next. Raises ArchiveError."""
    try:
        start = datetime.strptime(month, "%Y-%m").replace(tzinfo=UTC)
    except ValueError as error:
        raise ArchiveError("archive_unknown", month) from error
    following = start.replace(year=start.year + start.month // 12, month=start.month % 12 + 1)
    return round(start.timestamp() * 1000), round(following.timestamp() * 1000)


@dataclass(frozen=True, slots=True)
class _Removal:
    """One transaction."""

    first: str
    last: str

    async def __call__(self, tx: Tx) -> int:
        return await store.remove(tx, first=self.first, last=self.last)


def _require_erased(whole: Whole) -> None:
    for document in whole.documents:
        task = document.task
        if task["content"] is not None or (task["size"] is None and document.signature is not None):
            raise ArchiveError("archive_contents_left", str(whole.request["id"]))


def _logged(whole: Whole, document: WholeDocument) -> Row:
    """The row as the log reads it: the signature, who asked, and what was shown."""
    assert document.signature is not None  # noqa: S101  # those without are in no log
    task, content = document.task, document.task["content"]
    return {
        **document.signature,
        **{name: whole.request[name] for name in ("client_id", "asker_name", "asker_domain")},
        **{name: task[name] for name in ("title", "media_type", "display", "format", "size")},
        "message_size": len(task["message"]),
        "content_size": None if content is None else len(content),
    }
