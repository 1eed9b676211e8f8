"""Archives months of what is over: writes them to a file, reads that back, and only then takes the rows out.

A month of a kind is archived whole, once it needn't be in the database. The log keeps every entry; that an archived row
isn't there is no finding, and each row of the file is held against its entry.
"""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from mshield.domain.actor import SERVICE
from mshield.services.log.archived import pack_places
from mshield.services.log.findings import Finding
from mshield.services.log.open_log import Log
from mshield.services.log.read import read_checkpoint
from mshield.services.operations.archives.archive_files import (
    MANIFEST_TYPE,
    ArchiveError,
    ArchiveWriter,
    Line,
    Manifest,
    digest_of,
    read_archive,
    read_manifest,
)
from mshield.services.operations.archives.archive_kinds import KINDS, SIGNATURES, ArchiveKind
from mshield.services.operations.archives.archive_proofs import Prover
from mshield.services.operations.archives.logged_rows import checked_entry, rows_of
from mshield.services.operations.archives.standings import require_standing
from mshield.settings import Settings
from mshield.store.database.interface import Database, Tx
from mshield.store.log.log import erasures
from mshield.store.operations import archives
from mshield.store.operations.archives import ArchiveRow
from mshield.store.requests.archiving import Whole
from mshield.store.staff import acts

ERASED: Final = "archive.erase"


@dataclass(frozen=True, slots=True)
class Checked:
    """What a check of a file saw; `rows` are acts or events."""

    manifest: Manifest
    requests: int
    signatures: int
    rows: int

    @property
    def places(self) -> int:
        """How many rows of the log it has."""
        return self.signatures + self.rows


