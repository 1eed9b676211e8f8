"""Certificates from an outside CA: one active here, and none accepted there that isn't ours, whatever happens."""

import asyncio
import contextlib
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest
from ra_server.server import RaServer

from mshield.server.certificates.rows import certificates
from mshield.server.certificates.rules.states import CertificateEvent
from mshield.server.database.interface import Database
from mshield.server.errors import Conflict
from mshield.server.keys.keyring import Keyring
from tests.support.clock import Clock
from tests.support.issuing import change
from tests.support.killed_database import Died, MortalDatabase
from tests.support.more_phones import login_of, sign_request
from tests.support.ra_server import OutsideWorld, outside_world, running_ra
from tests.support.signing import World, fetch, make_world, statement

Running = tuple[RaServer, str]
_HANDLES: Final = statement("SELECT handle FROM ca_submissions")
_COMMITS: Final = (
    "certificates.certificates.reserve",
    "authorities.submissions.insert",
    "authorities.submissions.change",
    "certificates.changes.activate",
)


@pytest.fixture
async def world(db: Database, keyring: Keyring, clock: Clock) -> World:
    """A logged-in phone of a filed operator, without a certificate."""
    return await make_world(db, keyring, clock, enrolled=False)


@pytest.fixture
def running(clock: Clock) -> Iterator[Running]:
    """The reference server."""
    with running_ra(clock) as running:
        yield running


async def _one_active(outside: OutsideWorld) -> None:
    """Asserts the outcome of a good application."""
    row = await outside.row()
    assert row.state == "done", row
    assert row.ca_serial is not None
    assert outside.confirmed() == [row.ca_serial]
    stored = await certificates.find_by_serial(outside.world.db, serial=row.handle)
    assert stored is not None
    assert (stored.state, stored.der) == ("active", row.answer)
    shown = await outside.certificates().current(
        await login_of(outside.world), log_key="", now=outside.world.clock()
    )
    assert shown is not None
    assert (shown.state, shown.not_after) == ("active", stored.not_after)
    assert len(shown.chain_pem) == 2
    assert (await fetch(outside.world.db, "SELECT COUNT(*) AS n FROM certificates"))["n"] == 1


async def test_a_fast_ca_answers_within_the_phones_own_call(
    world: World, tmp_path: Path, running: Running
) -> None:
    outside = outside_world(world, tmp_path, *running)
    await sign_request(world)
    await outside.issue()
    await _one_active(outside)
    await outside.issue()  # a repeated call changes nothing
    await _one_active(outside)


async def test_a_waiting_request_survives_and_is_put_in_force_later(
    world: World, tmp_path: Path, running: Running
) -> None:
    outside = outside_world(world, tmp_path, *running, fault="wait")
    await sign_request(world)
    await outside.issue()
    row = await outside.row()
    assert (row.state, row.words) == ("waiting", "请等待人工审核")
    outside.ra.decide(row.key.hex())
    await outside.settle()
    await _one_active(outside)


@pytest.mark.parametrize("fault", ["cut", "forget"])
async def test_a_lost_answer_leaves_one_accepted_certificate(
    world: World, tmp_path: Path, running: Running, fault: str
) -> None:
    outside = outside_world(world, tmp_path, *running, fault=fault)
    await sign_request(world)
    await outside.issue()
    await outside.settle()
    await _one_active(outside)
    (request,) = outside.ra.requests.values()
    assert len(request.issued) == (1 if fault == "cut" else 3)


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        ("other_key", "other_key"),
        ("other_names", "other_names"),
        ("too_long", "validity"),
        ("other_ca", "no_path"),
        ("garbage", "unreadable"),
    ],
)
async def test_a_bad_certificate_is_rejected_at_the_ca(
    world: World, tmp_path: Path, running: Running, fault: str, code: str
) -> None:
    outside = outside_world(world, tmp_path, *running, fault=fault)
    await sign_request(world)
    await outside.issue()
    await outside.settle()
    row = await outside.row()
    assert (row.state, row.code) == ("refused", code)
    assert outside.confirmed() == []
    key = await fetch(world.db, "SELECT state FROM keys")
    assert key["state"] == "void"
    notice = await fetch(world.db, "SELECT kind FROM notifications WHERE kind = 'ca_refused'")
    assert notice
    world.clock.advance(seconds=1)
    await sign_request(world)  # the device can apply again


async def test_without_confirmation_a_bad_certificate_is_revoked(
    world: World, tmp_path: Path, running: Running
) -> None:
    outside = outside_world(world, tmp_path, *running, fault="too_long", extra="confirm = false")
    await sign_request(world)
    await outside.issue()
    await outside.settle()
    assert (await outside.row()).state == "refused"
    assert set(outside.ra.states.values()) == {"revoked"}


async def test_a_refusal_has_the_cas_words(world: World, tmp_path: Path, running: Running) -> None:
    outside = outside_world(world, tmp_path, *running, fault="refuse")
    await sign_request(world)
    await outside.issue()
    row = await outside.row()
    assert (row.state, row.code, row.words) == ("refused", "ca_refused", "单位名称与登记不一致")


