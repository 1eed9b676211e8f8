"""待办: a business system asks by shield number, and the request waits in that phone's inbox (R1, R20)."""

import pytest

from mshield.domain import errors
from mshield.keys.keyring import Keyring
from mshield.services.ask import Asked
from mshield.services.document import Document
from mshield.store.database import Database
from tests.conftest import Clock
from tests.signing import World, execute, fetch, make_world

DOCUMENT = Document("进口货物报关单", "text/plain", "报关单".encode(), ())


@pytest.fixture
async def world(db: Database, keyring: Keyring, clock: Clock) -> World:
    """A phone with a certificate."""
    return await make_world(db, keyring, clock)


async def _number(world: World) -> str:
    row = await fetch(world.db, "SELECT shield_number FROM certificates WHERE state = $1", "active")
    return str(row["shield_number"])


async def _ask(world: World, shield_number: str, *, lifetime: int | None = None) -> Asked:
    return await world.ask.create(
        world.system,
        kind="signature",
        documents=(DOCUMENT, DOCUMENT),
        shield_number=shield_number,
        lifetime=lifetime,
        pc_address="203.0.113.24",
        pc_browser="Firefox",
        idempotency_key=None,
        body=b"",
        now=world.clock(),
    )


async def test_it_waits_until_it_is_taken(world: World) -> None:
    asked = await _ask(world, await _number(world))
    (waiting,) = await world.answer.inbox(world.phone.caller, now=world.clock())
    assert (waiting.id, waiting.title, waiting.documents) == (asked.id, "进口货物报关单", 2)
    assert (waiting.requester.name, waiting.requester.pc_address) == ("单一窗口", "203.0.113.24")
    taken = await world.answer.take(world.phone.caller, asked.id, now=world.clock())
    assert taken.number == asked.number
    assert await world.answer.inbox(world.phone.caller, now=world.clock()) == []
    again = await world.answer.take(world.phone.caller, asked.id, now=world.clock())
    assert [task.sid for task in again.tasks] == [task.sid for task in taken.tasks]
    assert "'r'" in str(await world.sign([task.sid for task in taken.tasks]))


async def test_the_code_works_beside_it(world: World) -> None:
    asked = await _ask(world, await _number(world))
    assert len(await world.scan(asked)) == 2
    assert await world.answer.inbox(world.phone.caller, now=world.clock()) == []


async def test_it_lives_as_long_as_asked(world: World) -> None:
    asked = await _ask(world, await _number(world), lifetime=600)
    world.clock.advance(seconds=599)
    assert len(await world.answer.inbox(world.phone.caller, now=world.clock())) == 1
    world.clock.advance(seconds=1)
    assert await world.answer.inbox(world.phone.caller, now=world.clock()) == []
    with pytest.raises(errors.ExpiredRequest):
        await world.answer.take(world.phone.caller, asked.id, now=world.clock())


async def test_only_that_shield_can_take_it(world: World) -> None:
    asked = await _ask(world, await _number(world))
    await execute(world.db, "UPDATE requests SET shield_number = 'MS99999999999' WHERE id = $1", asked.id)
    assert await world.answer.inbox(world.phone.caller, now=world.clock()) == []
    with pytest.raises(errors.NotFound):
        await world.answer.take(world.phone.caller, asked.id, now=world.clock())
    with pytest.raises(errors.OtherShield):
        await world.scan(asked)


async def test_a_request_for_nobody_in_particular_is_in_no_inbox(world: World) -> None:
    asked = await world.asked([b"x"])
    assert await world.answer.inbox(world.phone.caller, now=world.clock()) == []
    with pytest.raises(errors.NotFound):
        await world.answer.take(world.phone.caller, asked.id, now=world.clock())


async def test_a_shield_that_cannot_sign_is_not_asked(world: World) -> None:
    with pytest.raises(errors.ShieldUnusable):
        await _ask(world, "MS00000000000")
    number = await _number(world)
    world.clock.advance(seconds=5 * 366 * 86_400)
    with pytest.raises(errors.ShieldUnusable):
        await _ask(world, number)


async def test_nobody_is_worn_down_by_requests(world: World) -> None:
    number, most = await _number(world), world.ask.settings.requests_per_shield
    for _ in range(most):
        await _ask(world, number)
    with pytest.raises(errors.TooManyRequests):
        await _ask(world, number)
    world.clock.advance(seconds=60)
    await _ask(world, number)
