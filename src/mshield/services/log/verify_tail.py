"""Checks the log against the database from a trusted checkpoint on: what came since, and that what was stands below it.

Of rows whose entries are older than that, and of what isn't rows of the log, it says nothing: `verify_log` does.
"""

from collections.abc import AsyncIterator, Callable
from typing import Final

from mshield.pki.errors import LogError
from mshield.pki.tlog.compact import Followed
from mshield.pki.tlog.note import Checkpoint, open_checkpoint
from mshield.pki.tlog.tiles import HEIGHT, WIDTH
from mshield.services.log.archived import Archived, read_archived
from mshield.services.log.findings import Finding
from mshield.services.log.open_log import Log
from mshield.services.log.verify import JOB, MOST_FINDINGS, Report
from mshield.services.log.verify_authorities import check_authorities
from mshield.services.log.verify_rows import check_end, check_leaves_of, check_outside
from mshield.store.log import log as store
from mshield.store.operations.jobs import last_run

KEEP_EVERY: Final = 64
"""Tiles after which the state is kept."""


async def verify_tail(log: Log, state: Followed, *, keep: Callable[[Followed], None]) -> Report:
    """The report. `keep` is handed how far the check is, and at its end, where nothing is wrong, the new checkpoint.

    Raises StoreError.
    """
    report = Report()
    async for finding in _checks(log, report, state, keep):
        report.findings.append(finding)
        if len(report.findings) == MOST_FINDINGS:
            break
    return report


async def _checks(
    log: Log, report: Report, state: Followed, keep: Callable[[Followed], None]
) -> AsyncIterator[Finding]:
    report.waiting = await store.count_waiting(log.db)
    report.last_run = await last_run(log.db, JOB)
    stored = await store.find_state(log.db)
    if stored is None:
        yield Finding("no_log")
        return
    try:
        checkpoint = open_checkpoint(stored.checkpoint, log.key.verifier)
    except LogError as error:
        yield Finding("bad_checkpoint", detail=str(error))
        return
    report.checkpoint = checkpoint
    if checkpoint.size < state.seen.size:
        yield Finding("truncated", index=checkpoint.size, detail=f"{checkpoint.size} < {state.seen.size}")
        return
    archived, broken = await read_archived(log.db)
    for finding in broken:
        yield finding
    tail = _Tail(log, checkpoint, state, archived)
    async for finding in tail.check(keep):
        yield finding
    report.archived = archived.met
    others = [Finding("wrong_size", index=stored.size)] if checkpoint.size != stored.size else []
    others += [*await check_outside(log, checkpoint), *await check_end(log), *await check_authorities(log.db)]
    for finding in others:
        yield finding
    if not others and not broken and tail.holds:
        keep(Followed(state.key, stored.checkpoint, tail.seen))


class _Tail:
    """The entries of a log since `state`; `seen` is what was checked and holds, without a gap."""

    def __init__(self, log: Log, checkpoint: Checkpoint, state: Followed, archived: Archived) -> None:
        self._log, self._checkpoint, self._state, self._archived = log, checkpoint, state, archived
        self.seen, self.holds = state.seen, True

    async def check(self, keep: Callable[[Followed], None]) -> AsyncIterator[Finding]:
        """What is wrong; hands `keep` how far it is."""
        size = self._checkpoint.size
        for number in range(self.seen.size >> HEIGHT, -(-size // WIDTH)):
            findings, leaves = await check_leaves_of(self._log, number, size, self._archived)
            for finding in findings:
                self.holds = False
                yield finding
            if not self.holds:
                continue
            self.seen = self.seen.extend(leaves[self.seen.size - (number << HEIGHT) :])
            if number % KEEP_EVERY == KEEP_EVERY - 1 and self.seen.size < size:
                keep(Followed(self._state.key, self._state.note, self.seen))
        if self.holds and self.seen.root != self._checkpoint.root:
            self.holds = False
            yield Finding(
                "rewritten", detail=f"the first {self._state.seen.size} entries, or what came since"
            )
