"""Marks with tokens: each process distinguishes an older copy from the newest database, whatever others wrote since.

A copy without the last marks is simulated by deleting them; `tests/restore/test_failovers.py` has real ones.
"""

import asyncio
from pathlib import Path

import pytest

from mshield.server.certificates.rows import changes as certificate_changes
from mshield.server.database.interface import Database
from mshield.server.database.opening import opened_database
from mshield.server.keys.keyring import Keyring
from mshield.server.restore.high_water import HighWater, declare_restore, require_newest
from mshield.server.restore.rows import high_water
from mshield.server.runtime.rows.known_mark import KnownMark, Mark, RestoreUndeclared, is_current
from mshield.server.signing.errors import Clone
from mshield.server.signing.rows import sessions
from tests.support.acts import acts_on
from tests.support.clock import Clock
from tests.support.signing import World, execute, fetch, make_world


async def _host(db: Database, folder: Path, clock: Clock) -> HighWater:
    water = HighWater(db, await require_newest(db, folder), clock)
    await _mark(water)
    return water


async def _mark(water: HighWater, times: int = 1) -> None:
    """Writes marks, as after some seconds with commits."""
    for _ in range(times):
        await execute(water.db, "UPDATE authorities SET crl_number = 0")
        await water.mark()


async def _set_back(db: Database, mark: int) -> None:
    await execute(db, "DELETE FROM high_water_marks WHERE mark > $1", mark)
    await execute(db, "UPDATE high_water SET mark = $1", mark)


async def test_copy_raised_past_the_mark_by_another_host_is_detected(
    db: Database, tmp_path: Path, clock: Clock
) -> None:
    one, other = await _host(db, tmp_path / "one", clock), await _host(db, tmp_path / "other", clock)
    await _mark(one, 3)
    await _set_back(db, 2)
    await _mark(other, 5)
    assert (await fetch(db, "SELECT mark FROM high_water"))["mark"] == 7
    with pytest.raises(RestoreUndeclared):
        await _mark(one)
    with pytest.raises(RestoreUndeclared):
        await require_newest(db, tmp_path / "one")
    await require_newest(db, tmp_path / "other")


async def test_process_that_detects_a_loss_ends_all_others(
    db: Database, tmp_path: Path, clock: Clock
) -> None:
    """An idle host's last mark is older than the loss: by itself it would continue."""
    one, idle = await _host(db, tmp_path / "one", clock), await _host(db, tmp_path / "idle", clock)
    await _mark(one, 3)
    await _set_back(db, 3)
    ended = asyncio.Event()
    one.stop = ended.set
    assert one.known.mark is not None
    async with asyncio.timeout(20):
        await one.keep()
    assert ended.is_set()
    assert (await fetch(db, "SELECT lost_since FROM high_water"))["lost_since"] == one.known.mark.at
    with pytest.raises(RestoreUndeclared):
        await _mark(idle)
    with pytest.raises(RestoreUndeclared):
        await require_newest(db, tmp_path / "a new host")
    await declare_restore(db, tmp_path / "one", now=clock())
    await _host(db, tmp_path / "a new host", clock)


async def test_declaration_covers_all_hosts_but_no_later_loss(
    db: Database, tmp_path: Path, clock: Clock
) -> None:
    hosts = [await _host(db, tmp_path / str(number), clock) for number in range(3)]
    for host in hosts:
        await _mark(host)
    await _set_back(db, 3)
    clock.advance(seconds=60)
    await declare_restore(db, tmp_path / "0", now=clock())
    clock.advance(seconds=60)
    again = [await _host(db, tmp_path / str(number), clock) for number in range(3)]
    standing = (await fetch(db, "SELECT mark FROM high_water"))["mark"]
    await _mark(again[1], 2)
    await _set_back(db, int(str(standing)))
    await _mark(again[2], 9)
    with pytest.raises(RestoreUndeclared):
        await require_newest(db, tmp_path / "1")


