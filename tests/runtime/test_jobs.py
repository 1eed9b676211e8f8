"""Jobs: each runs once among all processes, is taken over after a crash, retried after a failure, stopped in order."""

import asyncio
import itertools
import logging
import time
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from mshield.server.context import Context
from mshield.server.database.opening import open_database
from mshield.server.jobs import JOBS
from mshield.server.runtime.jobs.job import Job, seconds_after
from mshield.server.runtime.jobs.runner import Runner
from mshield.server.runtime.rows import jobs as store
from mshield.server.runtime.rows.jobs import JobRow
from tests.support.application import running
from tests.support.clock import START, Clock


@pytest.fixture
async def context(database_url: str, tmp_path: Path, clock: Clock) -> AsyncIterator[Context]:
    async with running(database_url, tmp_path, clock) as application:
        yield application.context


@pytest.fixture
async def elsewhere(context: Context, database_url: str) -> AsyncIterator[Context]:
    """The service in another process, with connections of its own."""
    db = await open_database(database_url, pool_size=2)
    yield replace(context, db=db)
    await db.close()


class Work:
    """A job that counts its runs, and behaves as configured."""

    def __init__(self, name: str = "work", *, seconds: int = 60) -> None:
        self.runs = 0
        self.at_it = asyncio.Event()
        self.go_on = asyncio.Event()
        self.go_on.set()
        self.error: Exception | None = None
        self.job = Job(name, seconds, self._run)

    async def _run(self, _context: Context) -> int:
        self.runs += 1
        self.at_it.set()
        await self.go_on.wait()
        if self.error is not None:
            raise self.error
        return 7


async def _row(context: Context, name: str) -> JobRow:
    return {row.name: row for row in await store.list_jobs(context.db)}[name]


async def _until_done(context: Context, name: str) -> JobRow:
    """Returns the job's row, once its first run is recorded."""
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        rows = {row.name: row for row in await store.list_jobs(context.db)}
        if name in rows and rows[name].last_at is not None:
            return rows[name]
        await asyncio.sleep(0.01)
    raise AssertionError(f"{name} did not run")


async def _stop(task: asyncio.Task[None]) -> None:
    task.cancel()
    await asyncio.wait({task})


async def test_two_processes_never_do_one_job_twice(context: Context, elsewhere: Context) -> None:
    jobs = [Work(f"work-{number}") for number in range(8)]
    runners = [Runner(each, [work.job for work in jobs]) for each in (context, elsewhere)]
    tasks = [asyncio.create_task(runner.run()) for runner in runners]
    for work in jobs:
        row = await _until_done(context, work.job.name)
        assert (row.last_done, row.last_error, row.holder) == (7, None, None)
        assert row.next_at == context.clock() + 60_000
    await asyncio.gather(*(_stop(task) for task in tasks))
    assert [work.runs for work in jobs] == [1] * 8


async def test_parallel_claims_give_one_winner(context: Context, elsewhere: Context) -> None:
    work = Work()
    runners = [Runner(each, [work.job]) for each in (context, elsewhere) * 4]
    work.go_on.clear()
    tasks = [asyncio.create_task(runner.run_now("work")) for runner in runners]
    async with asyncio.timeout(30):
        for ended in itertools.islice(asyncio.as_completed(tasks), 7):
            assert (await ended).state == "elsewhere"
    work.go_on.set()
    outcomes = await asyncio.gather(*tasks)
    assert sorted(outcome.state for outcome in outcomes) == ["done"] + ["elsewhere"] * 7
    assert work.runs == 1


async def test_a_due_job_runs_again_and_not_before(context: Context, clock: Clock) -> None:
    work = Work(seconds=3600)
    runner = Runner(context, [work.job])
    task = asyncio.create_task(runner.run())
    first = await _until_done(context, "work")
    await asyncio.sleep(0.2)
    assert work.runs == 1
    work.at_it.clear()
    clock.now = first.next_at
    await asyncio.wait_for(work.at_it.wait(), 10)
    assert work.runs == 2
    await _stop(task)


async def test_crashed_process_is_replaced_after_its_lease(context: Context, clock: Clock) -> None:
    work = Work()
    await store.register(context.db, name="work", now=clock())
    # The state that a killed process leaves.
    claimed = await store.claim(
        context.db, name="work", holder="gone", due=clock(), lease_until=clock() + 60_000, now=clock()
    )
    assert claimed == 0
    runner = Runner(context, [work.job])
    clock.advance(seconds=59.999)
    assert (await runner.run_now("work")).state == "elsewhere"
    clock.advance(seconds=0.001)
    assert (await runner.run_now("work")).state == "done"
    # If the process was only frozen, it can't overwrite the other's result.
    late = await store.finish(
        context.db,
        name="work",
        holder="gone",
        started=START,
        next_at=0,
        failures=0,
        done=1,
        error=None,
        now=clock(),
    )
    assert not late
    assert (await _row(context, "work")).last_done == 7


