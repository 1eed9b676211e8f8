"""待办: a business system asks by shield number, and the request waits in that phone's inbox (R1, R20)."""

import pytest

from mshield.domain import errors
from mshield.pki.signatures.kept_display import read_display
from mshield.services.requests.answer import MOST_IN_INBOX, MOST_UNTAKEN_OCTETS
from mshield.services.requests.ask import MOST_WAITING, Asked
from mshield.services.requests.document import AskedView, Document
from mshield.services.systems.register import register_system
from mshield.services.systems.view_drafts import HandedIn, ViewFile
from mshield.services.systems.views import register_view
from mshield.store.systems import systems
from mshield.store.systems.systems import BusinessSystem
from tests.support.signing import World, execute, fetch
from tests.support.small_view import CONTENT, VIEW_ID, small_view

DOCUMENT = Document("进口货物报关单", "text/plain", "报关单".encode(), ())


async def _number(world: World) -> str:
    row = await fetch(world.db, "SELECT shield_number FROM certificates WHERE state = $1", "active")
    return str(row["shield_number"])


async def _ask(
    world: World,
    shield_number: str,
    *,
    lifetime: int | None = None,
    system: BusinessSystem | None = None,
    key: str | None = None,
    documents: tuple[Document, ...] = (DOCUMENT, DOCUMENT),
) -> Asked:
    return await world.ask.create(
        system or world.system,
        kind="signature",
        documents=documents,
        shield_number=shield_number,
        lifetime=lifetime,
        pc_address="203.0.113.24",
        pc_browser="Firefox",
        idempotency_key=key,
        body=b"",
        now=world.clock(),
    )


async def _another_system(world: World) -> BusinessSystem:
    client_id, _ = await register_system(
        world.db, name="掌上海关", domain="palm.example", second_person="许安然", now=world.clock()
    )
    found = await systems.find(world.db, client_id=client_id)
    assert found is not None
    return found


async def test_it_waits_until_it_is_answered(world: World) -> None:
    asked = await _ask(world, await _number(world))
    (waiting,) = await world.answer.inbox(world.phone.caller, now=world.clock())
    assert (waiting.id, waiting.title, waiting.documents) == (asked.id, "进口货物报关单", 2)
    assert (waiting.requester.name, waiting.requester.pc_address) == ("单一窗口", "203.0.113.24")
    taken = await world.answer.take(world.phone.caller, asked.id, now=world.clock())
    assert taken.number == asked.number
    (left,) = await world.answer.inbox(world.phone.caller, now=world.clock())
    assert left == waiting
    again = await world.answer.take(world.phone.caller, asked.id, now=world.clock())
    assert [task.sid for task in again.tasks] == [task.sid for task in taken.tasks]
    assert "'r'" in str(await world.sign([task.sid for task in taken.tasks]))
    assert await world.answer.inbox(world.phone.caller, now=world.clock()) == []


async def test_one_that_was_left_for_another_is_still_there(world: World) -> None:
    """The phone keeps one request at a time; what it took before must not be lost for a day."""
    number = await _number(world)
    first, second = [await _ask(world, number, lifetime=86_400) for _ in range(2)]
    for asked in (first, second):
        await world.answer.take(world.phone.caller, asked.id, now=world.clock())
    told = {each.id for each in await world.answer.inbox(world.phone.caller, now=world.clock())}
    assert told == {first.id, second.id}
    again = await world.answer.take(world.phone.caller, first.id, now=world.clock())
    assert "'r'" in str(await world.sign([task.sid for task in again.tasks]))
    (left,) = await world.answer.inbox(world.phone.caller, now=world.clock())
    assert left.id == second.id


async def test_what_another_key_took_is_not_told(world: World) -> None:
    asked = await _ask(world, await _number(world))
    await world.answer.take(world.phone.caller, asked.id, now=world.clock())
    await execute(world.db, "UPDATE requests SET uid = NULL WHERE id = $1", asked.id)
    assert await world.answer.inbox(world.phone.caller, now=world.clock()) == []


async def test_the_code_works_beside_it(world: World) -> None:
    asked = await _ask(world, await _number(world))
    assert len(await world.scan(asked)) == 2
    (left,) = await world.answer.inbox(world.phone.caller, now=world.clock())
    assert left.id == asked.id


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


