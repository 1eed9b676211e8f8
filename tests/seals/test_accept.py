"""Two people can accept a row that was changed by hand: it is valid again, and the log records it."""

import pytest

from mshield.server.accounts.rows import accounts
from mshield.server.database.interface import SealBroken
from mshield.server.errors import InvalidRequest, NotFound
from mshield.server.log.verify_seals import check_seals
from mshield.server.maintenance.accept_row import accept_row
from tests.support.cases import cases
from tests.support.second_person import SECOND
from tests.support.signing import World, fetch, tamper


async def _accept(world: World, table: str, key: str, reason: str = "号码录入有误，已核对登记表") -> None:
    await accept_row(world.db, table, key, second_person=SECOND, reason=reason, now=world.clock())


async def test_accepted_row_is_valid_again_and_the_act_names_both_people(world: World) -> None:
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


async def test_accepted_older_state_becomes_the_newest_state(world: World) -> None:
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


async def test_binary_key_is_given_in_hex(world: World) -> None:
    await tamper(world.db, "UPDATE keys SET failures = 2")
    await _accept(world, "keys", world.phone.uid.hex())
    await world.sign([await world.task()])


@cases(("table", "key"), [("accounts", "nobody"), ("secrets", "lookup"), ("keys", "no hex"), ("acts", "1")])
async def test_missing_row_or_unsealed_table_is_not_found(world: World, table: str, key: str) -> None:
    with pytest.raises(NotFound):
        await _accept(world, table, key)


async def test_blank_reason_is_refused(world: World) -> None:
    with pytest.raises(InvalidRequest):
        await _accept(world, "accounts", "account", reason=" ")
