"""Runner of due jobs, each under a lease, so that exactly one of the processes on a database runs it.

The lease is renewed while the job runs; if a process dies, the lease expires and another process takes over.
Processes compare the lease with their own clocks, which may differ by less than a third of a lease. A process
whose clock is in doubt runs no jobs. If a wrong clock has set a job's due time or lease too far ahead, these
are reduced.
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
from typing import Final, Generic, Literal

from mshield.server.database.interface import ReadOnly, StoreError
from mshield.server.errors import ClockDoubted
from mshield.server.runtime.jobs.job import Job, P, seconds_after
from mshield.server.runtime.rows import jobs as store
from mshield.server.runtime.time_limits import WORK_SECONDS, taking
from mshield.wire.times import MINUTE_MS

LEASE_MS: Final = MINUTE_MS
GRACE_SECONDS: Final = 5.0
"""Time for which running jobs may continue after the process is told to stop."""

_LOOK_SECONDS: Final = 1.0
_AGAIN_SECONDS: Final = 5.0
_GATHER_SECONDS: Final = 0.1
_SHORTEST_SECONDS: Final = 0.05
_EVER: Final = 2**62
_log = logging.getLogger(__name__)


class LeaseLost(Exception):
    """Another process has taken the job over, or that can't be determined."""


class JobHung(Exception):
    """The run exceeded the job's time limit; it was cancelled and will be retried."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """Outcome of a run: `done` is the job's return value, `error` the type of its exception."""

    name: str
    state: Literal["done", "failed", "elsewhere"]
    done: int | None = None
    error: str | None = None


