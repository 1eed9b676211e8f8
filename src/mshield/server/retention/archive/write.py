"""Archives past months: writes them to a file, reads the file back, and only then removes the rows.

A month of one kind is archived as a whole once the database no longer needs it. The log keeps every entry:
checks of the log don't report archived rows as missing, and compare each row in the file with its entry.

Once a certificate's events are in a file, the database no longer explains its state. So before they are
removed, they must explain its state, and it must still be in that state.
"""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from mshield.server.acts.actor import SERVICE
from mshield.server.acts.rows import acts
from mshield.server.database.interface import Database, Tx
from mshield.server.log.archived import pack_places
from mshield.server.log.findings import Finding
from mshield.server.log.open_log import Log
from mshield.server.log.read import read_checkpoint
from mshield.server.log.rows.log import Life, RecordedEvent, erasures
from mshield.server.log.verify_certificates import explained
from mshield.server.retention.archive.files import (
    MANIFEST_TYPE,
    ArchiveError,
    ArchiveWriter,
    Line,
    Manifest,
    digest_of,
    read_archive,
    read_manifest,
)
from mshield.server.retention.archive.kinds import KINDS, SIGNATURES, ArchiveKind
from mshield.server.retention.archive.logged_rows import checked_entry, rows_of
from mshield.server.retention.archive.proofs import Prover
from mshield.server.retention.rows import archives
from mshield.server.retention.rows.archived_rows import standing
from mshield.server.retention.rows.archives import ArchiveRow
from mshield.server.retention.rows.archiving import Whole
from mshield.server.settings.settings import Settings

ERASED: Final = "archive.erase"

_NOW: Final = ("state", "holds", "changed_at", "revoked_at", "revocation_reason")
_EVENT: Final = ("event", "state", "holds", "at", "revocation_reason")


@dataclass(frozen=True, slots=True)
class Checked:
    """Result of checking a file; `rows` is the number of acts or events."""

    manifest: Manifest
    requests: int
    signatures: int
    rows: int

    @property
    def places(self) -> int:
        """Number of rows that are in the log."""
        return self.signatures + self.rows


@dataclass(frozen=True, slots=True)
class Archive:
    """Archive of one kind and database in a folder."""

    db: Database
    log: Log
    settings: Settings
    folder: Path
    kind: ArchiveKind = SIGNATURES

    def of(self, kind: str) -> "Archive":
        """Returns the archive of another kind in the same folder. Raises: ArchiveError (unknown kind)."""
        if kind not in KINDS:
            raise ArchiveError("archive_unknown", kind)
        return replace(self, kind=KINDS[kind])

    async def write(self, month: str, prover: Prover, *, now: int) -> ArchiveRow:
        """Writes a month (`2026-01`) to a file and reads it back. Its rows stay in the database.

        Raises: ArchiveError, StoreError, KeysError.
        """
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
        """Removes an archived month from the database after reading its file again.

        Returns the number of requests, acts or certificates. An interrupted run can be repeated. Raises:
        ArchiveError, StoreError.
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
        """Compares a file with its manifest, the manifest with the database, and each row with its log entry.

        Raises: ArchiveError (names the first difference).
        """
        manifest = read_manifest(self._manifest_file(month))
        stored = await archives.find(self.db, id=self.name_of(month))
        if stored is not None and stored.manifest != manifest.digest:
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
        actual = (requests, len(places) - rows, rows, packed, digest_of(file))
        if actual != (
            manifest.requests, manifest.signatures, manifest.rows, manifest.places, manifest.sha256
        ):  # fmt: skip
            raise ArchiveError("archive_changed", file.name)
        return Checked(manifest, requests, len(places) - rows, rows)

    def requests(self, month: str) -> Iterator[Whole]:
        """Yields the requests of a file in their order. Raises: ArchiveError."""
        for line in self._lines(month):
            if line.whole is not None:
                yield line.whole

    def rows(self, month: str) -> Iterator[Mapping[str, Any]]:
        """Yields the acts or events of a file in their order. Raises: ArchiveError."""
        for line in self._lines(month):
            if line.whole is None:
                for row, _ in rows_of(line):
                    yield row.values

    def certificates(self, month: str) -> dict[str, Mapping[str, Any]]:
        """Returns the certificates of a file by serial. Raises: ArchiveError."""
        return {
            line.values["serial"]: line.values for line in self._lines(month) if line.name == "certificate"
        }

    def last_end(self, month: str) -> int:
        """Returns the latest end (ms) of all certificates concerned by a file. Raises: ArchiveError."""
        _, end = bounds_of(month)
        return max((self.kind.ends(line, end, self.settings) for line in self._lines(month)), default=0)

    def months(self) -> list[str]:
        """Returns the months that have a manifest in the folder."""
        before, behind = len(self.kind.name) + 1, len(".manifest.json")
        return [
            file.name[before:-behind]
            for file in sorted(self.folder.glob(f"{self.kind.name}-*.manifest.json"))
        ]

    def files(self, month: str) -> tuple[Path, Path]:
        """Returns the paths of a month's file and manifest, whether they exist or not."""
        return self._data_file(month), self._manifest_file(month)

    def name_of(self, month: str) -> str:
        """Returns the id of a month's archive."""
        return f"{self.kind.name}-{month}"

    def _lines(self, month: str) -> Iterator[Line]:
        return read_archive(self._file(read_manifest(self._manifest_file(month))))

    def _file(self, manifest: Manifest) -> Path:
        file = self._data_file(manifest.month)
        if manifest.file != file.name:  # Never follow another path in a manifest.
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
    """Checks the file of each month removed from the database. Returns the findings and the number of rows compared."""
    findings, compared = [], 0
    erased = await erased_archives(archive.db)
    for row in await archives.list_all(archive.db):
        if row.id in erased:
            continue  # Its retention has ended, as an act in the log states.
        try:
            one = archive.of(row.kind)
            if row.removed_at is None and row.month not in one.months():
                continue  # Its rows are still in the database.
            compared += (await one.check(row.month)).places
        except ArchiveError as error:
            findings.append(Finding("bad_archive", table="archives", row=row.id, detail=error.en))
    return findings, compared


async def erased_archives(db: Database) -> frozenset[str]:
    """Returns the ids of archives whose files were erased according to acts."""
    return frozenset(act.subject for act in await erasures(db, act=ERASED))


def bounds_of(month: str) -> tuple[int, int]:
    """Returns the first ms of a month (`2026-01`, UTC) and of the next one. Raises: ArchiveError."""
    try:
        start = datetime.strptime(month, "%Y-%m").replace(tzinfo=UTC)
    except ValueError as error:
        raise ArchiveError("archive_unknown", month) from error
    following = start.replace(year=start.year + start.month // 12, month=start.month % 12 + 1)
    return round(start.timestamp() * 1000), round(following.timestamp() * 1000)


async def require_standing(db: Database, line: Line) -> None:
    """Checks that the certificate of a line is in the state that its events produce; other lines pass.

    Raises: ArchiveError.
    """
    if line.name != "events":
        return
    try:
        certificate = line.values["certificate"]
        life = Life(
            certificate["serial"],
            tuple([certificate[name] for name in _NOW]),
            certificate["held_since"],
            certificate["der"] is not None,
            tuple(
                [RecordedEvent(*(event["row"][name] for name in _EVENT)) for event in line.values["events"]]
            ),
            certificate["not_after"],
        )
    except (KeyError, TypeError) as error:
        raise ArchiveError("archive_changed", str(error)) from error
    if not explained(life) or await standing(db, serial=life.serial) != certificate:
        raise ArchiveError("archive_row_changed", life.serial)
