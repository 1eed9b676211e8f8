"""待办: a business system makes a request by shield number; it waits in that phone's inbox (R1, R20)."""

import pytest

from mshield.pki.signatures.stored_display import read_display
from mshield.server.errors import NotFound, TooManyRequests
from mshield.server.requests.answer import MAX_UNFETCHED_OCTETS, MOST_IN_INBOX
from mshield.server.requests.ask import MOST_WAITING, CreatedRequest
from mshield.server.requests.document import Document, RequestedView
from mshield.server.requests.errors import ExpiredRequest, InboxFull, OtherShield, ShieldUnusable
from mshield.server.systems.register import register_system
from mshield.server.systems.rows import systems
from mshield.server.systems.rows.systems import BusinessSystem
from mshield.server.systems.view_drafts import SubmittedView, ViewFile
from mshield.server.systems.views import register_view
from tests.support.second_person import SECOND
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
) -> CreatedRequest:
    return await world.ask.create(
        system or world.system,
        kind="signature",
        documents=documents,
        shield_number=shield_number,
        lifetime=lifetime,
        pc_address="203.0.113.24",
        pc_browser="Firefox",
        idempotency_key=key,
        body_hash=b"",
        now=world.clock(),
    )


async def _another_system(world: World) -> BusinessSystem:
    client_id, _ = await register_system(
        world.db, name="掌上海关", domain="palm.example", second_person=SECOND, now=world.clock()
    )
    found = await systems.find(world.db, client_id=client_id)
    assert found is not None
    return found


async def test_request_waits_in_the_inbox_until_answered(world: World) -> None:
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


async def test_request_taken_before_another_stays_in_the_inbox(world: World) -> None:
    """The phone handles one request at a time; one it took earlier must not be lost for a day."""
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


async def test_request_taken_by_another_key_is_not_listed(world: World) -> None:
    asked = await _ask(world, await _number(world))
    await world.answer.take(world.phone.caller, asked.id, now=world.clock())
    await execute(world.db, "UPDATE requests SET uid = NULL WHERE id = $1", asked.id)
    assert await world.answer.inbox(world.phone.caller, now=world.clock()) == []


async def test_qr_code_works_beside_the_inbox(world: World) -> None:
    asked = await _ask(world, await _number(world))
    assert len(await world.scan(asked)) == 2
    (left,) = await world.answer.inbox(world.phone.caller, now=world.clock())
    assert left.id == asked.id


async def test_request_lives_for_the_requested_time(world: World) -> None:
    asked = await _ask(world, await _number(world), lifetime=600)
    world.clock.advance(seconds=599)
    assert len(await world.answer.inbox(world.phone.caller, now=world.clock())) == 1
    world.clock.advance(seconds=1)
    assert await world.answer.inbox(world.phone.caller, now=world.clock()) == []
    with pytest.raises(ExpiredRequest):
        await world.answer.take(world.phone.caller, asked.id, now=world.clock())


async def test_only_the_named_shield_can_take_the_request(world: World) -> None:
    asked = await _ask(world, await _number(world))
    await execute(world.db, "UPDATE requests SET shield_number = 'MS99999999999' WHERE id = $1", asked.id)
    assert await world.answer.inbox(world.phone.caller, now=world.clock()) == []
    with pytest.raises(NotFound):
        await world.answer.take(world.phone.caller, asked.id, now=world.clock())
    with pytest.raises(OtherShield):
        await world.scan(asked)


async def test_request_without_a_shield_is_in_no_inbox(world: World) -> None:
    asked = await world.asked([b"x"])
    assert await world.answer.inbox(world.phone.caller, now=world.clock()) == []
    with pytest.raises(NotFound):
        await world.answer.take(world.phone.caller, asked.id, now=world.clock())


async def test_request_for_a_shield_that_cannot_sign_is_refused(world: World) -> None:
    with pytest.raises(ShieldUnusable):
        await _ask(world, "MS00000000000")
    number = await _number(world)
    world.clock.advance(seconds=5 * 366 * 86_400)
    with pytest.raises(ShieldUnusable):
        await _ask(world, number)


async def test_newest_request_is_first_and_always_listed(world: World) -> None:
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


async def test_requests_of_the_same_moment_have_one_order(world: World) -> None:
    number = await _number(world)
    asked = [(await _ask(world, number)).id for _ in range(5)]
    told = [each.id for each in await world.answer.inbox(world.phone.caller, now=world.clock())]
    assert told == sorted(asked, reverse=True)


