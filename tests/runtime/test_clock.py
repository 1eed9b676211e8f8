"""The whole service with a clock jump of half a minute: nothing is lost or issued, and people are informed."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest

from mshield.pki.timestamps.request import TimeStampRequest
from mshield.pki.timestamps.response import rejected
from mshield.server.acts.rows import acts
from mshield.server.context import Context
from mshield.server.errors import ClockDoubted
from mshield.server.jobs import JOBS
from mshield.server.main import create_app
from mshield.server.runtime.clocks.clock import wall_clock
from mshield.server.runtime.clocks.run_watch import KeepClock, confirm_clock
from mshield.server.runtime.clocks.watch import ClockWatch
from mshield.server.runtime.jobs.job import Job
from mshield.server.runtime.jobs.runner import Outcome, Runner
from mshield.server.runtime.rows import jobs as jobs_store
from mshield.server.staff.rules import StaffRole
from mshield.wire.ids import NEWEST
from mshield.wire.times import DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS
from tests.support.application import ORIGIN, Application, Device, prepared
from tests.support.clock import Clock
from tests.support.conformance import Conforming

JUMP = 3 * DAY_MS


@dataclass(slots=True)
class Machine:
    """The service's machine: its wall clock is the true time plus `ahead`."""

    true: Clock = field(default_factory=lambda: Clock(wall_clock()))
    begun: int = field(default_factory=lambda: wall_clock() - 5 * HOUR_MS)
    ahead: int = 0

    def watch(self) -> ClockWatch:
        """Returns the clock watch of a process on it."""
        return ClockWatch(lambda: self.true() + self.ahead, lambda: self.true() - self.begun)


@asynccontextmanager
async def serving(database_url: str, folder: Path, machine: Machine) -> AsyncIterator[Application]:
    settings, client_id, secret = await prepared(database_url, folder, machine.true)
    app = create_app(settings, clock=machine.watch())
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=Conforming(app), base_url=ORIGIN) as http,
    ):
        yield Application(app, http, machine.true, client_id, secret)


@pytest.fixture
def machine() -> Machine:
    return Machine()


@pytest.fixture
async def served(database_url: str, tmp_path: Path, machine: Machine) -> AsyncIterator[Application]:
    async with serving(database_url, tmp_path, machine) as made:
        yield made


async def _run_all(context: Context) -> list[Outcome]:
    runner = Runner(context, JOBS)
    return [await runner.run_now(job.name) for job in JOBS]


async def _phone(application: Application) -> Device:
    await application.registered()
    return await application.logged_in()


async def _alarms(application: Application) -> list[str]:
    token = await application.staff_token(StaffRole.SECURITY_OFFICER)
    answer = await application.http.get(
        "/api/console/dashboard", headers={"Authorization": f"Bearer {token}"}
    )
    assert answer.status_code == 200, answer.text
    return [alarm["code"] for alarm in answer.json()["alarms"]]


async def test_three_days_ahead_for_half_a_minute_lose_nothing(served: Application, machine: Machine) -> None:
    """Otherwise `purge` deletes the login, and every job is next due in three days."""
    device = await _phone(served)
    assert {outcome.state for outcome in await _run_all(served.context)} == {"done"}
    before = {row.name: row for row in await jobs_store.list_jobs(served.context.db)}
    machine.ahead = JUMP
    for _ in range(3):
        machine.true.advance(seconds=10)
        outcomes = await _run_all(served.context)
        assert {(each.state, each.error) for each in outcomes} == {("failed", "ClockDoubted")}
        # The phone's clock is right, and so is the time the service uses: it serves.
        assert (await device.call("GET", "/api/phone/me")).status_code == 200
    machine.ahead = 0
    assert {row.name: row for row in await jobs_store.list_jobs(served.context.db)} == before
    assert (await device.call("GET", "/api/phone/me")).status_code == 200
    assert {outcome.state for outcome in await _run_all(served.context)} == {"done"}
    assert (await device.call("GET", "/api/phone/me")).status_code == 200


