"""PIN change and refresh on the server (protocol, same title): which share is in force, what is counted."""

import pytest

from mshield.server.accounts.session import Caller
from mshield.server.database.interface import Database
from mshield.server.errors import NotFound, Unauthenticated
from mshield.server.keys.keyring import Keyring
from mshield.server.settings.settings import Settings
from mshield.server.signing.errors import Malformed, NoSession, StaleEpoch, WrongPin
from tests.support.clock import Clock
from tests.support.signing import WRONG_SHARE, World, execute, fetch, make_world

TAU = 0x1234567890ABCDEF1234567890ABCDEF1234567890ABCDEF1234567890ABCDEF


@pytest.fixture
async def world(db: Database, keyring: Keyring, clock: Clock) -> World:
    return await make_world(
        db, keyring, clock, settings=Settings.of(opens_per_minute=1000, refresh_signatures=3)
    )


async def _epochs(world: World) -> tuple[object, object]:
    row = await fetch(world.db, "SELECT epoch, pending_epoch FROM keys WHERE uid = $1", world.phone.uid)
    return row["epoch"], row["pending_epoch"]


async def _sign(world: World) -> None:
    await world.sign([await world.task()])


async def test_the_new_share_is_in_force_with_its_first_success(world: World) -> None:
    before = await fetch(world.db, "SELECT share_box FROM keys WHERE uid = $1", world.phone.uid)
    old_share = world.phone.d1
    epoch = await world.refresh(TAU)
    assert await _epochs(world) == (0, epoch)
    world.move(epoch, TAU)
    await world.sign([await world.internal_task("confirm")])
    assert await _epochs(world) == (epoch, None)
    after = await fetch(world.db, "SELECT share_box FROM keys WHERE uid = $1", world.phone.uid)
    assert after["share_box"] != before["share_box"]
    world.phone.epoch, world.phone.d1 = 0, old_share
    with pytest.raises(StaleEpoch):
        await _sign(world)


async def test_a_success_with_the_old_share_drops_the_new_one(world: World) -> None:
    epoch = await world.refresh(TAU)
    await _sign(world)
    assert await _epochs(world) == (0, None)
    world.move(epoch, TAU)
    with pytest.raises(StaleEpoch):
        await _sign(world)


async def test_the_old_share_under_the_new_epoch_is_a_wrong_pin(world: World) -> None:
    world.phone.epoch = await world.refresh(TAU)
    with pytest.raises(WrongPin) as refused:
        await _sign(world)
    assert refused.value.extra["left"] == 4
    assert await _epochs(world) == (0, world.phone.epoch)


async def test_no_epoch_is_given_twice_not_even_to_a_try_that_died(world: World) -> None:
    given = []
    for _ in range(3):
        opened = await world.open(await world.commit([await world.internal_task("refresh")]))
        given.append(opened.next_epoch)
    given.append(await world.refresh(TAU))
    given.append(await world.refresh(TAU))
    assert given == [1, 2, 3, 4, 5]
    assert await _epochs(world) == (0, 5)


async def test_refresh_requires_tau_and_other_documents_refuse_it(world: World) -> None:
    nonces = await world.commit([await world.internal_task("refresh")])
    partials = world.partials(nonces, await world.open(nonces))
    with pytest.raises(Malformed):
        await world.finish(partials)
    await world.finish(partials, tau=TAU)  # the refusal changed nothing: the session is still there

    world = await _with_new_otp(world)
    nonces = await world.commit([await world.task()])
    partials = world.partials(nonces, await world.open(nonces))
    with pytest.raises(Malformed):
        await world.finish(partials, tau=TAU)
    assert await world.counters() == (0, 0)


async def _with_new_otp(world: World) -> World:
    await execute(world.db, "UPDATE keys SET otp_open = 1 WHERE uid = $1", world.phone.uid)
    return world


async def test_repeat_with_another_tau_is_refused(world: World) -> None:
    nonces = await world.commit([await world.internal_task("refresh")])
    partials = world.partials(nonces, await world.open(nonces))
    answer = await world.finish(partials, tau=TAU)
    assert await world.finish(partials, tau=TAU) == answer
    with pytest.raises(NoSession):
        await world.finish(partials, tau=TAU + 1)


async def test_a_pin_change_forgets_the_wrong_tries_of_the_old_pin(world: World) -> None:
    sid = await world.task()
    for _ in range(3):
        with pytest.raises(WrongPin):
            await world.sign([sid], d1=WRONG_SHARE)
    await world.sign([sid])
    assert await world.counters() == (0, 3)
    epoch = await world.refresh(TAU)
    assert await world.counters() == (0, 3)
    world.move(epoch, TAU)
    await world.sign([await world.internal_task("confirm")])
    assert await world.counters() == (0, 0)


async def test_a_silent_refresh_comes_by_itself_and_keeps_the_count_of_wrong_tries(world: World) -> None:
    sid = await world.task()
    with pytest.raises(WrongPin):
        await world.sign([sid], d1=WRONG_SHARE)
    offers = []
    for _ in range(3):
        nonces = await world.commit([await world.task()])
        opened = await world.open(nonces)
        offers.append(opened.next_epoch)
        world.accept(await world.finish(world.partials(nonces, opened)))
    assert offers == [None, None, 1]  # the certificate's request was the first signature; tau may be left out
    nonces = await world.commit([await world.task()])
    opened = await world.open(nonces)
    assert opened.next_epoch == 2
    world.accept(await world.finish(world.partials(nonces, opened), tau=TAU))
    assert await _epochs(world) == (0, 2)
    world.move(2, TAU)
    nonces = await world.commit([await world.task()])
    opened = await world.open(nonces)
    assert opened.next_epoch is None
    world.accept(await world.finish(world.partials(nonces, opened)))
    assert await _epochs(world) == (2, None)
    assert await world.counters() == (0, 1)


async def test_waiting_internal_task_is_returned_again(world: World) -> None:
    first = await world.internal_task("refresh")
    assert await world.internal_task("refresh") == first
    assert await world.internal_task("confirm") != first
    world.clock.advance(seconds=601)
    assert await world.internal_task("refresh") != first


async def test_only_the_keys_own_phone_asks(world: World) -> None:
    with pytest.raises(NotFound):
        await world.ask_internally(world.phone.caller, bytes(16), "refresh", now=world.clock())
    with pytest.raises(Unauthenticated):
        await world.ask_internally(Caller(b"another", "jkt"), world.phone.uid, "refresh", now=world.clock())


async def test_many_wrong_pins_lead_to_a_request_for_a_new_pin(world: World) -> None:
    login = await world.login()
    for total, due in ((39, False), (40, True)):
        await execute(world.db, "UPDATE keys SET wrong_total = $1", total)
        current = await world.certificates.current(login, log_key="", now=world.clock())
        assert current is not None
        assert current.pin_change_due is due
