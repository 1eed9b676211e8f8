"""Check of the log against the database: logged rows, entries, tiles, the checkpoint, certificates.

A check may also start from a trusted checkpoint. It then covers the rows added since, and whether the log
still begins with that checkpoint's entries; older rows and data outside the log's rows aren't checked. It
only reads, while the service may be running; entries added during the check are ignored. It needs 32 bytes of
memory per 256 entries.
"""

from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from typing import Final

from mshield.pki.errors import LogError
from mshield.pki.tlog.compact import Compact, Followed
from mshield.pki.tlog.merkle import HASH_BYTES, Range
from mshield.pki.tlog.note import Checkpoint, open_checkpoint
from mshield.pki.tlog.tiles import HEIGHT, WIDTH
from mshield.server.database.interface import Database
from mshield.server.log.archived import read_archived
from mshield.server.log.damage import NotLogged
from mshield.server.log.findings import Finding
from mshield.server.log.open_log import Log
from mshield.server.log.parts import Parts, parts_of
from mshield.server.log.progress_file import ProgressFile
from mshield.server.log.read import hash_of
from mshield.server.log.rows import log as store
from mshield.server.log.rows.log import State
from mshield.server.log.verify_authorities import check_authorities
from mshield.server.log.verify_certificates import check_certificates
from mshield.server.log.verify_erasures import check_erasures
from mshield.server.log.verify_marks import check_marks
from mshield.server.log.verify_rows import PART, Part, check_end, check_levels, check_outside, runs_of
from mshield.server.log.verify_seals import check_seals
from mshield.server.runtime.rows.jobs import last_run

JOB: Final = "log"
MOST_FINDINGS: Final = 100
"""Number of findings after which a check stops: for a rewritten table, a list of all rows is of no use."""


@dataclass(slots=True)
class Report:
    """Result of a check: the checkpoint, the number of waiting rows, and all faults, in order.

    `archived` rows are in files, which `mshield archive verify` compares. `last_run` (ms) is when the service
    last sequenced rows: a change made since may be undone before the next run.
    """

    checkpoint: Checkpoint | None = None
    waiting: int = 0
    last_run: int | None = None
    archived: int = 0
    findings: list[Finding] = field(default_factory=list)

    @property
    def holds(self) -> bool:
        """Whether there is no finding."""
        return not self.findings


@dataclass(frozen=True, slots=True, kw_only=True)
class Extent:
    """Scope of a check; by default everything: rows, entries, the tree, and data outside the log.

    - `since`: a checkpoint (signed note) of an earlier day that the log must continue.
    - `state`: a trusted checkpoint; then only newer entries are checked, and whether the log still begins
      with that checkpoint's entries.
    - `keep`: receives the progress of such a check, and at its end, without findings, the new checkpoint.
    - `resumed`: progress file of an interrupted full check, which continues there.
    - `processes`: number of parallel processes; None: one per core.
    - `progress`: receives how many entries were read, and the total.
    """

    since: str | None = None
    state: Followed | None = None
    keep: Callable[[Followed], None] = lambda _: None
    resumed: ProgressFile | None = None
    processes: int | None = 1
    progress: Callable[[int, int], None] = lambda *_: None


_ALL: Final = Extent()


async def verify_log(log: Log, extent: Extent = _ALL, *, since: str | None = None) -> Report:
    """Runs a check; `since` replaces that of the extent. Raises: StoreError, OSError (of the progress file)."""
    extent = extent if since is None else replace(extent, since=since)
    report = Report()
    async with aclosing(_checks(log, report, extent)) as checks:
        async for finding in checks:
            report.findings.append(finding)
            if len(report.findings) == MOST_FINDINGS:
                break
    return report


async def _checks(log: Log, report: Report, extent: Extent) -> AsyncGenerator[Finding]:
    report.waiting = await store.count_waiting(log.db)
    report.last_run = await last_run(log.db, JOB)
    state = await store.find_state(log.db)
    if state is None:
        yield Finding("no_log")
        return
    try:
        checkpoint = open_checkpoint(state.checkpoint, log.key.verifier)
    except LogError as error:
        yield Finding("bad_checkpoint", detail=str(error))
        return
    report.checkpoint = checkpoint
    if checkpoint.size != state.size:
        yield Finding("wrong_size", index=state.size)
    archived, broken = await read_archived(log.db)
    for finding in broken:
        yield finding
    rows = _Rows(report, checkpoint, extent, parts_of(log, archived, extent.processes))
    async for finding in _all(log, rows) if extent.state is None else _since(log, rows, extent.state, state):
        yield finding


