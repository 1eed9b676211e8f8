"""Server side of the co-signing protocol on real databases: counting, repeated answers, refusals."""

import secrets
from dataclasses import replace

import pytest

from mshield.gm import sm2
from mshield.gm.sm2 import Signature
from mshield.server.database.interface import Database
from mshield.server.errors import TooManyRequests, Unauthenticated
from mshield.server.keys.keyring import Keyring
from mshield.server.settings.settings import Settings
from mshield.server.signing.errors import (
    BadOpening,
    Busy,
    Clone,
    Held,
    Malformed,
    NoSession,
    PinLocked,
    Stale,
    StaleEpoch,
    TaskClosed,
    WrongPin,
)
from tests.support.clock import Clock
from tests.support.killed_database import RESERVED, Died, MortalDatabase
from tests.support.signing import WRONG_SHARE, World, execute, fetch, make_world


async def test_a_right_pin_signs_what_any_sm2_software_verifies(world: World) -> None:
    content = "报关单 1".encode()
    answer = await world.sign([await world.task(content)])
    item = answer["items"][0]  # type: ignore[index]  # JSON
    signature = Signature(int(item["r"], 16), int(item["s"], 16))
    sm2.verify(world.engine, world.phone.P, content, signature)
    assert await world.counters() == (0, 0)


async def test_one_pin_signs_a_batch_and_each_document_has_its_own_signature(world: World) -> None:
    contents = [f"报关单 {number}".encode() for number in range(5)]
    asked = await world.asked(contents)
    answer = await world.sign(await world.scan(asked))
    for content, item in zip(contents, answer["items"], strict=True):  # type: ignore[call-overload]  # JSON has no types
        sm2.verify(world.engine, world.phone.P, content, Signature(int(item["r"], 16), int(item["s"], 16)))
    assert (await world.ask.result(world.system, asked.id)).state == "signed"


async def test_five_wrong_pins_lock_the_key_permanently(world: World) -> None:
    sid = await world.task()
    for left in (4, 3, 2, 1):
        with pytest.raises(WrongPin) as refused:
            await world.sign([sid], d1=WRONG_SHARE)
        assert refused.value.extra["left"] == left
    with pytest.raises(PinLocked):
        await world.sign([sid], d1=WRONG_SHARE)
    with pytest.raises(PinLocked):
        await world.sign([sid])
    assert await world.counters() == (5, 5)
    row = await fetch(world.db, "SELECT state FROM certificates WHERE uid = $1", world.phone.uid)
    assert row["state"] == "pin_locked"


async def test_a_right_pin_forgives_the_wrong_ones_before(world: World) -> None:
    sid = await world.task()
    for _ in range(4):
        with pytest.raises(WrongPin):
            await world.sign([sid], d1=WRONG_SHARE)
    await world.sign([sid])
    assert await world.counters() == (0, 4)


async def test_fiftieth_wrong_pin_of_a_lifetime_locks(world: World) -> None:
    await execute(world.db, "UPDATE keys SET wrong_total = 49 WHERE uid = $1", world.phone.uid)
    with pytest.raises(PinLocked):
        await world.sign([await world.task()], d1=WRONG_SHARE)


async def test_the_same_bytes_again_get_the_same_answer(world: World) -> None:
    nonces = await world.commit([await world.task()])
    partials = world.partials(nonces, await world.open(nonces))
    first = await world.finish(partials)
    assert await world.finish(partials) == first
    assert await world.counters() == (0, 0)


async def test_a_wrong_pin_resent_is_not_counted_twice(world: World) -> None:
    nonces = await world.commit([await world.task()])
    partials = world.partials(nonces, await world.open(nonces), d1=WRONG_SHARE)
    for _ in range(3):
        with pytest.raises(WrongPin) as refused:
            await world.finish(partials)
        assert refused.value.extra["left"] == 4
    assert await world.counters() == (1, 1)


async def test_the_outcome_is_forgotten_after_a_day(world: World) -> None:
    nonces = await world.commit([await world.task()])
    partials = world.partials(nonces, await world.open(nonces))
    await world.finish(partials)
    world.clock.advance(seconds=24 * 3600 + 1)
    with pytest.raises(NoSession):
        await world.finish(partials)


async def test_a_new_open_replaces_an_unbound_session(world: World) -> None:
    sid = await world.task()
    old = await world.commit([sid])
    old_partials = world.partials(old, await world.open(old))
    new = await world.commit([sid])
    new_partials = world.partials(new, await world.open(new))
    with pytest.raises(BadOpening):
        await world.finish(old_partials)
    with pytest.raises(NoSession):  # a bad opening ends the session
        await world.finish(new_partials)
    assert await world.counters() == (0, 0)


async def test_a_session_ends_after_ten_minutes(world: World) -> None:
    nonces = await world.commit([await world.task()])
    await execute(world.db, "UPDATE tasks SET expires_at = $1", world.clock() + 10**9)
    partials = world.partials(nonces, await world.open(nonces))
    world.clock.advance(seconds=600)
    with pytest.raises(NoSession):
        await world.finish(partials)


async def test_a_bound_session_keeps_others_out_for_thirty_seconds(world: World) -> None:
    sid = await world.task()
    nonces = await world.commit([sid])
    await world.open(nonces)
    await execute(
        world.db, "UPDATE signing_sessions SET fb = $1, bound_at = $2", secrets.token_bytes(32), world.clock()
    )
    with pytest.raises(Busy):
        await world.open(nonces)
    world.clock.advance(seconds=30)
    await world.open(nonces)


