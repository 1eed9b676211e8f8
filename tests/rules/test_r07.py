"""R7: after the application the device belongs to the account that applied."""

from dataclasses import replace

import pytest

from mshield.server.accounts.session import Caller
from mshield.server.certificates.errors import OtherAccount
from mshield.server.certificates.rules.states import CertificateEvent
from mshield.wire.tokens import token_hash
from tests.support.issuing import change
from tests.support.more_phones import (
    another_account,
    another_phone,
    apply,
    begin,
    issue,
    log_in,
    sign_request,
)
from tests.support.signing import Phone, World, fetch


async def _seen_by(world: World, device: str, account: str) -> World:
    await log_in(world, device, account=account)
    return replace(world, phone=Phone(Caller(token_hash(f"{device} {account}"), device)))


async def _owner(world: World, device: str) -> object:
    return (await fetch(world.db, "SELECT account_id FROM devices WHERE id = $1", device))["account_id"]


async def test_r07_the_application_pins_the_device(world: World) -> None:
    await another_account(world, "other")
    phone = await another_phone(world, "phone")
    await begin(phone)
    assert await _owner(world, "phone") is None, "an unfinished application pins nothing"
    await apply(phone)
    assert await _owner(world, "phone") == "account"
    with pytest.raises(OtherAccount):
        await begin(await _seen_by(world, "phone", "other"))


async def test_r07_r06_the_holders_other_account_is_another_account(world: World) -> None:
    """The other account gets no certificate and doesn't stop the first one, even after that one is revoked."""
    await another_account(world, "other")
    phone = await another_phone(world, "phone")
    await apply(phone)
    with pytest.raises(OtherAccount):
        await begin(await _seen_by(world, "phone", "other"), confirm_duplicate=True)
    row = await fetch(world.db, "SELECT serial, state, holds FROM certificates")
    assert (row["state"], row["holds"]) == ("active", "")
    assert (await phone.sign([await phone.task()]))["items"]
    await change(world.db, str(row["serial"]), CertificateEvent.REVOKE, now=world.clock())
    with pytest.raises(OtherAccount):
        await begin(replace(phone, phone=Phone(Caller(token_hash("phone other"), "phone"))))
    await apply(phone)


async def test_r07_two_accounts_apply_on_one_device_and_one_succeeds(world: World) -> None:
    await another_account(world, "other")
    first = await another_phone(world, "phone")
    await sign_request(first)
    second = await _seen_by(world, "phone", "other")
    await sign_request(second)
    await issue(first)
    with pytest.raises(OtherAccount):
        await issue(second)
    assert await _owner(world, "phone") == "account"
    rows = await fetch(
        world.db, "SELECT COUNT(*) AS certificates, MIN(account_id) AS account FROM certificates"
    )
    assert (rows["certificates"], rows["account"]) == (1, "account")