async def _all(log: Log, rows: "_Rows") -> AsyncIterator[Finding]:
    async for finding in rows.whole(log):
        yield finding
    checkpoint, extent = rows.checkpoint, rows.extent
    for other in (
        *await check_outside(log, checkpoint),
        *await check_end(log),
        *await _check_since(log, checkpoint, extent.since),
    ):
        yield other
    for check in (check_certificates, _check_authorities, check_seals, check_marks, check_erasures):
        async for finding in check(log.db):
            yield finding
    if extent.resumed is not None:
        extent.resumed.end()


async def _since(log: Log, rows: "_Rows", before: Followed, state: State) -> AsyncIterator[Finding]:
    """Checks from a trusted checkpoint on; without findings, the current checkpoint becomes the trusted one."""
    checkpoint = rows.checkpoint
    if checkpoint.size < before.seen.size:
        yield _truncated(checkpoint.size, before.seen.size)
        return
    async for finding in rows.tail(before):
        yield finding
    for other in (
        *await check_outside(log, checkpoint),
        *await check_end(log),
        *await check_authorities(log.db),
    ):
        yield other
    if rows.report.holds:
        rows.extent.keep(Followed(before.key, state.checkpoint, rows.seen))


class _Rows:
    """Entries of a log, read in parts; `seen` covers those of a tail checked without a fault and without a gap."""

    def __init__(self, report: Report, checkpoint: Checkpoint, extent: Extent, parts: Parts) -> None:
        self.report, self.checkpoint, self.extent, self._parts = report, checkpoint, extent, parts
        self.seen = Compact()

    async def whole(self, log: Log) -> AsyncIterator[Finding]:
        """Checks each row, each entry, each tile, and the root."""
        size, resumed, holds = self.checkpoint.size, self.extent.resumed, True
        full = [] if resumed is None else resumed.roots[: (size >> HEIGHT) // PART * PART]
        # Stored roots end with a complete part, unless the file was edited; then read the incomplete part
        # again.
        full, edge = full[: len(full) // PART * PART], b""
        async for part in self._read(len(full)):
            for finding in part.findings:
                holds = False
                yield finding
            if holds and resumed is not None and len(part.full) == PART:
                resumed.add(part.full)
            full += part.full
            edge = part.edge
        async for finding in check_levels(log, self.checkpoint, full, edge):
            yield finding

    async def tail(self, state: Followed) -> AsyncIterator[Finding]:
        """Checks each row and entry since that state, and that together they yield the checkpoint."""
        self.seen, holds, size = state.seen, True, self.checkpoint.size
        number = self.seen.size >> HEIGHT
        async for part in self._read(number):
            for finding in part.findings:
                holds = False
                yield finding
            if holds:
                hashes = [part.leaves[at : at + HASH_BYTES] for at in range(0, len(part.leaves), HASH_BYTES)]
                self.seen = self.seen.extend(hashes[self.seen.size - (number << HEIGHT) :])
                if self.seen.size < size:
                    self.extent.keep(Followed(state.key, state.note, self.seen))
            number += len(part.leaves) // HASH_BYTES // WIDTH
        if holds and self.seen.root != self.checkpoint.root:
            yield Finding("rewritten", detail=f"the first {state.seen.size} entries, or later ones")

    async def _read(self, first: int) -> AsyncIterator[Part]:
        size = self.checkpoint.size
        runs = runs_of(first, size)
        async with aclosing(self._parts(runs, size)) as parts:
            number = 0
            async for part in parts:
                self.report.archived += part.archived
                yield part
                number += 1
                if len(runs) > 1:
                    self.extent.progress(min(runs[number - 1].stop << HEIGHT, size), size)


async def _check_authorities(db: Database) -> AsyncIterator[Finding]:
    for finding in await check_authorities(db):
        yield finding


async def _check_since(log: Log, checkpoint: Checkpoint, since: str | None) -> list[Finding]:
    """Checks that the log begins with the tree of the earlier checkpoint."""
    if since is None:
        return []
    try:
        old = open_checkpoint(since, log.key.verifier)
    except LogError as error:
        return [Finding("bad_since", detail=str(error))]
    if old.size > checkpoint.size:
        return [_truncated(checkpoint.size, old.size)]
    try:
        root = await hash_of(log, Range(0, old.size), checkpoint.size)
    except (LogError, NotLogged) as error:
        return [Finding("rewritten", detail=str(error))]
    return [] if root == old.root else [Finding("rewritten", detail=f"the first {old.size} entries")]


def _truncated(size: int, before: int) -> Finding:
    return Finding("truncated", index=size, detail=f"{size} < {before}")