class Runner(Generic[P]):
    """Runs the jobs of one process."""

    def __init__(self, process: P, jobs: Iterable[Job[P]], *, lease_ms: int = LEASE_MS) -> None:
        self._process, self._db = process, process.db
        self._jobs = {job.name: job for job in jobs}
        self._lease_ms = lease_ms
        self._wanted = [job for job in self._jobs.values() if job.wanted]
        self._look = asyncio.Event()
        self._under_way: dict[str, asyncio.Task[Outcome]] = {}
        self.holder = f"{socket.gethostname()}/{os.getpid()}/{secrets.token_hex(4)}"

    async def run(self) -> None:
        """Runs until cancelled; then waits for running jobs, and cancels them after a grace period."""
        reachable = True
        if self._wanted:
            self._process.events.watch_all(self._look.set)
        try:
            while True:
                try:
                    await self._start_wanted()
                    pause = await self._start_due()
                    reachable = True
                except Exception as error:  # noqa: BLE001  # nothing may end this loop
                    if reachable:
                        _log.error("due jobs can't be read: %s", type(error).__name__)
                    reachable, pause = False, _AGAIN_SECONDS
                await self._pause(pause)
        finally:
            await self._stop()

    async def run_now(self, name: str) -> Outcome:
        """Runs a job whether it is due or not; `elsewhere` if another process is running it. Raises: StoreError."""
        job = self._jobs[name]
        if (hindrance := self._blocking_error()) is not None:
            return Outcome(name, "failed", error=hindrance)
        await store.register(self._db, name=name, now=self._process.clock())
        return await self._attempt(job, due=_EVER)

    async def _pause(self, seconds: float) -> None:
        """Waits until the next check, or until a request changes if a job depends on that."""
        with contextlib.suppress(TimeoutError):
            # Not `wait_for`: in Python 3.11 it loses a cancellation that arrives together with the awaited
            # result.
            async with asyncio.timeout(seconds):
                await self._look.wait()
            await asyncio.sleep(_GATHER_SECONDS)

    async def _start_wanted(self) -> None:
        if not self._look.is_set() or self._blocking_error() is not None:
            return
        self._look.clear()
        for job in self._wanted:
            if job.name not in self._under_way and job.wanted and await job.wanted(self._process):
                self._start(job, due=_EVER)

    async def _start_due(self) -> float:
        """Starts each job that is due and free, and returns the seconds until the next check."""
        if self._blocking_error() is not None:
            return _LOOK_SECONDS
        now = self._process.clock()
        rows = {row.name: row for row in await store.list_jobs(self._db) if row.name in self._jobs}
        for name in self._jobs.keys() - rows.keys():
            await store.register(self._db, name=name, now=now)
        next_at = now + 1000 * _LOOK_SECONDS
        for name, row in rows.items():
            if name in self._under_way:
                continue
            free_at = await self._free_at(self._jobs[name], row, now=now)
            if free_at <= now:
                self._start(self._jobs[name], due=now)
            next_at = min(next_at, max(free_at, now + 1000 * _SHORTEST_SECONDS))
        return (next_at - now) / 1000

    def _blocking_error(self) -> str | None:
        """Returns the name of the error that prevents starting jobs now, if any."""
        if self._db.read_only:
            return ReadOnly.__name__
        return None if self._process.clock_watch.doubt is None else ClockDoubted.__name__

    async def _free_at(self, job: Job[P], row: store.JobRow, *, now: int) -> int:
        """Returns when a job may run.

        If a wrong clock set its due time or lease too far ahead, these are reduced to the maximum.
        """
        wait = max(job.seconds, seconds_after(row.failures) if row.failures else 0)
        due, free = now + 1000 * wait, now + self._lease_ms * 4 // 3
        if row.next_at > due or row.lease_until > free:
            await store.set_back(self._db, name=job.name, next_at=due, lease_until=free)
            _log.warning("job %s was postponed too far by a wrong clock: its due time is reduced", job.name)
        return max(min(row.next_at, due), min(row.lease_until, free))

    def _start(self, job: Job[P], *, due: int) -> None:
        task = asyncio.create_task(self._attempt(job, due=due), name=f"job {job.name}")
        self._under_way[job.name] = task
        task.add_done_callback(lambda done: self._ended(job.name, done))

    def _ended(self, name: str, task: asyncio.Task[Outcome]) -> None:
        del self._under_way[name]
        if self._jobs[name].wanted:
            self._look.set()  # The job may have missed changes near its end.
        if not task.cancelled() and (error := task.exception()) is not None:
            _log.error("job %s could not be claimed or recorded: %s", name, type(error).__name__)

    async def _stop(self) -> None:
        tasks = list(self._under_way.values())
        if not tasks:
            return
        _, unfinished = await asyncio.wait(tasks, timeout=GRACE_SECONDS)
        for task in unfinished:
            task.cancel()
        await asyncio.gather(*unfinished, return_exceptions=True)

    async def _attempt(self, job: Job[P], *, due: int) -> Outcome:
        if (hindrance := self._blocking_error()) is not None:
            return Outcome(job.name, "failed", error=hindrance)
        start = self._process.clock()
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
        timer = time.perf_counter()
        try:
            result = await self._under_lease(job, lease_until=start + self._lease_ms)
        except asyncio.CancelledError:
            await store.release(self._db, name=job.name, holder=self.holder)
            raise
        except ClockDoubted as error:  # Not the job's failure: it will continue where it stopped.
            await store.release(self._db, name=job.name, holder=self.holder)
            return Outcome(job.name, "failed", error=type(error).__name__)
        except LeaseLost:
            _log.warning("job %s was cancelled: its lease is lost", job.name)
            return Outcome(job.name, "elsewhere")
        except Exception as error:  # noqa: BLE001  # no job may stop the others
            return await self._failed(job, error, failures + 1, started=start, begun=timer)
        if result:
            _log.debug("job %s did %d", job.name, result)
        next_at = max(start + 1000 * job.seconds, self._process.clock())
        await self._record(
            job, started=start, next_at=next_at, failures=0, done=result, error=None, begun=timer
        )
        return Outcome(job.name, "done", done=result)

    async def _under_lease(self, job: Job[P], *, lease_until: int) -> int:
        with taking(WORK_SECONDS):
            work = asyncio.create_task(job.run(self._process))
        deadline = time.monotonic() + job.limit_seconds
        try:
            while True:
                remaining = deadline - time.monotonic()
                finished, _ = await asyncio.wait(
                    {work}, timeout=max(min(self._lease_ms / 3000, remaining), 0)
                )
                if finished:
                    return work.result()
                if time.monotonic() >= deadline:
                    _log.critical("job %s hangs and is cancelled after %.0f s", job.name, job.limit_seconds)
                    raise JobHung
                lease_until = await self._renewed(job, lease_until)
        finally:
            work.cancel()
            _, unstoppable = await asyncio.wait({work}, timeout=GRACE_SECONDS)
            if unstoppable:
                _log.critical("job %s can't be cancelled: restart the process %s", job.name, self.holder)

    async def _renewed(self, job: Job[P], lease_until: int) -> int:
        until = self._process.clock() + self._lease_ms
        try:
            if await store.renew(self._db, name=job.name, holder=self.holder, lease_until=until):
                return until
        except StoreError:
            # No other process can claim the job before the lease expires, so there is time to retry.
            if self._process.clock() + self._lease_ms // 3 < lease_until:
                return lease_until
        raise LeaseLost

    async def _failed(
        self, job: Job[P], error: Exception, failures: int, *, started: int, begun: float
    ) -> Outcome:
        wait = seconds_after(failures)
        # Log a defect's traceback without locals, since a job's data must not be logged.
        trace = None if isinstance(error, StoreError | JobHung) else error
        kind = type(error).__name__
        _log.error("job %s failed, retrying in %d s: %s", job.name, wait, kind, exc_info=trace)
        next_at = self._process.clock() + 1000 * wait
        await self._record(
            job, started=started, next_at=next_at, failures=failures, done=None, error=kind, begun=begun
        )
        return Outcome(job.name, "failed", error=kind)

    async def _record(
        self,
        job: Job[P],
        *,
        started: int,
        next_at: int,
        failures: int,
        done: int | None,
        error: str | None,
        begun: float,
    ) -> None:
        is_recorded = await store.finish(
            self._db,
            name=job.name,
            holder=self.holder,
            started=started,
            next_at=next_at,
            failures=failures,
            done=done,
            error=error,
            took_ms=round((time.perf_counter() - begun) * 1000),
            now=self._process.clock(),
        )
        if not is_recorded:
            _log.warning("job %s ended after its lease was lost", job.name)
