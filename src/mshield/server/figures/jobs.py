"""Jobs for the console: last and next runs, results, and running one now.

A job is run by making it due: the process that runs jobs picks it up within a second. All jobs may be
repeated at any time (server/runtime/jobs/job.py).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from mshield.server.acts.actor import By
from mshield.server.acts.rows import acts
from mshield.server.database.interface import Database, Tx
from mshield.server.errors import Conflict, NotFound
from mshield.server.runtime.rows import jobs as store
from mshield.server.runtime.rows.jobs import JobRow
from mshield.wire.times import MINUTE_MS

__all__ = ["JobRow", "WatchJobs", "WatchedJob", "held_too_long", "record_runs"]

_LONGEST_LEASE_MS: Final = 10 * MINUTE_MS
"""Longest plausible lease (ms): processes renew leases of a minute every few seconds, and clocks differ."""


@dataclass(frozen=True, slots=True)
class WatchedJob:
    """Job with its period in seconds; `row` is None if no process has registered it yet."""

    name: str
    seconds: int
    row: JobRow | None


async def record_runs(db: Database, names: Iterable[str], *, by: By, now: int) -> None:
    """Records that these jobs were requested; the caller then runs them."""

    async def work(tx: Tx) -> None:
        for name in names:
            await acts.record(tx, by=by, act="job.run", subject=name, details={}, now=now)

    await db.write(work)


async def held_too_long(db: Database, *, now: int) -> list[JobRow]:
    """Returns jobs leased for longer than any process would: their rows were tampered with."""
    return [row for row in await store.list_jobs(db) if row.lease_until > now + _LONGEST_LEASE_MS]


@dataclass(frozen=True, slots=True)
class WatchJobs:
    """Jobs of this release; `periods` are their periods in seconds, by name."""

    db: Database
    periods: Mapping[str, int]

    async def list_all(self) -> list[WatchedJob]:
        """Returns all jobs of this release, by name."""
        rows = {row.name: row for row in await store.list_jobs(self.db)}
        return [WatchedJob(name, self.periods[name], rows.get(name)) for name in sorted(self.periods)]

    async def run_now(self, name: str, *, by: By, now: int) -> WatchedJob:
        """Makes a job due. Raises: NotFound, Conflict (it is running)."""
        if name not in self.periods:
            raise NotFound

        async def work(tx: Tx) -> None:
            await store.register(tx, name=name, now=now)
            if not await store.make_due(tx, name=name, now=now):
                raise Conflict
            await acts.record(tx, by=by, act="job.run", subject=name, details={}, now=now)

        await self.db.write(work)
        return next(job for job in await self.list_all() if job.name == name)
