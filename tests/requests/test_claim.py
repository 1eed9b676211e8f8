"""A code scanned before login (ADR 107): only that phone can claim it, and a claim alone takes no request."""

import pytest

from mshield.server.certificates.errors import NoCertificate
from mshield.server.errors import NotFound, TooManyRequests
from mshield.server.requests.claim import CLAIM_MS, ClaimScan
from mshield.server.requests.errors import ExpiredRequest, OtherShield, QrStale, RequestClosed
from mshield.wire.qr import short_code
from tests.support.more_phones import another_account, another_phone
from tests.support.signing import World, execute, fetch


async def test_claim_serves_only_its_phone_and_takes_no_request(world: World) -> None:
    claim, now = ClaimScan(world.db, world.secrets), world.clock()
    asked = await world.asked([b"1"])
    kept = await claim("jkt", asked.qr_text(now=now), now=now)
    assert (kept.request.requester.name, kept.request.kind) == ("单一窗口", "signature")
    assert kept.expires_at <= now + CLAIM_MS
    assert (await fetch(world.db, "SELECT state FROM requests"))["state"] == "waiting"
    with pytest.raises(NoCertificate):  # a phone that never applied
        await claim("unknown", asked.qr_text(now=now), now=now)
    await another_account(world, "13800000001")
    stranger = await another_phone(world, "mallory", account="13800000001")
    with pytest.raises(NotFound):
        await world.answer.scan(stranger.phone.caller, kept.code, now=now)
    world.clock.advance(seconds=60)
    taken = await world.answer.scan(world.phone.caller, kept.code, now=world.clock())
    again = await world.answer.scan(world.phone.caller, kept.code, now=world.clock())
    assert taken.id == again.id == asked.id
    await world.sign([task.sid for task in taken.tasks])


async def test_short_code_is_claimed_like_a_scan_and_shares_the_limit_of_typed_codes(world: World) -> None:
    claim = ClaimScan(world.db, world.secrets)
    asked = await world.asked([b"1"])
    world.clock.advance(seconds=8)
    code = short_code(world.secrets.qr_secret(asked.id), 2)
    with pytest.raises(QrStale):
        await claim("jkt", code, now=world.clock())
    with pytest.raises(NoCertificate):
        await claim("unknown", code, typed=6_000, now=world.clock())
    kept = await claim("jkt", code, typed=6_000, now=world.clock())
    assert kept.request.id == asked.id
    world.clock.advance(seconds=30)
    assert (await world.answer.scan(world.phone.caller, kept.code, now=world.clock())).id == asked.id
    for _ in range(8):
        with pytest.raises(QrStale):
            await world.answer.scan(world.phone.caller, "0Y7K3M9X", now=world.clock())
    with pytest.raises(TooManyRequests):
        await claim("jkt", code, typed=6_000, now=world.clock())


async def test_request_that_cannot_be_scanned_cannot_be_claimed(world: World) -> None:
    claim = ClaimScan(world.db, world.secrets)
    asked = await world.asked([b"1"])
    text = asked.qr_text(now=world.clock())
    other = await world.asked([b"2"])
    with pytest.raises(NotFound):
        await claim("jkt", text.replace(asked.id, other.id), now=world.clock())
    kept = await claim("jkt", text, now=world.clock())
    world.clock.advance(seconds=6.001)
    with pytest.raises(QrStale):
        await claim("jkt", text, now=world.clock())
    await execute(world.db, "UPDATE requests SET shield_number = 'MS10000000000' WHERE id = $1", asked.id)
    with pytest.raises(OtherShield):
        await claim("jkt", text, now=world.clock())
    with pytest.raises(OtherShield):
        await world.answer.scan(world.phone.caller, kept.code, now=world.clock())
    await execute(world.db, "UPDATE requests SET shield_number = NULL, state = 'cancelled'")
    with pytest.raises(RequestClosed):
        await claim("jkt", text, now=world.clock())
    with pytest.raises(RequestClosed):
        await world.answer.scan(world.phone.caller, kept.code, now=world.clock())
    await execute(world.db, "UPDATE requests SET expires_at = $1", world.clock())
    with pytest.raises(RequestClosed):  # the request ended before its expiry, perhaps by a signature
        await claim("jkt", text, now=world.clock())
    await execute(world.db, "UPDATE requests SET state = $1", "waiting")
    with pytest.raises(ExpiredRequest):
        await claim("jkt", text, now=world.clock())


async def test_claim_expires_before_its_request(world: World) -> None:
    asked = await world.asked([b"1"])
    for table in ("requests", "tasks"):
        await execute(world.db, f"UPDATE {table} SET expires_at = expires_at + 3600000")  # noqa: S608  # the tables are named here
    kept = await ClaimScan(world.db, world.secrets)(
        "jkt", asked.qr_text(now=world.clock()), now=world.clock()
    )
    assert kept.expires_at == world.clock() + CLAIM_MS
    world.clock.advance(seconds=CLAIM_MS // 1000)
    with pytest.raises(QrStale):
        await world.answer.scan(world.phone.caller, kept.code, now=world.clock())
