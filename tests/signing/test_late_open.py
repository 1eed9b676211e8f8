"""An `open` that something held up and that arrives after the phone went on: no copy, so nobody is held for it.

Seen where a process was frozen, or cut off, and read its socket only after the phone had signed elsewhere.
"""

import secrets
from dataclasses import replace

import pytest

from mshield.domain import errors
from mshield.services.operations.purge import purge
from mshield.services.signing.open import OpenItem, OpenRequest
from mshield.store.operations.known_mark import RestoreUndeclared
from tests.support.clock import Clock
from tests.support.signing import World, fetch, tamper


async def _recorded(world: World) -> OpenRequest:
    """An `open` as it went out; what it asked for was then signed, by a repeat elsewhere, and two more after it."""
    nonces = await world.commit([await world.task()])
    items = tuple(OpenItem(nonce.sid, nonce.c) for nonce in nonces)
    late = OpenRequest(world.phone.rn, world.phone.otp, world.phone.epoch, items)
    world.accept(await world.finish(world.partials(nonces, await world.open(nonces))))
    for _ in range(2):
        await world.sign([await world.task()])
    return late


async def _holds(world: World) -> object:
    return (await fetch(world.db, "SELECT holds FROM certificates"))["holds"]


async def test_an_open_that_comes_late_holds_nobody(world: World) -> None:
    late = await _recorded(world)
    elsewhere = replace(world.opening)  # another process, which has seen none of it
    for _ in range(3):
        with pytest.raises(errors.Stale):
            await elsewhere(world.phone.caller, world.phone.uid, late, now=world.clock())
    assert await _holds(world) == ""
    await world.sign([await world.task()])
    assert await world.counters() == (0, 0)


async def test_a_late_batch_and_one_that_was_taken_by_steps_hold_nobody(world: World) -> None:
    """Whichever way an outcome is recorded."""
    for sids in ([await world.task(), await world.task()], [await world.internal_task("confirm")]):
        before = replace(world.phone)
        nonces = await world.commit(sids)
        world.accept(await world.finish(world.partials(nonces, await world.open(nonces))))
        for _ in range(2):
            await world.sign([await world.task()])
        with pytest.raises(errors.Stale):
            await world.open(nonces, otp=before.otp, rn=before.rn)
    assert await _holds(world) == ""


async def test_a_copy_has_no_rn_of_the_owners(world: World) -> None:
    late = await _recorded(world)
    copied = replace(late, rn=secrets.token_bytes(32))
    with pytest.raises(errors.Clone):
        await world.opening(world.phone.caller, world.phone.uid, copied, now=world.clock())
    assert await _holds(world) == "clone"


async def test_what_is_late_is_forgotten_once_no_proof_of_then_is_good(world: World, clock: Clock) -> None:
    late = await _recorded(world)
    clock.advance(seconds=119)
    await purge(world.db, now=clock())
    with pytest.raises(errors.Stale):
        await world.opening(world.phone.caller, world.phone.uid, late, now=clock())
    clock.advance(seconds=2)
    with pytest.raises(errors.Clone):
        await world.opening(world.phone.caller, world.phone.uid, late, now=clock())
    await purge(world.db, now=clock())
    assert (await fetch(world.db, "SELECT COUNT(*) AS n FROM values_that_succeeded"))["n"] == 0


# ---- a value of the time that was lost ----


async def _set_back(world: World) -> None:
    """The key's row as it was before the last success, which the phone has had the answer of."""
    row = await fetch(world.db, "SELECT otp_hash, otp_prev_hash, rn_prev_hash, generation FROM keys")
    await world.sign([await world.task()])
    await tamper(
        world.db,
        "UPDATE keys SET otp_hash = $1, otp_prev_hash = $2, rn_prev_hash = $3, generation = $4",
        *row.values(),
    )


async def test_a_value_that_the_database_has_forgotten_shows_that_it_is_an_older_copy(world: World) -> None:
    """However short the time that was lost is, and in whichever process: its own mark may be there."""
    told: list[str] = []
    await world.sign([await world.task()])
    await _set_back(world)
    world.opening.known.on_loss = lambda: told.append("loss")
    with pytest.raises(RestoreUndeclared):
        await world.open(await world.commit([await world.task()]))
    assert told == ["loss"]
    assert await _holds(world) == ""


async def test_a_value_that_nobody_gave_shows_nothing(world: World) -> None:
    """As of a later generation, with a mark of another key, or none."""
    await world.sign([await world.task()])
    nonces = await world.commit([await world.task()])
    forged = (1 << 62).to_bytes(8, "big") + world.phone.otp[8:]
    with pytest.raises(errors.Clone):
        await world.open(nonces, otp=forged)


async def test_each_value_is_another(world: World) -> None:
    seen = set()
    for _ in range(5):
        await world.sign([await world.task()])
        seen.add(world.phone.otp[8:])
    assert len(seen) == 5