async def test_marks_older_than_the_stored_ones_are_ignored(
    db: Database, tmp_path: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(high_water, "MAX_MARKS", 10)
    idle = await _host(db, tmp_path / "idle", clock)
    await _mark(await _host(db, tmp_path / "one", clock), 25)
    assert (await fetch(db, "SELECT COUNT(*) AS n, MAX(mark) AS last FROM high_water_marks")) == {
        "n": 10,
        "last": 27,
    }
    await _mark(idle)


async def test_idle_process_writes_a_mark_now_and_then(
    db: Database, tmp_path: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mshield.server.restore.high_water.PERIOD_SECONDS", 0.002)
    water = await _host(db, tmp_path, clock)
    before = water.known.mark
    assert before is not None
    keeping = asyncio.create_task(water.keep())
    for _ in range(2000):
        if water.known.mark != before:
            break
        await asyncio.sleep(0.01)
    keeping.cancel()
    assert water.known.mark != before


async def test_a_new_connection_asks_for_the_mark_before_its_first_use(
    postgresql_url: str, tmp_path: Path, clock: Clock
) -> None:
    known = KnownMark()
    async with opened_database(postgresql_url, pool_size=1, at_connection=known.require_first) as db:
        water = HighWater(db, await require_newest(db, tmp_path), clock, known=known)
        await _mark(water, 3)
        told = asyncio.Event()
        known.on_loss = told.set
        await _set_back(db, 1)
        await fetch(db, "SELECT 1 AS connected")
        async with opened_database(postgresql_url, pool_size=1) as other:
            await fetch(
                other,
                "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()",
            )
            for _ in range(2):
                with pytest.raises(RestoreUndeclared):
                    await _until_connected(db)
            assert told.is_set()
            assert known.mark is not None
            assert (await fetch(other, "SELECT lost_since FROM high_water"))["lost_since"] == known.mark.at


async def _until_connected(db: Database) -> None:
    for _ in range(50):
        try:
            await fetch(db, "SELECT 1 AS connected")
        except RestoreUndeclared:
            raise
        except Exception:  # noqa: BLE001  # the end of the connection before
            await asyncio.sleep(0.02)
        else:
            return


async def test_older_copy_places_no_hold(db: Database, keyring: Keyring, clock: Clock) -> None:
    """The mark of the process is deleted during its work, as by a failover not yet detected."""
    world = await make_world(db, keyring, clock)
    world.opening.known.mark = Mark(1, b"of another history", clock())
    world.phone.otp = b"of the time that was lost".ljust(32)
    nonces = await world.commit([await world.task()])
    with pytest.raises(RestoreUndeclared):
        await world.open(nonces)
    assert (await fetch(db, "SELECT holds FROM certificates"))["holds"] == ""
    world.opening.known.mark = None
    with pytest.raises(Clone):
        await world.open(nonces)
    assert (await fetch(db, "SELECT holds FROM certificates"))["holds"] == "clone"


async def test_a_hold_sees_the_mark_in_its_own_transaction(
    db: Database, keyring: Keyring, clock: Clock
) -> None:
    world = await make_world(db, keyring, clock)
    asked: list[object] = []

    class Known(KnownMark):
        async def require(self, tx: object) -> None:
            asked.append(getattr(tx, "atomic", False))

    await sessions.hold_clone(db, Known(), uid=world.phone.uid, now=clock())
    assert asked == [True]
    assert not await is_current(db, Mark(1, bytes(16), clock()))


# ---- holds of an older copy ----


async def _hold(world: World) -> None:
    """Places a hold like a release without marks and without times in one-time values."""
    nonces = await world.commit([await world.task()])
    with pytest.raises(Clone):
        await world.open(nonces, otp=b"of the time that was lost".ljust(32))


async def test_declaration_lifts_clone_holds_since_the_loss(
    db: Database, keyring: Keyring, tmp_path: Path, clock: Clock
) -> None:
    world = await make_world(db, keyring, clock)
    one = await _host(db, tmp_path, clock)
    await _mark(one, 2)
    lost = clock()
    await _set_back(db, 1)
    clock.advance(seconds=5)
    await _hold(world)
    clock.advance(seconds=60)
    declared = await declare_restore(db, tmp_path, now=clock())
    assert (declared.keys, declared.lifted) == (1, 1)
    serial = (await fetch(db, "SELECT serial FROM certificates"))["serial"]
    last = (await certificate_changes.history(db, serial=str(serial)))[-1]
    assert (last.event, last.actor, last.holds, last.at) == ("lift_clone", "service", "", clock())
    (act,) = await acts_on(db, subject="database")
    assert (act.act, act.details["lifted"], act.details["since"]) == ("restore.declare", 1, lost)
    await world.sign([await world.task()])
    assert (await declare_restore(db, tmp_path, now=clock())).lifted == 0


async def test_clone_found_before_the_loss_stays_held(
    db: Database, keyring: Keyring, tmp_path: Path, clock: Clock
) -> None:
    world = await make_world(db, keyring, clock)
    one = await _host(db, tmp_path, clock)
    await _hold(world)
    clock.advance(seconds=1)
    await _mark(one, 2)
    await _set_back(db, 1)
    assert (await declare_restore(db, tmp_path, now=clock())).lifted == 0
    assert (await fetch(db, "SELECT holds FROM certificates"))["holds"] == "clone"


async def test_without_a_loss_no_hold_is_lifted(
    db: Database, keyring: Keyring, tmp_path: Path, clock: Clock
) -> None:
    world = await make_world(db, keyring, clock)
    await _host(db, tmp_path, clock)
    clock.advance(seconds=1)
    await _hold(world)
    assert (await declare_restore(db, tmp_path, now=clock())).lifted == 0


async def test_latest_mark_before_the_loss_sets_its_time(
    db: Database, keyring: Keyring, tmp_path: Path, clock: Clock
) -> None:
    """The time comes from the latest mark of any host; the declaring host may have been idle since then."""
    world = await make_world(db, keyring, clock)
    idle, busy = await _host(db, tmp_path / "idle", clock), await _host(db, tmp_path / "busy", clock)
    clock.advance(seconds=1)
    await _hold(world)
    clock.advance(seconds=1)
    await _mark(busy)
    await _set_back(db, 0)
    for host in (busy, idle):
        host.known.on_loss()
        host.stop = lambda: None
        await host.keep()
    assert (await declare_restore(db, tmp_path / "idle", now=clock())).lifted == 0