async def test_an_undecided_request_ends_after_the_configured_days(
    world: World, tmp_path: Path, running: Running
) -> None:
    outside = outside_world(world, tmp_path, *running, fault="wait", extra="wait_days = 2")
    await sign_request(world)
    await outside.issue()
    world.clock.advance(seconds=2 * 86_400 + 60)
    await outside.settle(most=1)
    row = await outside.row()
    assert (row.state, row.code) == ("cancelling", "ca_timeout")
    outside.ra.decide(row.key.hex())  # too late
    await outside.settle()
    assert (await outside.row()).state == "cancelled"
    assert outside.confirmed() == []


async def test_revoking_a_waiting_application_rejects_what_still_comes(
    world: World, tmp_path: Path, running: Running
) -> None:
    outside = outside_world(world, tmp_path, *running, fault="wait")
    await sign_request(world)
    await outside.issue()
    row = await outside.row()
    await change(world.db, row.handle, CertificateEvent.REVOKE, now=world.clock(), reason=5)
    outside.ra.decide(row.key.hex())
    await outside.settle()
    assert (await outside.row()).state == "cancelled"
    assert set(outside.ra.states.values()) == {"withdrawn"}


async def test_revoking_a_certificate_revokes_it_at_its_ca(
    world: World, tmp_path: Path, running: Running
) -> None:
    outside = outside_world(world, tmp_path, *running)
    await sign_request(world)
    await outside.issue()
    row = await outside.row()
    await change(world.db, row.handle, CertificateEvent.REVOKE, now=world.clock(), reason=1)
    await outside.settle()
    assert (await outside.row()).state == "revoked"
    assert set(outside.ra.states.values()) == {"revoked"}
    listed = await fetch(world.db, "SELECT COUNT(*) AS n FROM crl_changes")
    assert listed["n"] == 0  # nothing of an outside CA is in a list of this service


@pytest.mark.parametrize("commit", _COMMITS)
@pytest.mark.parametrize("skip", [0, 1, 2, 3, 4, 5])
async def test_a_process_killed_after_any_commit_leaves_one_certificate(
    world: World, tmp_path: Path, running: Running, commit: str, skip: int
) -> None:
    outside = outside_world(world, tmp_path, *running)
    await sign_request(world)
    mortal = MortalDatabase(world.db, deadly=frozenset({commit}), skip=skip)
    try:
        await outside.issue(mortal)
    except Died:
        world.clock.advance(seconds=61)
        await outside.issue()
    await outside.settle()
    await _one_active(outside)


async def test_two_processes_at_once_put_one_certificate_in_force(
    world: World, tmp_path: Path, running: Running
) -> None:
    outside = outside_world(world, tmp_path, *running, fault="forget")
    await sign_request(world)
    await asyncio.gather(*(outside.issue() for _ in range(2)), return_exceptions=True)
    for _ in range(6):
        await asyncio.gather(*(outside.submissions().run(now=world.clock()) for _ in range(3)))
        world.clock.advance(seconds=61)
    await outside.settle()
    await _one_active(outside)


@pytest.mark.parametrize("seed", range(12))
async def test_any_interleaving_ends_with_what_both_sides_know(
    world: World, tmp_path: Path, running: Running, seed: int
) -> None:
    """Answers late, cut and doubled, kills, two processes, revocation and refusal in any order."""
    draw = random.Random(seed)  # noqa: S311  # a test's order
    fault = draw.choice(["wait", "cut", "forget", "ok"])
    outside = outside_world(world, tmp_path, *running, fault=fault)
    await sign_request(world)
    for _ in range(draw.randrange(3, 10)):
        await draw.choice(_STEPS)(outside, draw)
        world.clock.advance(seconds=draw.choice([1, 61, 400]))
    if not await world.db.all(_HANDLES):
        await outside.issue()
    await _decide(outside, draw)
    await outside.settle()
    row = await outside.row()
    assert row.state in {"done", "refused", "cancelled", "revoked"}
    active = await fetch(world.db, "SELECT COUNT(*) AS n FROM certificates WHERE state = 'active'")
    assert active["n"] == (row.state == "done")
    assert outside.confirmed() == ([row.ca_serial] if row.state == "done" else [])


async def _issue(outside: OutsideWorld, _: random.Random) -> None:
    await asyncio.gather(outside.issue(), return_exceptions=True)


async def _job(outside: OutsideWorld, _: random.Random) -> None:
    await outside.submissions().run(now=outside.world.clock())


async def _two_jobs(outside: OutsideWorld, draw: random.Random) -> None:
    await asyncio.gather(_job(outside, draw), _job(outside, draw))


async def _killed_job(outside: OutsideWorld, draw: random.Random) -> None:
    mortal = MortalDatabase(outside.world.db, deadly=frozenset(_COMMITS), skip=draw.randrange(4))
    with contextlib.suppress(Died):
        await outside.submissions(mortal).run(now=outside.world.clock())


async def _decide(outside: OutsideWorld, draw: random.Random) -> None:
    for key, request in list(outside.ra.requests.items()):
        if request.state == "waiting":
            outside.ra.decide(key, words=draw.choice([None, None, "不同意"]))


async def _revoke(outside: OutsideWorld, draw: random.Random) -> None:
    known = await outside.world.db.all(_HANDLES)
    if known and draw.random() < 0.5:
        with contextlib.suppress(Conflict):  # it has ended before
            handle, now = known[0]["handle"], outside.world.clock()
            await change(outside.world.db, handle, CertificateEvent.REVOKE, now=now, reason=5)


_STEPS: Final = (_issue, _job, _two_jobs, _killed_job, _decide, _revoke)
