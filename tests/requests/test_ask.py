"""Creating a request: a repeat returns the same request, even if it would now be refused; rate limits."""

import asyncio
from dataclasses import replace

import pytest

from mshield.server.database.interface import Database
from mshield.server.errors import IdempotencyMismatch, TooManyRequests
from mshield.server.keys.keyring import Keyring
from mshield.server.requests.ask import CreatedRequest
from mshield.server.requests.document import Document
from mshield.server.requests.errors import ShieldUnusable
from mshield.server.settings.settings import Settings
from mshield.server.systems.register import register_system
from mshield.server.systems.rows import systems
from mshield.server.systems.rows.systems import BusinessSystem
from tests.support.clock import Clock
from tests.support.return_url import RETURN_URL
from tests.support.signing import World, execute, fetch, make_world

MOST = 3
ADDRESS = "203.0.113.24"
_SETTINGS = Settings.of(requests_per_address=MOST, requests_per_system=2 * MOST, requests_per_shield=MOST)
_DOCUMENT = Document("进口货物报关单", "text/plain", "报关单".encode(), ())


@pytest.fixture
async def world(db: Database, keyring: Keyring, clock: Clock) -> World:
    """A phone with a certificate, at a service with low limits."""
    return await make_world(db, keyring, clock, settings=_SETTINGS)


async def _ask(
    world: World,
    key: str | None = None,
    *,
    kind: str = "login",
    address: str | None = ADDRESS,
    shield: str | None = None,
    body: bytes = b"",
) -> CreatedRequest:
    return await world.ask.create(
        world.system,
        kind="login" if shield is None and kind == "login" else "signature",
        documents=() if shield is None and kind == "login" else (_DOCUMENT,),
        shield_number=shield,
        pc_address=address,
        pc_browser=None,
        idempotency_key=key,
        body_hash=body,
        now=world.clock(),
    )


async def test_invented_addresses_together_are_limited_per_system(world: World) -> None:
    """Another system is not affected, nor by a request that names its user's address."""
    together = 10 * 2 * MOST
    for number in range(together):
        await _ask(world, address=f"198.51.{number}.7")
    with pytest.raises(TooManyRequests):
        await _ask(world, address="198.51.100.200")
    await _ask(world, kind="signature", shield=await _shield(world))
    client_id, _ = await register_system(world.db, name="银行", domain="bank.example", now=world.clock())
    other = await systems.find(world.db, client_id=client_id)
    assert other is not None
    await _ask(replace(world, system=other), address="198.51.0.7")
    world.clock.advance(seconds=60)
    await _ask(world, address="198.51.100.200")


async def _shield(world: World) -> str:
    row = await fetch(world.db, "SELECT shield_number FROM certificates WHERE state = $1", "active")
    return str(row["shield_number"])


async def _count(world: World) -> int:
    return int(str((await fetch(world.db, "SELECT COUNT(*) AS made FROM requests"))["made"]))


@pytest.mark.parametrize("by_shield", [False, True], ids=["of anybody", "by shield number"])
async def test_a_repeat_is_answered_and_not_counted_whatever_the_limit(
    world: World, *, by_shield: bool
) -> None:
    shield = await _shield(world) if by_shield else None
    first = await _ask(world, "first", shield=shield)
    for _ in range(MOST):
        assert (await _ask(world, "first", shield=shield)).id == first.id
    for number in range(1, MOST):
        await _ask(world, str(number), shield=shield)
    with pytest.raises(TooManyRequests):
        await _ask(world, "another", shield=shield)
    assert (await _ask(world, "first", shield=shield)).id == first.id
    assert await _count(world) == MOST


async def test_idempotency_key_stays_one_requests_beyond_the_limit(world: World) -> None:
    for number in range(MOST):
        await _ask(world, str(number))
    with pytest.raises(IdempotencyMismatch):
        await _ask(world, "0", body=b"another")


async def test_refused_request_leaves_its_idempotency_key_free(world: World) -> None:
    for number in range(MOST):
        await _ask(world, str(number))
    with pytest.raises(TooManyRequests):
        await _ask(world, "late")
    world.clock.advance(seconds=60)
    await _ask(world, "late")


async def test_repeat_is_answered_after_the_shield_was_held(world: World) -> None:
    shield = await _shield(world)
    first = await _ask(world, "first", shield=shield)
    await execute(world.db, "UPDATE certificates SET holds = 'lost' WHERE shield_number = $1", shield)
    assert (await _ask(world, "first", shield=shield)).id == first.id
    with pytest.raises(ShieldUnusable):
        await _ask(world, "second", shield=shield)


async def test_repeat_is_answered_after_its_return_url_was_removed(world: World) -> None:
    async def ask(system: BusinessSystem) -> CreatedRequest:
        return await world.ask.create(
            system,
            kind="login",
            channel="app",
            documents=(),
            return_url=RETURN_URL,
            pc_address=None,
            pc_browser=None,
            idempotency_key="first",
            body_hash=b"",
            now=world.clock(),
        )

    first = await ask(world.system)
    assert (await ask(replace(world.system, return_urls=()))).id == first.id


async def test_repeat_returns_the_current_state(world: World) -> None:
    first = await _ask(world, "first")
    world.clock.advance(seconds=119)
    assert (await _ask(world, "first")).state == "waiting"
    world.clock.advance(seconds=1)
    assert (await _ask(world, "first")).state == "expired"
    second = await _ask(world, "second")
    await world.ask.cancel(world.system, second.id, now=world.clock())
    assert (await _ask(world, "second")).state == "cancelled"
    assert first.state == "waiting"


async def test_concurrent_repeats_create_and_count_one_request(world: World) -> None:
    made = await asyncio.gather(*(_ask(world, "same") for _ in range(MOST + 1)))
    assert len({each.id for each in made}) == 1
    assert await _count(world) == 1
    for number in range(1, MOST):
        await _ask(world, str(number))


@pytest.mark.parametrize("kind", ["login", "signature"])
async def test_anonymous_requests_are_limited_by_business_system_and_address(world: World, kind: str) -> None:
    for _ in range(MOST):
        await _ask(world, kind=kind)
    with pytest.raises(TooManyRequests) as limited:
        await _ask(world, kind=kind)
    assert limited.value.extra["retry_after"] == 60
    await _ask(world, kind=kind, address="203.0.113.25")
    world.clock.advance(seconds=60)
    await _ask(world, kind=kind)


@pytest.mark.parametrize("kind", ["login", "signature"])
async def test_requests_without_an_address_have_a_wider_limit(world: World, kind: str) -> None:
    for number in range(2 * MOST):
        await _ask(world, kind=kind, address=None if number % 2 else "no address")
    with pytest.raises(TooManyRequests):
        await _ask(world, kind=kind, address=None)
    await _ask(world, kind=kind)


async def test_many_signatures_do_not_use_up_the_limit_of_logins(world: World) -> None:
    for _ in range(MOST):
        await _ask(world, kind="signature")
    await _ask(world)


async def test_request_by_shield_number_counts_only_for_the_shield(world: World) -> None:
    for _ in range(MOST):
        await _ask(world, kind="signature")
    await _ask(world, shield=await _shield(world))
