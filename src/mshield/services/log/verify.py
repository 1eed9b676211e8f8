"""Checks the whole log against the database: every row behind it, each entry, all tiles, the checkpoint, certificates.

Reads only, beside a running service. What was added meanwhile is left out. Memory is 32 bytes per 256 entries.
"""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Final

from mshield.pki.errors import LogError
from mshield.pki.tlog.merkle import Range
from mshield.pki.tlog.note import Checkpoint, open_checkpoint
from mshield.services.log.archived import read_archived
from mshield.services.log.errors import NotLogged
from mshield.services.log.findings import Finding
from mshield.services.log.open_log import Log
from mshield.services.log.read import hash_of
from mshield.services.log.verify_authorities import check_authorities
from mshield.services.log.verify_certificates import check_certificates
from mshield.services.log.verify_erasures import check_erasures
from mshield.services.log.verify_marks import check_marks
from mshield.services.log.verify_rows import check_end, check_outside, check_rows
from mshield.services.log.verify_seals import check_seals
from mshield.store.database.interface import Database
from mshield.store.log import log as store
from mshield.store.operations.jobs import last_run

JOB: Final = "log"
MOST_FINDINGS: Final = 100
"""A check stops there: who rewrote a table needn't be told of each row."""


@dataclass(slots=True)
class Report:
    """What a check saw: the checkpoint, rows that wait for their place, and everything that is wrong, in order.

    `archived` rows are in files: `mshield archive verify` compares those. `last_run` (ms) is when the service last
    looked for rows: what was changed since may be gone by the time it looks.
    """

    checkpoint: Checkpoint | None = None
    waiting: int = 0
    last_run: int | None = None
    archived: int = 0
    findings: list[Finding] = field(default_factory=list)

    @property
    def holds(self) -> bool:
        """Whether nothing is wrong."""
        return not self.findings


async def verify_log(log: Log, *, since: str | None = None) -> Report:
    """The report; `since` is a checkpoint (signed note) of an earlier day. Raises StoreError."""
    report = Report()
    async for finding in _checks(log, report, since):
        report.findings.append(finding)
        if len(report.findings) == MOST_FINDINGS:
            break
    return report


async def _checks(log: Log, report: Report, since: str | None) -> AsyncIterator[Finding]:
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
    async for finding in check_rows(log, checkpoint, archived):
        yield finding
    report.archived = archived.met
    for other in (
        *await check_outside(log, checkpoint),
        *await check_end(log),
        *await _check_since(log, checkpoint, since),
    ):
        yield other
    for check in (check_certificates, _check_authorities, check_seals, check_marks, check_erasures):
        async for finding in check(log.db):
            yield finding


async def _check_authorities(db: Database) -> AsyncIterator[Finding]:
    for finding in await check_authorities(db):
        yield finding


async def _check_since(log: Log, checkpoint: Checkpoint, since: str | None) -> list[Finding]:
    """Whether the log begins as it stood at the earlier checkpoint."""
    if since is None:
        return []
    try:
        old = open_checkpoint(since, log.key.verifier)
    except LogError as error:
        return [Finding("bad_since", detail=str(error))]
    if old.size > checkpoint.size:
        return [Finding("truncated", index=checkpoint.size, detail=f"{checkpoint.size} < {old.size}")]
    try:
        root = await hash_of(log, Range(0, old.size), checkpoint.size)
    except (LogError, NotLogged) as error:
        return [Finding("rewritten", detail=str(error))]
    return [] if root == old.root else [Finding("rewritten", detail=f"the first {old.size} entries")]
