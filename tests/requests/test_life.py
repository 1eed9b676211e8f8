"""How long a signature may be asked for, and how its reader prolongs it once: by what there is to read."""

import asyncio
from typing import Final

import pytest

from mshield.domain import errors
from mshield.domain.actor import SERVICE
from mshield.domain.requests import (
    LONGEST_PROLONGATION_MS,
    OCTETS_A_SECOND,
    longest_life_ms,
    prolongation_ms,
    reading_ms,
)
from mshield.domain.times import DAY_MS, HOUR_MS, MINUTE_MS
from mshield.services.requests.answer import Answer, ScannedRequest, prolongs_by
from mshield.services.requests.ask import Asked
from mshield.services.requests.document import Document
from mshield.services.systems.manage import ManageSystems
from mshield.services.systems.webhook_endpoints import WebhookEndpoints
from mshield.store.database.opening import open_database
from tests.support.signing import World, fetch

SHORT: Final = 1_000
"""Octets: fifty seconds of reading."""


async def _ask(
    world: World, *sizes: int, kind: str = "signature", inbox: bool = False, lifetime: int | None = None
) -> Asked:
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
        body=b"",
        now=world.clock(),
    )


async def _prolong(world: World, asked: Asked) -> int:
    return await world.answer.prolong(await world.login(), asked.id, now=world.clock())


async def _scanned(world: World, asked: Asked) -> ScannedRequest:
    return await world.answer.scan(world.phone.caller, asked.qr_text(now=world.clock()), now=world.clock())


async def _end(world: World, asked: Asked) -> int:
    return (await world.ask.state(world.system, asked.id, now=world.clock())).expires_at


def test_the_bounds_grow_with_what_there_is_to_read() -> None:
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
async def test_a_life_is_asked_for_up_to_the_bound(
    world: World, size: int, *, inbox: bool, longest: int
) -> None:
    asked = await _ask(world, size, inbox=inbox, lifetime=longest)
    assert asked.expires_at == world.clock() + longest * 1000
    with pytest.raises(errors.InvalidRequest) as refused:
        await _ask(world, size, inbox=inbox, lifetime=longest + 1)
    assert refused.value.extra["fields"] == ["lifetime"]


async def test_the_reader_prolongs_it_once(world: World) -> None:
    """By all that can be read: what is beside a CMS' attributes, and a raw message itself."""
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
    with pytest.raises(errors.RequestClosed):
        await _prolong(world, asked)


async def test_at_its_end_it_is_over(world: World) -> None:
    asked = await _ask(world, SHORT)
    await _scanned(world, asked)
    world.clock.now = asked.expires_at
    with pytest.raises(errors.ExpiredRequest):
        await _prolong(world, asked)
    world.clock.now = asked.expires_at - 1
    assert await _prolong(world, asked) > asked.expires_at
    world.clock.now = await _end(world, asked)
    with pytest.raises(errors.ExpiredRequest):
        await _prolong(world, asked)


async def test_what_nobody_reads_is_not_prolonged(world: World) -> None:
    waiting, login = await _ask(world, SHORT), await _ask(world, kind="login")
    await _scanned(world, login)
    for asked in (waiting, login):
        with pytest.raises(errors.NotFound):
            await _prolong(world, asked)
        assert await _end(world, asked) == asked.expires_at
    taken = await _scanned(world, waiting)
    assert prolongs_by(taken) is not None
    await world.answer.decline(await world.login(), waiting.id, "declined", now=world.clock())
    with pytest.raises(errors.RequestClosed):
        await _prolong(world, waiting)


async def test_several_processes_count_it_once(world: World, database_url: str) -> None:
    """A repeat that overtakes the first, at another process."""
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


async def test_a_system_that_is_disabled_ends_what_was_prolonged_beyond_a_day(world: World) -> None:
    asked, login = await _ask(world, SHORT, inbox=True, lifetime=86_400), await world.login()
    await world.scan(asked)
    world.clock.now = asked.expires_at - 1
    end = await world.answer.prolong(login, asked.id, now=world.clock())
    world.clock.now = end - 1
    settings = world.ask.settings
    endpoints = WebhookEndpoints(world.db, world.keyring, settings)
    manage = ManageSystems(world.db, endpoints, world.answer.events, settings)
    await manage.set_state(
        world.system.client_id, "disabled", reason="密钥泄露", by=SERVICE, now=world.clock()
    )
    assert (await world.ask.state(world.system, asked.id, now=world.clock())).state == "cancelled"
