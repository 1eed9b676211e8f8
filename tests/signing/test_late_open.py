"""A delayed `open` that arrives after the phone has gone on isn't a copy, so no certificate is put on hold."""

import secrets
from dataclasses import replace

import pytest

from mshield.server.retention.sweep import purge
from mshield.server.runtime.rows.known_mark import RestoreUndeclared
from mshield.server.signing.errors import Clone, Stale
from mshield.server.signing.open import OpenItem, OpenRequest
from tests.support.clock import Clock
from tests.support.signing import World, fetch, tamper


async def _recorded(world: World) -> OpenRequest:
    """Returns an `open` as sent, after a repeat of it was signed elsewhere, and two more documents after that."""
    nonces = await world.commit([await world.task()])
    items = tuple(OpenItem(nonce.sid, nonce.c) for nonce in nonces)
    late = OpenRequest(world.phone.rn, world.phone.otp, world.phone.epoch, items)
    world.accept(await world.finish(world.partials(nonces, await world.open(nonces))))
    for _ in range(2):
        await world.sign([await world.task()])
    return late


async def _holds(world: World) -> object:
    return (await fetch(world.db, "SELECT holds FROM certificates"))["holds"]


async def test_late_open_causes_no_hold(world: World) -> None:
    late = await _recorded(world)
    elsewhere = replace(world.opening)  # another process, which has seen none of these calls
    for _ in range(3):
        with pytest.raises(Stale):
            await elsewhere(world.phone.caller, world.phone.uid, late, now=world.clock())
    assert await _holds(world) == ""
    await world.sign([await world.task()])
    assert await world.counters() == (0, 0)


async def test_late_open_of_a_batch_or_an_internal_task_causes_no_hold(world: World) -> None:
    """Holds for both ways of recording an outcome."""
    for sids in ([await world.task(), await world.task()], [await world.internal_task("confirm")]):
        before = replace(world.phone)
        nonces = await world.commit(sids)
        world.accept(await world.finish(world.partials(nonces, await world.open(nonces))))
        for _ in range(2):
            await world.sign([await world.task()])
        with pytest.raises(Stale):
            await world.open(nonces, otp=before.otp, rn=before.rn)
    assert await _holds(world) == ""


async def test_old_open_with_another_rn_is_a_clone(world: World) -> None:
    late = await _recorded(world)
    copied = replace(late, rn=secrets.token_bytes(32))
    with pytest.raises(Clone):
        await world.opening(world.phone.caller, world.phone.uid, copied, now=world.clock())
    assert await _holds(world) == "clone"


async def test_late_open_is_a_clone_once_its_proof_has_expired(world: World, clock: Clock) -> None:
    late = await _recorded(world)
    clock.advance(seconds=119)
    await purge(world.db, now=clock())
    with pytest.raises(Stale):
        await world.opening(world.phone.caller, world.phone.uid, late, now=clock())
    clock.advance(seconds=2)
    with pytest.raises(Clone):
        await world.opening(world.phone.caller, world.phone.uid, late, now=clock())
    await purge(world.db, now=clock())
    assert (await fetch(world.db, "SELECT COUNT(*) AS n FROM values_that_succeeded"))["n"] == 0


# ---- a one-time value that the database has lost ----


async def _set_back(world: World) -> None:
    """Restores the key's row from before the last success, whose answer the phone has received."""
    columns = "otp_hash, otp_prev_hash, rn_prev_hash, generation, failures, wrong_total, seal_version, seal"
    row = await fetch(world.db, f"SELECT {columns} FROM keys")  # noqa: S608  # the names above
    await world.sign([await world.task()])
    sets = ", ".join(f"{name} = ${number + 1}" for number, name in enumerate(row))
    await tamper(world.db, f"UPDATE keys SET {sets}", *row.values())  # noqa: S608  # the names above


async def test_value_missing_from_the_database_reveals_an_older_copy(world: World) -> None:
    """Even if only a moment was lost, and in any process, whose own mark may still be there."""
    told: list[str] = []
    await world.sign([await world.task()])
    await _set_back(world)
    world.opening.known.on_loss = lambda: told.append("loss")
    with pytest.raises(RestoreUndeclared):
        await world.open(await world.commit([await world.task()]))
    assert told == ["loss"]
    assert await _holds(world) == ""


async def test_forged_value_is_a_clone_and_no_sign_of_a_restore(world: World) -> None:
    """The forged value names a later generation, with the mark of another key or none."""
    await world.sign([await world.task()])
    nonces = await world.commit([await world.task()])
    forged = (1 << 62).to_bytes(8, "big") + world.phone.otp[8:]
    with pytest.raises(Clone):
        await world.open(nonces, otp=forged)


async def test_each_one_time_value_is_different(world: World) -> None:
    seen = set()
    for _ in range(5):
        await world.sign([await world.task()])
        seen.add(world.phone.otp[8:])
    assert len(seen) == 5
