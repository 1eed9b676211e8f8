"""The service's jobs as staff see them: when each ran and will run, what became of it; and running one now.

A job is run by making it due: whichever process runs the jobs takes it within a second. All jobs bear being run again
at any time (services/jobs/job.py).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from mshield.domain import errors
from mshield.domain.actor import By
from mshield.domain.times import MINUTE_MS
from mshield.store.database.interface import Database, Tx
from mshield.store.operations import jobs as store
from mshield.store.operations.jobs import JobRow
from mshield.store.staff import acts

__all__ = ["JobRow", "WatchJobs", "WatchedJob", "held_too_long", "record_runs"]

_LONGEST_LEASE_MS: Final = 10 * MINUTE_MS
"""A process renews its lease every few seconds, a minute at a time; and clocks differ."""


@dataclass(frozen=True, slots=True)
class WatchedJob:
    """A job with its period in seconds; `row` is None where no process has looked at it yet."""

    name: str
    seconds: int
    row: JobRow | None


async def record_runs(db: Database, names: Iterable[str], *, by: By, now: int) -> None:
    """Records that somebody asked for these jobs; the caller runs them next."""

    async def work(tx: Tx) -> None:
        for name in names:
            await acts.record(tx, by=by, act="job.run", subject=name, details={}, now=now)

    await db.write(work)


async def held_too_long(db: Database, *, now: int) -> list[JobRow]:
    """Jobs that are held for longer than any process holds one: somebody keeps them from being done."""
    return [row for row in await store.list_jobs(db) if row.lease_until > now + _LONGEST_LEASE_MS]


@dataclass(frozen=True, slots=True)
class WatchJobs:
    """`periods` are those of the jobs that this version has, in seconds by name."""

    db: Database
    periods: Mapping[str, int]

    async def list_all(self) -> list[WatchedJob]:
        """All jobs of this version, by name."""
        rows = {row.name: row for row in await store.list_jobs(self.db)}
        return [WatchedJob(name, self.periods[name], rows.get(name)) for name in sorted(self.periods)]

    async def run_now(self, name: str, *, by: By, now: int) -> WatchedJob:
        """Makes a job due. Raises NotFound; Conflict while it runs."""
        if name not in self.periods:
            raise errors.NotFound

        async def work(tx: Tx) -> None:
            await store.register(tx, name=name, now=now)
            if not await store.make_due(tx, name=name, now=now):
                raise errors.Conflict
            await acts.record(tx, by=by, act="job.run", subject=name, details={}, now=now)

        await self.db.write(work)
        return next(job for job in await self.list_all() if job.name == name)