async def test_job_loop_pauses_and_resumes(served: Application, machine: Machine) -> None:
    ran = asyncio.Event()

    async def work(_context: Context) -> int:
        ran.set()
        return 1

    machine.ahead = -2 * HOUR_MS
    task = asyncio.create_task(Runner(served.context, [Job("work", 1, work)]).run())
    await asyncio.sleep(1.5)
    assert not ran.is_set()
    machine.ahead = 0
    await asyncio.wait_for(ran.wait(), 10)
    task.cancel()
    await asyncio.wait({task})


async def test_a_jump_while_a_job_runs_is_no_failure_of_its(served: Application, machine: Machine) -> None:
    async def work(context: Context) -> int:
        machine.ahead = JUMP
        context.clock_watch.require_sure()
        return 1

    runner = Runner(served.context, [Job("work", 60, work)])
    outcome = await runner.run_now("work")
    (row,) = [row for row in await jobs_store.list_jobs(served.context.db) if row.name == "work"]
    assert (outcome.error, row.failures, row.holder) == ("ClockDoubted", 0, None)
    assert row.next_at <= machine.true()


async def test_nothing_with_a_timestamp_is_made(served: Application, machine: Machine) -> None:
    context, now = served.context, machine.true()
    assert (await served.http.get("/pki/issuing.crl")).status_code == 200
    request = TimeStampRequest(hash="sm3", digest=bytes(32)).encode()
    machine.ahead = JUMP
    with pytest.raises(ClockDoubted):
        context.certificates.own.local.issue.new_reservation(now=now)
    # The current list is still served; no other is made.
    assert (await served.http.get("/pki/issuing.crl")).status_code == 200
    refused = await served.http.get("/pki/root.crl")
    assert (refused.status_code, refused.json()["code"]) == (503, "clock_doubted")
    assert int(refused.headers["retry-after"]) > 0
    with pytest.raises(ClockDoubted):
        await context.publication.ocsp_for("0" * 39 + "1", now=now)
    with pytest.raises(ClockDoubted):
        await context.publication.presign(now=now)
    stamp = await context.publication.time_stamp("sm2", request, now=now)
    assert stamp == rejected("time_not_available")
    machine.ahead = 0
    assert (await served.http.get("/pki/root.crl")).status_code == 200


async def test_clock_in_doubt_is_an_alarm_until_it_agrees(served: Application, machine: Machine) -> None:
    context = served.context
    keep = KeepClock(context.db, context.clock_watch, context.security)
    await keep.begin()
    assert "clock_doubted" not in await _alarms(served)
    machine.ahead = JUMP
    await keep.look()
    assert "clock_doubted" in await _alarms(served)
    machine.ahead = 0
    await keep.look()
    assert "clock_doubted" not in await _alarms(served)


async def _ready(application: Application, expected: tuple[str | None, str]) -> None:
    """Waits for `fault` and the reported state of the clock: an answer is cached for a second."""
    async with asyncio.timeout(10):
        while True:
            answer = (await application.http.get("/readyz")).json()
            if (answer.get("fault"), answer["checks"]["clock"]) == expected:
                return
            await asyncio.sleep(0.1)


async def test_node_with_a_wrong_clock_is_not_ready(served: Application, machine: Machine) -> None:
    await _ready(served, (None, "ok"))
    for ahead in (-MINUTE_MS, JUMP):
        machine.ahead = ahead
        await _ready(served, ("node", "off"))
        machine.ahead = 0
        await _ready(served, (None, "ok"))
    machine.ahead = MINUTE_MS
    await confirm_clock(served.context.db, machine.watch())
    # The confirmation reaches the load balancer by itself.
    await _ready(served, (None, "ok"))


async def test_database_with_a_wrong_clock_keeps_nodes_ready(served: Application, machine: Machine) -> None:
    """If the database has no clock of its own, there is no effect."""
    await _ready(served, (None, "ok"))
    machine.true.advance(seconds=3600)  # as if the database's clock were an hour behind
    expected = ("database", "database") if served.context.db.dialect == "postgresql" else (None, "ok")
    await _ready(served, expected)