@pytest.mark.parametrize("behind", [0, 5_000])
async def test_job_requested_while_running_runs_once_more(
    context: Context, clock: Clock, behind: int
) -> None:
    """Even if the requester's clock is behind the runner's."""
    work = Work(seconds=3600)
    work.go_on.clear()
    runner = Runner(context, [work.job])
    first = asyncio.create_task(runner.run_now("work"))
    await work.at_it.wait()
    free = await context.db.write(lambda tx: store.make_due(tx, name="work", now=clock() - behind))
    assert not free
    work.go_on.set()
    assert (await first).state == "done"
    assert (await _row(context, "work")).next_at <= clock() + 1
    clock.advance(seconds=0.001)
    work.at_it.clear()
    task = asyncio.create_task(runner.run())
    await asyncio.wait_for(work.at_it.wait(), 10)
    await _stop(task)
    assert work.runs == 2
    assert (await _row(context, "work")).next_at == clock() + 3_600_000


async def test_a_long_job_keeps_its_lease(context: Context, elsewhere: Context, clock: Clock) -> None:
    work = Work()
    work.go_on.clear()
    runner = Runner(context, [work.job], lease_ms=300)
    long = asyncio.create_task(runner.run_now("work"))
    await work.at_it.wait()
    other = Runner(elsewhere, [work.job], lease_ms=300)
    for _ in range(5):
        clock.advance(seconds=0.2)
        async with asyncio.timeout(20):
            while (await _row(context, "work")).lease_until < clock() + 300:  # noqa: ASYNC110  # the database's
                await asyncio.sleep(0.01)
        assert (await other.run_now("work")).state == "elsewhere"
    work.go_on.set()
    assert (await long).state == "done"
    assert work.runs == 1


async def test_hanging_job_is_cancelled_logged_and_retried(
    context: Context, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    work = Work()
    work.go_on.clear()
    runner = Runner(context, [replace(work.job, limit_seconds=0.2)])
    outcome = await runner.run_now("work")
    assert (outcome.state, outcome.error) == ("failed", "JobHung")
    row = await _row(context, "work")
    assert (row.last_error, row.failures, row.next_at) == ("JobHung", 1, clock() + 2000)
    assert row.lease_until <= clock()
    assert [record.levelname for record in caplog.records if "hangs" in record.getMessage()] == ["CRITICAL"]
    work.go_on.set()
    assert (await runner.run_now("work")).state == "done"


async def test_process_without_the_lease_stops(context: Context) -> None:
    work = Work()
    work.go_on.clear()
    runner = Runner(context, [work.job], lease_ms=150)
    long = asyncio.create_task(runner.run_now("work"))
    await work.at_it.wait()
    await store.release(context.db, name="work", holder=runner.holder)
    assert (await long).state == "elsewhere"


async def test_failing_job_is_logged_and_retried_without_stopping_others(
    context: Context, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    bad, good = Work("bad"), Work("good")
    bad.error = RuntimeError("of the person 330206199001014217")
    runner = Runner(context, [bad.job, good.job])
    task = asyncio.create_task(runner.run())
    with caplog.at_level(logging.ERROR):
        failed = await _until_done(context, "bad")
        await _until_done(context, "good")
    await _stop(task)
    assert (failed.last_error, failed.failures, failed.last_done) == ("RuntimeError", 1, None)
    assert failed.next_at == clock() + 2000
    assert any("job bad failed, retrying in 2 s: RuntimeError" in line for line in caplog.messages)
    assert good.runs == 1
    waits = []
    for _ in range(6):
        await runner.run_now("bad")
        waits.append((await _row(context, "bad")).next_at - clock())
    assert waits == [4000, 8000, 16_000, 32_000, 60_000, 60_000]
    bad.error = None
    await runner.run_now("bad")
    row = await _row(context, "bad")
    assert (row.failures, row.last_error, row.next_at) == (0, None, clock() + 60_000)
    assert seconds_after(10**6) == 60


async def test_stopping_lets_quick_jobs_end_and_releases_slow_ones(
    context: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mshield.server.runtime.jobs.runner.GRACE_SECONDS", 2.0)
    quick, slow = Work("quick"), Work("slow")
    quick.go_on.clear()
    slow.go_on.clear()
    task = asyncio.create_task(Runner(context, [quick.job, slow.job]).run())
    await quick.at_it.wait()
    await slow.at_it.wait()
    asyncio.get_running_loop().call_soon(quick.go_on.set)
    await _stop(task)
    assert (await _row(context, "quick")).last_done == 7
    left = await _row(context, "slow")
    assert (left.holder, left.lease_until, left.last_at) == (None, 0, None)
    assert left.next_at <= context.clock()


async def test_the_services_own_jobs_run(context: Context) -> None:
    runner = Runner(context, JOBS)
    outcomes = [await runner.run_now(job.name) for job in JOBS]
    assert {outcome.state for outcome in outcomes} == {"done"}
    assert {row.name for row in await store.list_jobs(context.db)} == {job.name for job in JOBS}


async def test_jobs_stop_at_the_moment_of_a_notification(context: Context) -> None:
    async def unwanted(_: Context) -> bool:
        return False

    running_jobs = asyncio.create_task(Runner(context, [replace(Work().job, wanted=unwanted)]).run())
    await asyncio.sleep(0.2)  # it is waiting for notifications now
    context.events.notify("a")
    running_jobs.cancel()
    await asyncio.wait({running_jobs}, timeout=5)
    assert running_jobs.cancelled()
