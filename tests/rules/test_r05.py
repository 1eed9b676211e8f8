"""R5: one certificate per operator and device, six devices at most, and a device uses only its own certificate."""

import asyncio
from collections.abc import Awaitable

import pytest

from mshield.server.certificates.errors import DeviceLimit
from mshield.server.certificates.rules.states import CertificateEvent
from mshield.server.errors import DomainError, NotFound
from mshield.server.http.pages.faq import FAQ
from tests.support.issuing import change
from tests.support.more_phones import another_account, another_phone, apply, begin, issue, sign_request
from tests.support.signing import World, execute, fetch


async def _phones(world: World, count: int) -> list[World]:
    return [await another_phone(world, f"phone-{number}") for number in range(count)]


async def _serial(world: World) -> str:
    row = await fetch(world.db, "SELECT certificate FROM keys WHERE uid = $1", world.phone.uid)
    return str(row["certificate"])


async def _live(world: World) -> object:
    row = await fetch(world.db, "SELECT COUNT(*) AS live FROM certificates WHERE state = 'active'")
    return row["live"]


async def test_r05_the_sixth_device_works_and_the_seventh_is_refused_with_its_answer(world: World) -> None:
    *six, seventh = await _phones(world, 7)
    for phone in six:
        await apply(phone)
    assert (await six[-1].sign([await six[-1].task()]))["items"]
    with pytest.raises(DeviceLimit) as refused:
        await begin(seventh)
    assert refused.value.extra["limit"] == 6
    assert "最多 6 个" in FAQ[refused.value.faq or ""].zh


async def test_r05_seven_concurrent_devices_get_six_certificates(world: World) -> None:
    phones = await _phones(world, 7)
    for phone in phones:
        await sign_request(phone)  # no device has a certificate yet, so all seven may begin
    outcomes = await asyncio.gather(*(_outcome(issue(phone)) for phone in phones))
    assert sorted(outcomes) == ["device_limit"] + ["ok"] * 6
    assert await _live(world) == 6
    # The refusal is final: the key is void, and no later call issues its certificate.
    left = phones[outcomes.index("device_limit")]
    await issue(left)
    assert await _live(world) == 6
    row = await fetch(world.db, "SELECT state, certificate FROM keys WHERE uid = $1", left.phone.uid)
    assert (row["state"], row["certificate"]) == ("void", None)


async def _outcome(issued: Awaitable[None]) -> str:
    try:
        await issued
    except DomainError as error:
        return error.code
    return "ok"


async def _phones_of_two_accounts(world: World, count: int) -> list[World]:
    await another_account(world, "other")
    return [
        await another_phone(world, f"phone-{number}", account=("account", "other")[number % 2])
        for number in range(count)
    ]


async def test_r05_two_accounts_of_one_operator_have_six_devices_together(world: World) -> None:
    *six, seventh, eighth = await _phones_of_two_accounts(world, 8)
    for phone in six:
        await apply(phone)
    for phone in (seventh, eighth):
        with pytest.raises(DeviceLimit):
            await begin(phone)
    await change(world.db, await _serial(six[0]), CertificateEvent.REVOKE, now=world.clock())
    await apply(eighth)  # by the other account, not the one that freed the place
    with pytest.raises(DeviceLimit):
        await begin(seventh)
    assert await _live(world) == 6


async def test_r05_seven_concurrent_devices_of_two_accounts_get_six_certificates(world: World) -> None:
    phones = await _phones_of_two_accounts(world, 7)
    for phone in phones:
        await sign_request(phone)
    outcomes = await asyncio.gather(*(_outcome(issue(phone)) for phone in phones))
    assert sorted(outcomes) == ["device_limit"] + ["ok"] * 6
    assert await _live(world) == 6


async def test_r05_other_peoples_devices_are_not_counted(world: World) -> None:
    *six, own = await _phones(world, 7)
    for phone in six:
        await apply(phone)
    await another_account(world, "other")
    await execute(world.db, "UPDATE certificates SET account_id = 'other'")
    with pytest.raises(DeviceLimit):
        await begin(own)
    await execute(world.db, "UPDATE accounts SET id_number_hash = $1 WHERE id = 'other'", b"another person's")
    await apply(own)


async def test_r05_revocation_frees_a_device_and_nothing_else_does(world: World) -> None:
    *six, seventh = await _phones(world, 7)
    for phone in six:
        await apply(phone)
    await change(world.db, await _serial(six[0]), CertificateEvent.FREEZE, now=world.clock())
    await execute(world.db, "UPDATE certificates SET not_after = 1 WHERE serial = $1", await _serial(six[1]))
    await execute(
        world.db, "UPDATE certificates SET state = 'pin_locked' WHERE serial = $1", await _serial(six[2])
    )
    with pytest.raises(DeviceLimit):
        await begin(seventh)
    await change(world.db, await _serial(six[2]), CertificateEvent.REVOKE, now=world.clock())
    await apply(seventh)
    assert await _live(world) == 6


async def test_r05_one_device_gets_one_certificate_however_often_it_is_issued(world: World) -> None:
    await sign_request(world)
    await asyncio.gather(*(issue(world) for _ in range(10)))
    assert await _live(world) == 1


async def test_r05_two_applications_of_one_device_get_one_certificate(world: World) -> None:
    await sign_request(world)
    # A second application before the first one's certificate was fetched.
    await sign_request(world)
    outcomes = [await _outcome(issue(world)) for _ in range(3)]
    assert await _live(world) == 1
    assert set(outcomes) <= {"ok", "already_certified"}


async def test_r05_a_device_uses_only_its_own_certificate(world: World) -> None:
    other = await another_phone(world, "other")
    await apply(world)
    await apply(other)
    nonces = await world.commit([await world.task()])
    other.phone.uid, own = world.phone.uid, other.phone.uid
    with pytest.raises(NotFound):
        await other.open(nonces)
    other.phone.uid = own
    assert (await other.sign([await other.task()]))["items"]
