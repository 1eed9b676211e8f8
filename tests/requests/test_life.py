"""Lifetime of a signature request and its single prolongation by the reader: both by the amount to read."""

import asyncio
from typing import Final

import pytest

from mshield.server.acts.actor import SERVICE
from mshield.server.database.opening import open_database
from mshield.server.errors import InvalidRequest, NotFound
from mshield.server.requests.answer import Answer, ScannedRequest, prolongs_by
from mshield.server.requests.ask import CreatedRequest
from mshield.server.requests.document import Document
from mshield.server.requests.errors import ExpiredRequest, RequestClosed
from mshield.server.requests.rules import (
    LONGEST_PROLONGATION_MS,
    OCTETS_A_SECOND,
    longest_life_ms,
    prolongation_ms,
    reading_ms,
)
from mshield.server.systems.manage import ManageSystems
from mshield.server.webhooks.endpoints import WebhookEndpoints
from mshield.wire.times import DAY_MS, HOUR_MS, MINUTE_MS
from tests.support.signing import World, fetch

SHORT: Final = 1_000
"""Size in bytes; 50 s of reading."""


async def _ask(
    world: World, *sizes: int, kind: str = "signature", inbox: bool = False, lifetime: int | None = None
) -> CreatedRequest:
    row = await fetch(world.db, "SELECT shield_number FROM certificates WHERE state = $1", "active")
    documents = tuple(
        Document("合同", "text/plain", b"x" * size, (), "raw" if n else "cms") for n, size in enumerate(sizes)
    )
    return await world.ask.create(
        world.system,
        kind=kind,
        documents=documents,
        shield_number=str(row["shield_number"]) if inbox else None,
        lifetime=lifetime,
        pc_address=None,
        pc_browser=None,
        idempotency_key=None,
        body_hash=b"",
        now=world.clock(),
    )


async def _prolong(world: World, asked: CreatedRequest) -> int:
    return await world.answer.prolong(await world.login(), asked.id, now=world.clock())


async def _scanned(world: World, asked: CreatedRequest) -> ScannedRequest:
    return await world.answer.scan(world.phone.caller, asked.qr_text(now=world.clock()), now=world.clock())


async def _end(world: World, asked: CreatedRequest) -> int:
    return (await world.ask.state(world.system, asked.id, now=world.clock())).expires_at


def test_lifetime_bounds_grow_with_the_content() -> None:
    assert reading_ms(0) == 0
    assert reading_ms(OCTETS_A_SECOND) == 1000
    assert reading_ms(72_000) == reading_ms(72_000_000) == HOUR_MS
    assert reading_ms(71_980) == HOUR_MS - 1000
    assert longest_life_ms(0, in_inbox=False) == HOUR_MS
    assert longest_life_ms(SHORT, in_inbox=False) == HOUR_MS + 50_000
    assert longest_life_ms(10**9, in_inbox=False) == 2 * HOUR_MS
    assert longest_life_ms(0, in_inbox=True) == DAY_MS
    assert prolongation_ms(SHORT) == 5 * MINUTE_MS + 50_000
    assert prolongation_ms(10**9) == LONGEST_PROLONGATION_MS


@pytest.mark.parametrize(
    ("size", "inbox", "longest"),
    [(1, False, 3600), (SHORT, False, 3650), (72_000, False, 7200), (1, True, 86_400)],
)
async def test_lifetime_is_accepted_up_to_the_bound(
    world: World, size: int, *, inbox: bool, longest: int
) -> None:
    asked = await _ask(world, size, inbox=inbox, lifetime=longest)
    assert asked.expires_at == world.clock() + longest * 1000
    with pytest.raises(InvalidRequest) as refused:
        await _ask(world, size, inbox=inbox, lifetime=longest + 1)
    assert refused.value.extra["fields"] == ["lifetime"]


async def test_reader_prolongs_the_request_once(world: World) -> None:
    """The extra time covers everything to read: content beside a CMS' attributes, and a raw message itself."""
    asked = await _ask(world, SHORT, SHORT)
    taken = await _scanned(world, asked)
    assert prolongs_by(taken) == 5 * MINUTE_MS + 100_000
    world.clock.advance(seconds=60)
    end = asked.expires_at + 5 * MINUTE_MS + 100_000
    assert [await _prolong(world, asked) for _ in range(3)] == [end] * 3
    assert await _end(world, asked) == end
    again = await _scanned(world, asked)
    assert (prolongs_by(again), again.expires_at) == (None, end)
    world.clock.now = end - 1
    assert "'r'" in str(await world.sign([task.sid for task in taken.tasks]))
    with pytest.raises(RequestClosed):
        await _prolong(world, asked)


async def test_expired_request_cannot_be_prolonged(world: World) -> None:
    asked = await _ask(world, SHORT)
    await _scanned(world, asked)
    world.clock.now = asked.expires_at
    with pytest.raises(ExpiredRequest):
        await _prolong(world, asked)
    world.clock.now = asked.expires_at - 1
    assert await _prolong(world, asked) > asked.expires_at
    world.clock.now = await _end(world, asked)
    with pytest.raises(ExpiredRequest):
        await _prolong(world, asked)


async def test_request_without_content_to_read_is_not_prolonged(world: World) -> None:
    waiting, login = await _ask(world, SHORT), await _ask(world, kind="login")
    await _scanned(world, login)
    for asked in (waiting, login):
        with pytest.raises(NotFound):
            await _prolong(world, asked)
        assert await _end(world, asked) == asked.expires_at
    taken = await _scanned(world, waiting)
    assert prolongs_by(taken) is not None
    await world.answer.decline(await world.login(), waiting.id, "declined", now=world.clock())
    with pytest.raises(RequestClosed):
        await _prolong(world, waiting)


async def test_several_processes_prolong_once(world: World, database_url: str) -> None:
    """The second of two concurrent calls reaches another process first."""
    asked = await _ask(world, SHORT)
    await _scanned(world, asked)
    other = await open_database(database_url)
    try:
        here = world.answer
        there = Answer(other, here.events, here.secrets, here.consents, here.prepare)
        login, now = await world.login(), world.clock()
        calls = (answer.prolong(login, asked.id, now=now) for answer in (world.answer, there) * 4)
        ends = set(await asyncio.gather(*calls))
    finally:
        await other.close()
    assert ends == {asked.expires_at + prolongation_ms(SHORT)}


async def test_disabled_system_ends_requests_prolonged_beyond_a_day(world: World) -> None:
    asked, login = await _ask(world, SHORT, inbox=True, lifetime=86_400), await world.login()
    await world.scan(asked)
    world.clock.now = asked.expires_at - 1
    end = await world.answer.prolong(login, asked.id, now=world.clock())
    world.clock.now = end - 1
    settings = world.ask.settings
    endpoints = WebhookEndpoints(world.db, world.keyring, settings.webhooks)
    manage = ManageSystems(world.db, endpoints, world.answer.events, settings.requests)
    await manage.set_state(
        world.system.client_id, "disabled", reason="密钥泄露", by=SERVICE, now=world.clock()
    )
    assert (await world.ask.state(world.system, asked.id, now=world.clock())).state == "cancelled"