async def test_bound_session_blocks_nobody_after_the_clock_was_set_back(world: World) -> None:
    nonces = await world.commit([await world.task()])
    await world.open(nonces)
    bound = "UPDATE signing_sessions SET fb = $1, bound_at = $2"
    await execute(world.db, bound, secrets.token_bytes(32), world.clock() + 29_000)
    with pytest.raises(Busy):  # another process's clock may be ahead
        await world.open(nonces)
    await execute(world.db, bound, secrets.token_bytes(32), world.clock() + 3_600_000)
    await world.open(nonces)


async def test_a_server_that_died_after_counting_goes_on_without_counting_again(world: World) -> None:
    nonces = await world.commit([await world.task()])
    partials = world.partials(nonces, await world.open(nonces))
    # The process is killed right after counting (step 2): the outcome is never recorded.
    finishing = world.finishing
    world.finishing = replace(finishing, db=MortalDatabase(world.db, deadly=RESERVED))
    with pytest.raises(Died):
        await world.finish(partials)
    assert await world.counters() == (1, 1)
    world.finishing = finishing
    await world.finish(partials)
    assert await world.counters() == (0, 0)


async def test_stale_one_time_value_means_a_copied_phone_and_stops_both(world: World) -> None:
    sid = await world.task()
    copied = world.phone.otp
    await world.sign([await world.task()])
    nonces = await world.commit([sid])
    with pytest.raises(Clone):
        await world.open(nonces, otp=copied, rn=secrets.token_bytes(32))
    with pytest.raises(Held) as refused:
        await world.open(nonces)
    assert refused.value.extra["reasons"] == ["clone"]
    assert await world.counters() == (0, 0)


async def test_a_lost_answer_is_no_copy(world: World) -> None:
    nonces = await world.commit([await world.task()])
    await world.finish(world.partials(nonces, await world.open(nonces)))  # the answer is lost
    again = await world.commit([await world.task()])
    await world.finish(world.partials(again, await world.open(again)))  # and the next one too
    await world.sign([await world.task()])


async def test_previous_value_is_refused_once_the_current_one_was_used(world: World) -> None:
    """Shortly afterwards the previous value may be a late call; later it is a copy."""
    old_otp, old_rn = world.phone.otp, world.phone.rn
    await world.sign([await world.task()])
    nonces = await world.commit([await world.task()])
    await world.open(nonces)
    with pytest.raises(Stale):
        await world.open(nonces, otp=old_otp, rn=old_rn)
    with pytest.raises(Clone):
        await world.open(nonces, otp=old_otp)
    await execute(world.db, "UPDATE certificates SET holds = ''")
    world.clock.advance(seconds=121)
    with pytest.raises(Clone):
        await world.open(nonces, otp=old_otp, rn=old_rn)


async def test_another_epoch_is_stale(world: World) -> None:
    nonces = await world.commit([await world.task()])
    with pytest.raises(StaleEpoch):
        await world.open(nonces, epoch=1)


async def test_tau_without_a_next_epoch_is_malformed(world: World) -> None:
    nonces = await world.commit([await world.task()])
    partials = world.partials(nonces, await world.open(nonces))
    with pytest.raises(Malformed):
        await world.finish(partials, tau=5)
    await world.finish(partials)


async def test_openings_are_limited_per_key(db: Database, keyring: Keyring, clock: Clock) -> None:
    world = await make_world(db, keyring, clock, settings=Settings.of(opens_per_minute=3))
    nonces = await world.commit([await world.task()])
    for _ in range(2):  # the enrolment was the first
        await world.open(nonces)
    with pytest.raises(TooManyRequests):
        await world.open(nonces)
    clock.advance(seconds=60)
    await world.open(nonces)


async def test_document_closed_meanwhile_is_refused_without_counting(world: World) -> None:
    asked = await world.asked([b"a", b"b"])
    sids = await world.scan(asked)
    nonces = await world.commit(sids)
    partials = world.partials(nonces, await world.open(nonces))
    await world.ask.cancel(world.system, asked.id, now=world.clock())
    with pytest.raises(TaskClosed):
        await world.finish(partials)
    assert await world.counters() == (0, 0)


async def test_nothing_of_another_device_can_be_reached(world: World) -> None:
    from mshield.server.accounts.session import Caller

    nonces = await world.commit([await world.task()])
    world.phone.caller = Caller(world.phone.caller.token_hash, "another key")
    with pytest.raises(Unauthenticated):
        await world.open(nonces)


async def test_a_held_certificate_signs_nothing(world: World) -> None:
    nonces = await world.commit([await world.task()])
    partials = world.partials(nonces, await world.open(nonces))
    await execute(world.db, "UPDATE certificates SET holds = 'lost'")
    with pytest.raises(Held):
        await world.open(nonces)
    with pytest.raises(Held):
        await world.finish(partials)
    assert await world.counters() == (0, 0)


async def test_an_expired_certificate_signs_nothing(world: World) -> None:
    nonces = await world.commit([await world.task()])
    await execute(world.db, "UPDATE certificates SET not_after = $1", world.clock())
    with pytest.raises(Held):
        await world.open(nonces)