@dataclass(frozen=True, slots=True)
class Archive:
    """The archive of one database and kind, in a folder."""

    db: Database
    log: Log
    settings: Settings
    folder: Path
    kind: ArchiveKind = SIGNATURES

    def of(self, kind: str) -> "Archive":
        """The archive of another kind in the same folder. Raises ArchiveError for a kind that there isn't."""
        if kind not in KINDS:
            raise ArchiveError("archive_unknown", kind)
        return replace(self, kind=KINDS[kind])

    async def write(self, month: str, prover: Prover, *, now: int) -> ArchiveRow:
        """Writes a month (`2026-01`) and reads it back; its rows stay. Raises ArchiveError, StoreError, KeysError."""
        start, end = bounds_of(month)
        if self.kind.archived_from(end, self.settings) > now:
            raise ArchiveError("archive_too_young", month)
        if await archives.find(self.db, id=self.name_of(month)) is not None:
            raise ArchiveError("archive_exists", month)
        writer = ArchiveWriter(self._data_file(month), kind=self.kind.name, month=month)
        try:
            await self.kind.put(self.log, writer, prover, start=start, end=end, now=now)
            _require_some(writer, month)
            await prover.end(writer, now=now)
        except BaseException:
            writer.drop()
            raise
        writer.end()
        return await self._recorded(month, writer, now)

    async def _recorded(self, month: str, writer: ArchiveWriter, now: int) -> ArchiveRow:
        file, places = self._data_file(month), pack_places(writer.places)
        manifest = Manifest(
            type=MANIFEST_TYPE,
            kind=self.kind.name,
            month=month,
            file=file.name,
            sha256=digest_of(file),
            requests=writer.requests,
            signatures=len(writer.places) - writer.rows,
            places=hashlib.sha256(places).hexdigest(),
            log_key=str(self.log.key.verifier),
            checkpoint=await read_checkpoint(self.log),
            written_at=now,
            rows=writer.rows,
        )
        self._manifest_file(month).write_bytes(manifest.encode())
        await self.check(month)
        row = ArchiveRow(
            id=self.name_of(month),
            kind=self.kind.name,
            month=month,
            requests=manifest.requests,
            signatures=manifest.signatures,
            rows=manifest.rows,
            manifest=manifest.digest,
            written_at=now,
            removed_at=None,
        )

        async def record(tx: Tx) -> None:
            if not await archives.insert(tx, row, places=places):
                raise ArchiveError("archive_exists", month)
            details = {"manifest": row.manifest, **row.counts}
            await acts.record(tx, by=SERVICE, act="archive.write", subject=row.id, details=details, now=now)

        await self.db.write(record)
        return row

    async def remove(self, month: str, *, now: int) -> int:
        """Takes an archived month out of the database, once its file has been read again.

        Gives the requests, acts or certificates. A run that was cut short is repeated. Raises ArchiveError, StoreError.
        """
        row = await archives.find(self.db, id=self.name_of(month))
        if row is None:
            raise ArchiveError("archive_unknown", month)
        await self.check(month)
        start, end = bounds_of(month)
        removed = 0
        async for count in self.kind.remove(self.db, start=start, end=end):
            removed += count
        if row.removed_at is None:

            async def record(tx: Tx) -> None:
                await archives.mark_removed(tx, id=row.id, now=now)
                await acts.record(
                    tx, by=SERVICE, act="archive.remove", subject=row.id, details=row.counts, now=now
                )

            await self.db.write(record)
        return removed

    async def check(self, month: str) -> Checked:
        """Holds a file against its manifest, the manifest against the database, and each row against its entry.

        Raises ArchiveError, which names the first that differs.
        """
        manifest = read_manifest(self._manifest_file(month))
        known = await archives.find(self.db, id=self.name_of(month))
        if known is not None and known.manifest != manifest.digest:
            raise ArchiveError("archive_changed", self._manifest_file(month).name)
        file = self._file(manifest)
        requests, rows, places = 0, 0, []
        for line in self._lines(month):
            logged = [row for row, _ in rows_of(line)]
            for row in logged:
                await checked_entry(self.log, row)
                places.append(int(row.log_index or 0))
            requests += line.whole is not None
            rows += 0 if line.whole is not None else len(logged)
            await require_standing(self.db, line)
        packed = hashlib.sha256(pack_places(places)).hexdigest()
        counted = (requests, len(places) - rows, rows, packed, digest_of(file))
        if counted != (
            manifest.requests, manifest.signatures, manifest.rows, manifest.places, manifest.sha256
        ):  # fmt: skip
            raise ArchiveError("archive_changed", file.name)
        return Checked(manifest, requests, len(places) - rows, rows)

    def requests(self, month: str) -> Iterator[Whole]:
        """The requests of a file in their order. Raises ArchiveError."""
        for line in self._lines(month):
            if line.whole is not None:
                yield line.whole

    def rows(self, month: str) -> Iterator[Mapping[str, Any]]:
        """The acts or events of a file in their order. Raises ArchiveError."""
        for line in self._lines(month):
            if line.whole is None:
                for row, _ in rows_of(line):
                    yield row.values

    def certificates(self, month: str) -> dict[str, Mapping[str, Any]]:
        """The certificates of a file, by serial. Raises ArchiveError."""
        return {
            line.values["serial"]: line.values for line in self._lines(month) if line.name == "certificate"
        }

    def last_end(self, month: str) -> int:
        """When (ms) the last certificate ends of which a file speaks. Raises ArchiveError."""
        _, end = bounds_of(month)
        return max((self.kind.ends(line, end, self.settings) for line in self._lines(month)), default=0)

    def months(self) -> list[str]:
        """Those that have a manifest in the folder."""
        before, behind = len(self.kind.name) + 1, len(".manifest.json")
        return [
            file.name[before:-behind]
            for file in sorted(self.folder.glob(f"{self.kind.name}-*.manifest.json"))
        ]

    def files(self, month: str) -> tuple[Path, Path]:
        """Where file and manifest of a month stand; they needn't be there."""
        return self._data_file(month), self._manifest_file(month)

    def name_of(self, month: str) -> str:
        """By which a month's archive is known."""
        return f"{self.kind.name}-{month}"

    def _lines(self, month: str) -> Iterator[Line]:
        return read_archive(self._file(read_manifest(self._manifest_file(month))))

    def _file(self, manifest: Manifest) -> Path:
        file = self._data_file(manifest.month)
        if manifest.file != file.name:  # no path of somebody else's
            raise ArchiveError("archive_changed", manifest.month)
        return file

    def _data_file(self, month: str) -> Path:
        return self.folder / f"{self.name_of(month)}.jsonl.gz"

    def _manifest_file(self, month: str) -> Path:
        return self.folder / f"{self.name_of(month)}.manifest.json"


def _require_some(writer: ArchiveWriter, month: str) -> None:
    if not writer.places and not writer.requests:
        raise ArchiveError("archive_empty", month)


async def compare_archives(archive: Archive) -> tuple[list[Finding], int]:
    """Each month that left the database in its file: what is wrong, and how many rows were compared."""
    findings, compared = [], 0
    erased = await erased_archives(archive.db)
    for row in await archives.list_all(archive.db):
        if row.id in erased:
            continue  # its time was over, as an act in the log says
        try:
            one = archive.of(row.kind)
            if row.removed_at is None and row.month not in one.months():
                continue  # its rows are in the database still
            compared += (await one.check(row.month)).places
        except ArchiveError as error:
            findings.append(Finding("bad_archive", table="archives", row=row.id, detail=error.en))
    return findings, compared


async def erased_archives(db: Database) -> frozenset[str]:
    """Months whose files were erased, as acts say."""
    return frozenset(act.subject for act in await erasures(db, act=ERASED))


def bounds_of(month: str) -> tuple[int, int]:
    """The first ms of a month (`2026-01`, UTC), and that of the next. Raises ArchiveError."""
    try:
        start = datetime.strptime(month, "%Y-%m").replace(tzinfo=UTC)
    except ValueError as error:
        raise ArchiveError("archive_unknown", month) from error
    following = start.replace(year=start.year + start.month // 12, month=start.month % 12 + 1)
    return round(start.timestamp() * 1000), round(following.timestamp() * 1000)
