"""A row that was changed by hand counts again once two people have taken it for right, and the log says so."""

import pytest

from mshield.domain import errors
from mshield.services.log.verify_seals import check_seals
from mshield.services.operations.accept_row import accept_row
from mshield.store.accounts import accounts
from mshield.store.database.interface import SealBroken
from tests.support.cases import cases
from tests.support.signing import World, fetch, tamper


async def _accept(world: World, table: str, key: str, reason: str = "号码录入有误，已核对登记表") -> None:
    await accept_row(world.db, table, key, second_person="许安然", reason=reason, now=world.clock())


async def test_a_row_counts_again_and_the_act_names_both(world: World) -> None:
    await tamper(world.db, "UPDATE accounts SET phone = '13900000001'")
    with pytest.raises(SealBroken):
        await accounts.get_account(world.db, account_id="account")
    await _accept(world, "accounts", "account")
    account = await accounts.get_account(world.db, account_id="account")
    assert account is not None
    assert account.phone == "13900000001"
    assert [finding async for finding in check_seals(world.db)] == []
    act = await fetch(world.db, "SELECT subject, details FROM acts WHERE act = 'seals.accept'")
    assert act["subject"] == "accounts/account"
    assert "许安然" in str(act["details"])


async def test_a_row_that_was_set_back_is_taken_as_its_newest_state(world: World) -> None:
    before = await fetch(world.db, "SELECT phone, seal_version, seal FROM accounts")
    account = await accounts.get_account(world.db, account_id="account")
    assert account is not None
    await world.db.write(
        lambda tx: accounts.change_phone(tx, account=account, phone="13900000002", now=world.clock())
    )
    await tamper(world.db, "UPDATE accounts SET phone = $1, seal_version = $2, seal = $3", *before.values())
    assert [finding.code async for finding in check_seals(world.db)] == ["sealed_row_set_back"]
    await _accept(world, "accounts", "account")
    assert [finding async for finding in check_seals(world.db)] == []


async def test_a_key_of_bytes_is_named_in_hex(world: World) -> None:
    await tamper(world.db, "UPDATE keys SET failures = 2")
    await _accept(world, "keys", world.phone.uid.hex())
    await world.sign([await world.task()])


@cases(("table", "key"), [("accounts", "nobody"), ("secrets", "lookup"), ("keys", "no hex"), ("acts", "1")])
async def test_what_isnt_there_or_has_no_seal(world: World, table: str, key: str) -> None:
    with pytest.raises(errors.NotFound):
        await _accept(world, table, key)


async def test_without_a_reason(world: World) -> None:
    with pytest.raises(errors.InvalidRequest):
        await _accept(world, "accounts", "account", reason=" ")