async def test_confirmation_is_an_act_and_covers_every_process_with_that_time(
    served: Application, machine: Machine
) -> None:
    """On PostgreSQL this makes the database's clock the wrong one, with an accepted difference from then on."""
    context, other = served.context, Machine(true=machine.true, begun=machine.begun)
    wrong = other.watch()
    keeps = [KeepClock(context.db, watch, boot=lambda: None) for watch in (context.clock_watch, wrong)]
    for keep in keeps:
        await keep.begin()
    machine.ahead, other.ahead = HOUR_MS, 2 * HOUR_MS
    for keep in keeps:
        await keep.look()
    assert (await _run_all(context))[0].error == "ClockDoubted"
    was = await confirm_clock(context.db, machine.watch())
    assert (was is not None and was.reason, was and was.ahead) == ("jumped", HOUR_MS)
    machine.true.advance(seconds=1)
    for _ in range(2):
        for keep in keeps:
            await keep.look()
    assert (context.clock_watch.doubt, context.clock()) == (None, machine.true() + HOUR_MS)
    assert wrong.doubt is not None
    (act,) = await acts.page(context.db, subject="clock", actor_id=None, before=NEWEST, most=9)
    assert (act.act, act.actor, act.details["time"]) == ("clock.confirm", "service", act.at)
    # A process that starts now uses it too.
    later = KeepClock(context.db, machine.watch())
    await later.begin()
    assert later.watch.doubt is None


async def test_process_started_with_the_wrong_time_does_nothing_permanent(
    served: Application, machine: Machine
) -> None:
    machine.ahead = JUMP
    again = KeepClock(served.context.db, machine.watch())
    await again.begin()
    assert again.watch.doubt is not None
    # After a restart of the machine, only another clock reveals it, or a record of a later time.
    reset = Machine(true=machine.true, begun=machine.true() - MINUTE_MS, ahead=-JUMP)
    anew = KeepClock(served.context.db, reset.watch(), boot=lambda: "another")
    await anew.begin()
    assert anew.watch.doubt is not None


async def test_refusal_for_time_names_the_possible_clocks(served: Application, machine: Machine) -> None:
    """Without this, both errors would be `invalid_proof`."""
    device = await _phone(served)
    early = device.proof("GET", "/api/phone/me", b"", now=machine.true() - HOUR_MS)
    answer = await device.send("GET", "/api/phone/me", b"", early)
    told = answer.json()
    assert (answer.status_code, told["code"], told["reason"]) == (401, "clock_skewed", "iat")
    assert (told["service_time"], told["seconds"]) == (machine.true(), pytest.approx(-3600, abs=1))
    # A service in doubt about its own clock says so, and is at fault.
    machine.ahead = JUMP
    answer = await device.send("GET", "/api/phone/me", b"", early)
    assert (answer.status_code, answer.json()["code"]) == (503, "clock_doubted")


async def test_job_postponed_by_a_wrong_clock_is_rescheduled(served: Application, machine: Machine) -> None:
    """Otherwise the job would not run for three days."""
    ran = asyncio.Event()

    async def work(_context: Context) -> int:
        ran.set()
        return 1

    db, now = served.context.db, machine.true()
    await jobs_store.register(db, name="work", now=now + JUMP)
    await jobs_store.register(db, name="held", now=now)
    await jobs_store.claim(db, name="held", holder="gone", due=now, lease_until=now + JUMP, now=now)
    runner = Runner(served.context, [Job("work", 20, work), Job("held", 20, work)])
    task = asyncio.create_task(runner.run())
    await asyncio.sleep(1.5)
    rows = {row.name: row for row in await jobs_store.list_jobs(db)}
    assert rows["work"].next_at == now + 20 * SECOND_MS
    assert rows["held"].lease_until == now + 80 * SECOND_MS
    machine.true.advance(seconds=20)
    await asyncio.wait_for(ran.wait(), 10)
    task.cancel()
    await asyncio.wait({task})
