"""Resetting a forgotten password requires the account's phone and its id number."""

from typing import Final

import pytest

from mshield.server.accounts.errors import (
    LoginFailed,
    ResetRefused,
    SmsCodeExpired,
    SmsCodeWrong,
    WeakPassword,
)
from mshield.server.accounts.reset_password import ResetPassword
from mshield.server.accounts.rows import accounts as store
from mshield.server.database.interface import Database
from mshield.server.identity.after_reset import RESET_ACT
from mshield.server.keys.keyring import Keyring
from mshield.server.keys.secrets import LookupKey
from mshield.server.settings.settings import Settings
from tests.support.acts import acts_on
from tests.support.clock import Clock
from tests.support.registration_office import ADDRESS, PHONE, Office
from tests.support.signing import execute, fetch

ID_NUMBER: Final = "330206199001014217"
NEW: Final = "Another-declaration-7"


@pytest.fixture
async def office(db: Database, keyring: Keyring, clock: Clock) -> Office:
    """An office with one account, whose owner is logged in."""
    office = Office.on(db, keyring, Settings())
    await office.enter(now=clock(), sms_code=await office.code(now=clock()))
    await office.come_in(now=clock())
    clock.advance(seconds=61)
    return office


async def _code(office: Office, clock: Clock, *, phone: str = PHONE) -> str:
    await office.codes.send(phone=phone, purpose="reset", address=ADDRESS, now=clock())
    return office.sms.messages()[0].code


def _reset(db: Database, office: Office) -> ResetPassword:
    return ResetPassword(db, LookupKey(bytes(32)), office.codes)


def _given(code: str, **changed: str) -> dict[str, str]:
    return {"phone": PHONE, "sms_code": code, "id_number": ID_NUMBER, "password": NEW} | changed


async def test_reset_makes_the_new_password_the_only_valid_one(
    db: Database, office: Office, clock: Clock
) -> None:
    ended = await _reset(db, office)(**_given(await _code(office, clock)), now=clock())
    assert ended == 1
    with pytest.raises(LoginFailed):
        await office.come_in(now=clock())
    assert (await office.come_in(now=clock(), password=NEW)).phone == PHONE


async def test_the_owner_is_told_and_the_act_is_recorded(db: Database, office: Office, clock: Clock) -> None:
    await _reset(db, office)(**_given(await _code(office, clock)), now=clock())
    account = await store.find_account(db, phone=PHONE)
    assert account is not None
    (agreed, act) = await acts_on(db, subject=account.id)
    assert agreed.act == "account.agree"
    assert (act.act, act.actor, act.actor_id, act.details) == (
        RESET_ACT,
        "user",
        account.id,
        {"logins_ended": 1},
    )
    told = await fetch(db, "SELECT kind FROM notifications WHERE kind = 'password_reset'")
    assert told["kind"] == "password_reset"


@pytest.mark.parametrize(
    "changed",
    [{"id_number": "330206197403183014"}, {"id_number": "33020619900101421"}, {"id_number": "E12345678"}],
)
async def test_another_id_number_changes_nothing_and_costs_a_try(
    db: Database, office: Office, clock: Clock, changed: dict[str, str]
) -> None:
    code = await _code(office, clock)
    for _ in range(Settings().accounts.sms_code_tries):
        with pytest.raises(ResetRefused):
            await _reset(db, office)(**_given(code, **changed), now=clock())
    with pytest.raises(SmsCodeExpired):
        await _reset(db, office)(**_given(code), now=clock())
    await office.come_in(now=clock())


async def test_number_without_account_is_refused_like_a_wrong_id_number(
    db: Database, office: Office, clock: Clock
) -> None:
    code = await _code(office, clock, phone="13911112222")
    with pytest.raises(ResetRefused):
        await _reset(db, office)(**_given(code, phone="13911112222"), now=clock())


async def test_an_outside_systems_account_has_no_password_here(
    db: Database, office: Office, clock: Clock
) -> None:
    await execute(db, "UPDATE accounts SET source = 'customs', external_id = 'su-1', password_hash = ''")
    with pytest.raises(ResetRefused):
        await _reset(db, office)(**_given(await _code(office, clock)), now=clock())


async def test_a_code_for_registration_resets_nothing(db: Database, office: Office, clock: Clock) -> None:
    code = await office.code(now=clock())
    with pytest.raises(SmsCodeWrong):
        await _reset(db, office)(**_given(code), now=clock())


async def test_a_weak_password_costs_no_try(db: Database, office: Office, clock: Clock) -> None:
    code = await _code(office, clock)
    for _ in range(6):
        with pytest.raises(WeakPassword):
            await _reset(db, office)(**_given(code, password="short"), now=clock())
    await _reset(db, office)(**_given(code), now=clock())


async def test_a_code_resets_once(db: Database, office: Office, clock: Clock) -> None:
    code = await _code(office, clock)
    await _reset(db, office)(**_given(code), now=clock())
    with pytest.raises((SmsCodeExpired, SmsCodeWrong)):
        await _reset(db, office)(**_given(code, password="Yet-another-8-words"), now=clock())