async def test_one_systems_requests_do_not_hide_anothers(world: World) -> None:
    number, other = await _number(world), await _another_system(world)
    kept = await _ask(world, number, lifetime=86_400)
    for _ in range(MOST_WAITING):
        await _ask(world, number, lifetime=3600, system=other)
    world.clock.advance(seconds=600)  # so that the limit per minute has no effect
    with pytest.raises(InboxFull):
        await _ask(world, number, lifetime=3600, system=other)
    told = [each.id for each in await world.answer.inbox(world.phone.caller, now=world.clock())]
    assert (len(told), told[-1]) == (MOST_WAITING + 1, kept.id)


async def test_each_ended_request_frees_a_place(world: World) -> None:
    number = await _number(world)
    asked = [await _ask(world, number, lifetime=600 + at) for at in range(MOST_WAITING)]
    world.clock.advance(seconds=61)
    await world.ask.cancel(world.system, asked[3].id, now=world.clock())
    await world.answer.take(world.phone.caller, asked[4].id, now=world.clock())
    for _ in range(2):
        await _ask(world, number, lifetime=3600)
    with pytest.raises(InboxFull):
        await _ask(world, number)
    world.clock.advance(seconds=600 - 61)
    await _ask(world, number)


async def test_repeat_is_answered_while_the_inbox_is_full(world: World) -> None:
    number = await _number(world)
    first = await _ask(world, number, lifetime=3600, key="one")
    for _ in range(MOST_WAITING - 1):
        await _ask(world, number, lifetime=3600)
    assert (await _ask(world, number, lifetime=3600, key="one")).id == first.id


async def test_requests_to_one_shield_are_limited_per_minute(world: World) -> None:
    number, most = await _number(world), world.ask.settings.requests.requests_per_shield
    for _ in range(most):
        asked = await _ask(world, number)
        await world.ask.cancel(world.system, asked.id, now=world.clock())
    with pytest.raises(TooManyRequests):
        await _ask(world, number)
    world.clock.advance(seconds=60)
    await _ask(world, number)


async def test_waiting_content_is_shown_before_it_is_taken_without_notice(world: World) -> None:
    now, number = world.clock(), await _number(world)
    files = SubmittedView(small_view(), (ViewFile("订单.json", CONTENT),))
    await register_view(world.db, world.system.client_id, files, second_person=SECOND, now=now)
    view = RequestedView(VIEW_ID)
    order = Document("订单", "application/json", CONTENT, (("订单号", "DD"),), format="cms", view=view)
    large = b'{"number":"DD","buyer":"%s"}' % (b"x" * MAX_UNFETCHED_OCTETS)
    too_large = Document("订单", "application/json", large, (), format="raw", view=view)
    asked = await _ask(world, number, documents=(DOCUMENT, order, too_large, order))
    shown = await world.answer.waiting_documents(world.phone.caller, asked.id, now=world.clock())
    # Content is shown only while there is room: the phone would get the third document without its content.
    assert [each.content for each in shown] == [CONTENT, None, None]
    assert read_display(shown[0].display).lines == (("订单号", "DD"),)
    row = await fetch(world.db, "SELECT state, uid FROM requests WHERE id = $1", asked.id)
    assert (row["state"], row["uid"]) == ("waiting", None)
    await world.answer.take(world.phone.caller, asked.id, now=world.clock())
    assert len(await world.answer.waiting_documents(world.phone.caller, asked.id, now=world.clock())) == 3


async def test_documents_outside_this_inbox_are_not_shown(world: World) -> None:
    files = SubmittedView(small_view(), (ViewFile("订单.json", CONTENT),))
    await register_view(world.db, world.system.client_id, files, second_person=SECOND, now=world.clock())
    view = RequestedView(VIEW_ID)
    order = Document("订单", "application/json", CONTENT, (), format="cms", view=view)
    number = await _number(world)
    another = await _ask(world, number, documents=(order,))
    await execute(world.db, "UPDATE requests SET shield_number = 'SH-000000000001' WHERE id = $1", another.id)
    own = await _ask(world, number, documents=(order,))
    # A description of the business system that looks like a view is not treated as one.
    words = Document("报关单", "text/plain", DOCUMENT.content, (('"view":{"id"', '"view":{'),), format="cms")
    said = await _ask(world, number, documents=(words,))

    async def shown(request_id: str) -> int:
        return len(await world.answer.waiting_documents(world.phone.caller, request_id, now=world.clock()))

    assert [await shown(each) for each in (own.id, another.id, said.id, "nothing")] == [1, 0, 0, 0]
    world.clock.advance(seconds=86_400)
    assert await shown(own.id) == 0
