"""Runs jobs when they are due: each under a lease, so that of all processes on a database one does it, and one only.

The lease is renewed while the job runs; a process that dies lets it run out, and another takes over. Processes compare
their own clocks with it: they may differ by less than a third of a lease. One whose clock is doubted runs nothing; and
what a wrong clock left, a job that is due or held far ahead, is set back.
"""

import asyncio
import contextlib
import logging
import os
import secrets
import socket
import time
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Literal

from mshield.domain.errors import ClockDoubted
from mshield.domain.times import MINUTE_MS
from mshield.services.context import Context
from mshield.services.jobs.job import Job, seconds_after
from mshield.services.process.time_limits import WORK_SECONDS, taking
from mshield.store.database.interface import ReadOnly, StoreError
from mshield.store.operations import jobs as store

LEASE_MS: Final = MINUTE_MS
GRACE_SECONDS: Final = 5.0
"""How long jobs under way may go on once the process is told to stop."""

_LOOK_SECONDS: Final = 1.0
_AGAIN_SECONDS: Final = 5.0
_GATHER_SECONDS: Final = 0.1
_SHORTEST_SECONDS: Final = 0.05
_EVER: Final = 2**62
_log = logging.getLogger(__name__)


class LeaseLost(Exception):
    """Another process has taken the job over, or the database can't be asked whether it has."""


class JobHung(Exception):
    """The run took longer than the job may: it was ended, and is tried again."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a run: `done` is what the job gave, `error` the type of what it raised."""

    name: str
    state: Literal["done", "failed", "elsewhere"]
    done: int | None = None
    error: str | None = None


