"""Taking a request by its QR code: the code of one second is valid for five."""

import pytest

from mshield.server.errors import NotFound
from mshield.server.requests.ask import CreatedRequest
from mshield.server.requests.errors import QrStale
from mshield.wire.qr import qr_text
from tests.support.signing import World


async def _scan(world: World, code: str) -> str:
    return (await world.answer.scan(world.phone.caller, code, now=world.clock())).state


async def _login(world: World, *, idempotency_key: str | None = None) -> CreatedRequest:
    return await world.ask.create(
        world.system,
        kind="login",
        documents=(),
        pc_address=None,
        pc_browser=None,
        idempotency_key=idempotency_key,
        body_hash=b"",
        now=world.clock(),
    )


async def test_a_photo_of_the_code_is_refused(world: World) -> None:
    asked = await _login(world)
    world.clock.advance(seconds=30)
    photo = asked.qr_text(now=world.clock())
    world.clock.advance(seconds=5.001)
    with pytest.raises(QrStale):
        await _scan(world, photo)
    assert (await world.ask.state(world.system, asked.id, now=world.clock())).state == "waiting"
    assert await _scan(world, asked.qr_text(now=world.clock())) == "scanned"


async def test_scanned_code_is_valid_for_five_seconds(world: World) -> None:
    asked = await _login(world)
    code = asked.qr_text(now=world.clock())
    world.clock.advance(seconds=5)
    assert await _scan(world, code) == "scanned"


async def test_phone_that_took_the_request_may_scan_the_code_again(world: World) -> None:
    asked = await _login(world)
    code = asked.qr_text(now=world.clock())
    assert await _scan(world, code) == "scanned"
    world.clock.advance(seconds=60)
    assert await _scan(world, code) == "scanned"


async def test_future_code_is_refused_beyond_a_small_clock_difference(world: World) -> None:
    asked = await _login(world)
    with pytest.raises(QrStale):
        await _scan(world, asked.qr_text(now=world.clock() + 2_000))
    assert await _scan(world, asked.qr_text(now=world.clock() + 1_000)) == "scanned"


async def test_code_made_without_the_secret_reveals_nothing(world: World) -> None:
    asked = await _login(world)
    for guessed in (bytes(32), (await _login(world)).qr_secret):
        with pytest.raises(NotFound):
            await _scan(world, qr_text(asked.origin, asked.id, guessed, 0))
    with pytest.raises(NotFound):
        await _scan(world, asked.app_link)


async def test_each_request_has_its_own_stable_secrets(world: World) -> None:
    first, second = await _login(world, idempotency_key="a"), await _login(world, idempotency_key="b")
    again = await _login(world, idempotency_key="a")
    assert (again.id, again.qr_secret, again.status_token) == (first.id, first.qr_secret, first.status_token)
    made = {first.qr_secret, second.qr_secret, first.status_token, second.status_token}
    assert len(made) == 4
    assert world.secrets.is_status_token(first.id, first.status_token)
    assert not world.secrets.is_status_token(second.id, first.status_token)
    assert not world.secrets.is_status_token(first.id, "é")