async def test_the_newest_is_first_and_always_among_those_that_are_told(world: World) -> None:
    number, asked = await _number(world), []
    several = [await _another_system(world) for _ in range(MOST_IN_INBOX // MOST_WAITING + 1)]
    for at in range(MOST_IN_INBOX + 1):
        world.clock.advance(seconds=1)
        asked.append((await _ask(world, number, lifetime=86_400, system=several[at % len(several)])).id)
    told = [each.id for each in await world.answer.inbox(world.phone.caller, now=world.clock())]
    assert told == asked[:0:-1]
    taken = await world.answer.take(world.phone.caller, asked[-1], now=world.clock())
    await world.sign([task.sid for task in taken.tasks])
    told = [each.id for each in await world.answer.inbox(world.phone.caller, now=world.clock())]
    assert told == asked[-2::-1]  # the oldest shows up as soon as there is room


async def test_those_of_the_same_moment_stand_in_one_order(world: World) -> None:
    number = await _number(world)
    asked = [(await _ask(world, number)).id for _ in range(5)]
    told = [each.id for each in await world.answer.inbox(world.phone.caller, now=world.clock())]
    assert told == sorted(asked, reverse=True)


async def test_one_system_pushes_no_other_out_of_sight(world: World) -> None:
    number, other = await _number(world), await _another_system(world)
    kept = await _ask(world, number, lifetime=86_400)
    for _ in range(MOST_WAITING):
        await _ask(world, number, lifetime=3600, system=other)
    world.clock.advance(seconds=600)  # the limit of a minute isn't what counts
    with pytest.raises(errors.InboxFull):
        await _ask(world, number, lifetime=3600, system=other)
    told = [each.id for each in await world.answer.inbox(world.phone.caller, now=world.clock())]
    assert (len(told), told[-1]) == (MOST_WAITING + 1, kept.id)


async def test_there_is_room_again_for_each_that_ends(world: World) -> None:
    number = await _number(world)
    asked = [await _ask(world, number, lifetime=600 + at) for at in range(MOST_WAITING)]
    world.clock.advance(seconds=61)
    await world.ask.cancel(world.system, asked[3].id, now=world.clock())
    await world.answer.take(world.phone.caller, asked[4].id, now=world.clock())
    for _ in range(2):
        await _ask(world, number, lifetime=3600)
    with pytest.raises(errors.InboxFull):
        await _ask(world, number)
    world.clock.advance(seconds=600 - 61)
    await _ask(world, number)


async def test_a_repeat_is_answered_though_there_is_no_room(world: World) -> None:
    number = await _number(world)
    first = await _ask(world, number, lifetime=3600, key="one")
    for _ in range(MOST_WAITING - 1):
        await _ask(world, number, lifetime=3600)
    assert (await _ask(world, number, lifetime=3600, key="one")).id == first.id


async def test_nobody_is_worn_down_by_requests(world: World) -> None:
    number, most = await _number(world), world.ask.settings.requests_per_shield
    for _ in range(most):
        asked = await _ask(world, number)
        await world.ask.cancel(world.system, asked.id, now=world.clock())
    with pytest.raises(errors.TooManyRequests):
        await _ask(world, number)
    world.clock.advance(seconds=60)
    await _ask(world, number)


async def test_what_a_view_draws_is_shown_before_it_is_taken_and_nobody_is_told(world: World) -> None:
    now, number = world.clock(), await _number(world)
    files = HandedIn(small_view(), (ViewFile("订单.json", CONTENT),))
    await register_view(world.db, world.system.client_id, files, second_person="赵敏", now=now)
    view = AskedView(VIEW_ID)
    order = Document("订单", "application/json", CONTENT, (("订单号", "DD"),), format="cms", view=view)
    large = b'{"number":"DD","buyer":"%s"}' % (b"x" * MOST_UNTAKEN_OCTETS)
    too_large = Document("订单", "application/json", large, (), format="raw", view=view)
    asked = await _ask(world, number, documents=(DOCUMENT, order, too_large, order))
    shown = await world.answer.waiting_documents(world.phone.caller, asked.id, now=world.clock())
    # The first of them as long as there is room: the third would stand there again where its content isn't.
    assert [each.content for each in shown] == [CONTENT, None, None]
    assert read_display(shown[0].display).lines == (("订单号", "DD"),)
    row = await fetch(world.db, "SELECT state, uid FROM requests WHERE id = $1", asked.id)
    assert (row["state"], row["uid"]) == ("waiting", None)
    await world.answer.take(world.phone.caller, asked.id, now=world.clock())
    assert len(await world.answer.waiting_documents(world.phone.caller, asked.id, now=world.clock())) == 3


async def test_nothing_is_shown_of_what_is_not_in_this_inbox(world: World) -> None:
    files = HandedIn(small_view(), (ViewFile("订单.json", CONTENT),))
    await register_view(world.db, world.system.client_id, files, second_person="赵敏", now=world.clock())
    view = AskedView(VIEW_ID)
    order = Document("订单", "application/json", CONTENT, (), format="cms", view=view)
    number = await _number(world)
    another = await _ask(world, number, documents=(order,))
    await execute(world.db, "UPDATE requests SET shield_number = 'SH-000000000001' WHERE id = $1", another.id)
    own = await _ask(world, number, documents=(order,))
    # Words of an asker that look like a view are none.
    words = Document("报关单", "text/plain", DOCUMENT.content, (('"view":{"id"', '"view":{'),), format="cms")
    said = await _ask(world, number, documents=(words,))

    async def shown(request_id: str) -> int:
        return len(await world.answer.waiting_documents(world.phone.caller, request_id, now=world.clock()))

    assert [await shown(each) for each in (own.id, another.id, said.id, "nothing")] == [1, 0, 0, 0]
    world.clock.advance(seconds=86_400)
    assert await shown(own.id) == 0