class Runner:
    """The jobs of one process."""

    def __init__(self, context: Context, jobs: Iterable[Job], *, lease_ms: int = LEASE_MS) -> None:
        self._context, self._db = context, context.db
        self._jobs = {job.name: job for job in jobs}
        self._lease_ms = lease_ms
        self._wanted = [job for job in self._jobs.values() if job.wanted]
        self._look = asyncio.Event()
        self._under_way: dict[str, asyncio.Task[Outcome]] = {}
        self.holder = f"{socket.gethostname()}/{os.getpid()}/{secrets.token_hex(4)}"

    async def run(self) -> None:
        """Runs until it is cancelled; then lets the jobs under way end, or cuts them short after a grace."""
        reachable = True
        if self._wanted:
            self._context.events.watch_all(self._look.set)
        try:
            while True:
                try:
                    await self._start_wanted()
                    pause = await self._start_due()
                    reachable = True
                except Exception as error:  # noqa: BLE001  # nothing may end this loop
                    if reachable:
                        _log.error("jobs can't be looked up: %s", type(error).__name__)
                    reachable, pause = False, _AGAIN_SECONDS
                await self._pause(pause)
        finally:
            await self._stop()

    async def run_now(self, name: str) -> Outcome:
        """Runs a job whether it is due or not; `elsewhere` where another process is at it. Raises StoreError."""
        job = self._jobs[name]
        if (hindered := self._hindered_by()) is not None:
            return Outcome(name, "failed", error=hindered)
        await store.register(self._db, name=name, now=self._context.clock())
        return await self._attempt(job, due=_EVER)

    async def _pause(self, seconds: float) -> None:
        """Until the next look; until a request changed, where a job wants to know."""
        with contextlib.suppress(TimeoutError):
            # Not `wait_for`: Python 3.11's loses a cancellation that comes together with what it waits for.
            async with asyncio.timeout(seconds):
                await self._look.wait()
            await asyncio.sleep(_GATHER_SECONDS)

    async def _start_wanted(self) -> None:
        if not self._look.is_set() or self._hindered_by() is not None:
            return
        self._look.clear()
        for job in self._wanted:
            if job.name not in self._under_way and job.wanted and await job.wanted(self._context):
                self._start(job, due=_EVER)

    async def _start_due(self) -> float:
        """Starts each job that is due and free, and gives the seconds until the next look."""
        if self._hindered_by() is not None:
            return _LOOK_SECONDS
        now = self._context.clock()
        known = {row.name: row for row in await store.list_jobs(self._db) if row.name in self._jobs}
        for name in self._jobs.keys() - known.keys():
            await store.register(self._db, name=name, now=now)
        next_at = now + 1000 * _LOOK_SECONDS
        for name, row in known.items():
            if name in self._under_way:
                continue
            free_at = await self._free_at(self._jobs[name], row, now=now)
            if free_at <= now:
                self._start(self._jobs[name], due=now)
            next_at = min(next_at, max(free_at, now + 1000 * _SHORTEST_SECONDS))
        return (next_at - now) / 1000

    def _hindered_by(self) -> str | None:
        """The error for which no job is to be started now."""
        if self._db.read_only:
            return ReadOnly.__name__
        return None if self._context.clock_watch.doubt is None else ClockDoubted.__name__

    async def _free_at(self, job: Job, row: store.JobRow, *, now: int) -> int:
        """When a job may be run; one that a wrong clock put off, or holds, is set back to the longest that is right."""
        wait = max(job.seconds, seconds_after(row.failures) if row.failures else 0)
        due, free = now + 1000 * wait, now + self._lease_ms * 4 // 3
        if row.next_at > due or row.lease_until > free:
            await store.set_back(self._db, name=job.name, next_at=due, lease_until=free)
            _log.warning("job %s was put off too far, by a wrong clock: it is set back", job.name)
        return max(min(row.next_at, due), min(row.lease_until, free))

    def _start(self, job: Job, *, due: int) -> None:
        task = asyncio.create_task(self._attempt(job, due=due), name=f"job {job.name}")
        self._under_way[job.name] = task
        task.add_done_callback(lambda done: self._ended(job.name, done))

    def _ended(self, name: str, task: asyncio.Task[Outcome]) -> None:
        del self._under_way[name]
        if self._jobs[name].wanted:
            self._look.set()  # what came at its end it may not have seen
        if not task.cancelled() and (error := task.exception()) is not None:
            _log.error("job %s could not be claimed or recorded: %s", name, type(error).__name__)

    async def _stop(self) -> None:
        tasks = list(self._under_way.values())
        if not tasks:
            return
        _, late = await asyncio.wait(tasks, timeout=GRACE_SECONDS)
        for task in late:
            task.cancel()
        await asyncio.gather(*late, return_exceptions=True)

    async def _attempt(self, job: Job, *, due: int) -> Outcome:
        if (hindered := self._hindered_by()) is not None:
            return Outcome(job.name, "failed", error=hindered)
        start = self._context.clock()
        failures = await store.claim(
            self._db,
            name=job.name,
            holder=self.holder,
            due=due,
            lease_until=start + self._lease_ms,
            now=start,
        )
        if failures is None:
            return Outcome(job.name, "elsewhere")
        begun = time.perf_counter()
        try:
            done = await self._under_lease(job, lease_until=start + self._lease_ms)
        except asyncio.CancelledError:
            await store.release(self._db, name=job.name, holder=self.holder)
            raise
        except ClockDoubted as error:  # no failure of the job's: it goes on where it was
            await store.release(self._db, name=job.name, holder=self.holder)
            return Outcome(job.name, "failed", error=type(error).__name__)
        except LeaseLost:
            _log.warning("job %s was cut short: its lease is lost", job.name)
            return Outcome(job.name, "elsewhere")
        except Exception as error:  # noqa: BLE001  # no job may stop the others
            return await self._failed(job, error, failures + 1, started=start, begun=begun)
        if done:
            _log.debug("job %s did %d", job.name, done)
        next_at = max(start + 1000 * job.seconds, self._context.clock())
        await self._record(
            job, started=start, next_at=next_at, failures=0, done=done, error=None, begun=begun
        )
        return Outcome(job.name, "done", done=done)

    async def _under_lease(self, job: Job, *, lease_until: int) -> int:
        with taking(WORK_SECONDS):
            work = asyncio.create_task(job.run(self._context))
        over = time.monotonic() + job.limit_seconds
        try:
            while True:
                left = over - time.monotonic()
                ended, _ = await asyncio.wait({work}, timeout=max(min(self._lease_ms / 3000, left), 0))
                if ended:
                    return work.result()
                if time.monotonic() >= over:
                    _log.critical("job %s hangs and is ended, after %.0f s", job.name, job.limit_seconds)
                    raise JobHung
                lease_until = await self._renewed(job, lease_until)
        finally:
            work.cancel()
            _, lasting = await asyncio.wait({work}, timeout=GRACE_SECONDS)
            if lasting:
                _log.critical("job %s can't be ended: restart the process %s", job.name, self.holder)

    async def _renewed(self, job: Job, lease_until: int) -> int:
        until = self._context.clock() + self._lease_ms
        try:
            if await store.renew(self._db, name=job.name, holder=self.holder, lease_until=until):
                return until
        except StoreError:
            # Nobody can take it before the lease is over, so there is still time to ask again.
            if self._context.clock() + self._lease_ms // 3 < lease_until:
                return lease_until
        raise LeaseLost

    async def _failed(
        self, job: Job, error: Exception, failures: int, *, started: int, begun: float
    ) -> Outcome:
        wait = seconds_after(failures)
        # The traceback of a defect, without locals: what a job works on must not reach a log.
        trace = None if isinstance(error, StoreError | JobHung) else error
        kind = type(error).__name__
        _log.error("job %s failed, again in %d s: %s", job.name, wait, kind, exc_info=trace)
        next_at = self._context.clock() + 1000 * wait
        await self._record(
            job, started=started, next_at=next_at, failures=failures, done=None, error=kind, begun=begun
        )
        return Outcome(job.name, "failed", error=kind)

    async def _record(
        self,
        job: Job,
        *,
        started: int,
        next_at: int,
        failures: int,
        done: int | None,
        error: str | None,
        begun: float,
    ) -> None:
        kept = await store.finish(
            self._db,
            name=job.name,
            holder=self.holder,
            started=started,
            next_at=next_at,
            failures=failures,
            done=done,
            error=error,
            took_ms=round((time.perf_counter() - begun) * 1000),
            now=self._context.clock(),
        )
        if not kept:
            _log.warning("job %s ended after its lease was lost", job.name)
