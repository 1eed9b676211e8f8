"""Taking a request by its QR code: the code of a second counts for five."""

import pytest

from mshield.domain import errors
from mshield.domain.qr import qr_text
from mshield.services.requests.ask import Asked
from tests.support.signing import World


async def _scan(world: World, code: str) -> str:
    return (await world.answer.scan(world.phone.caller, code, now=world.clock())).state


async def _login(world: World, *, idempotency_key: str | None = None) -> Asked:
    return await world.ask.create(
        world.system,
        kind="login",
        documents=(),
        pc_address=None,
        pc_browser=None,
        idempotency_key=idempotency_key,
        body=b"",
        now=world.clock(),
    )


async def test_a_photo_of_the_code_is_refused(world: World) -> None:
    asked = await _login(world)
    world.clock.advance(seconds=30)
    photo = asked.qr_text(now=world.clock())
    world.clock.advance(seconds=5.001)
    with pytest.raises(errors.QrStale):
        await _scan(world, photo)
    assert (await world.ask.state(world.system, asked.id, now=world.clock())).state == "waiting"
    assert await _scan(world, asked.qr_text(now=world.clock())) == "scanned"


async def test_a_code_counts_for_five_seconds(world: World) -> None:
    asked = await _login(world)
    code = asked.qr_text(now=world.clock())
    world.clock.advance(seconds=5)
    assert await _scan(world, code) == "scanned"


async def test_who_has_taken_it_may_scan_the_same_code_again(world: World) -> None:
    asked = await _login(world)
    code = asked.qr_text(now=world.clock())
    assert await _scan(world, code) == "scanned"
    world.clock.advance(seconds=60)
    assert await _scan(world, code) == "scanned"


async def test_a_code_of_later_is_refused_but_for_a_clock_that_is_a_little_ahead(world: World) -> None:
    asked = await _login(world)
    with pytest.raises(errors.QrStale):
        await _scan(world, asked.qr_text(now=world.clock() + 2_000))
    assert await _scan(world, asked.qr_text(now=world.clock() + 1_000)) == "scanned"


async def test_a_code_made_without_the_secret_tells_nothing(world: World) -> None:
    asked = await _login(world)
    for guessed in (bytes(32), (await _login(world)).qr_secret):
        with pytest.raises(errors.NotFound):
            await _scan(world, qr_text(asked.origin, asked.id, guessed, 0))
    with pytest.raises(errors.NotFound):
        await _scan(world, asked.app_link)


async def test_the_secrets_of_a_request_are_its_own_and_stay(world: World) -> None:
    first, second = await _login(world, idempotency_key="a"), await _login(world, idempotency_key="b")
    again = await _login(world, idempotency_key="a")
    assert (again.id, again.qr_secret, again.status_token) == (first.id, first.qr_secret, first.status_token)
    made = {first.qr_secret, second.qr_secret, first.status_token, second.status_token}
    assert len(made) == 4
    assert world.secrets.is_status_token(first.id, first.status_token)
    assert not world.secrets.is_status_token(second.id, first.status_token)
    assert not world.secrets.is_status_token(first.id, "é")
