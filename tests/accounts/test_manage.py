"""Customer service manages accounts: logins, disabling, enabling; each act is recorded with its reason."""

from typing import Final

import pytest

from mshield.server.accounts.errors import AccountDisabled, LoginFailed
from mshield.server.accounts.manage import ManageAccounts
from mshield.server.accounts.rows import portal_sessions, sessions
from mshield.server.acts.actor import By
from mshield.server.database.interface import Database
from mshield.server.errors import Conflict, InvalidRequest, NotFound
from mshield.server.keys.keyring import Keyring
from mshield.server.notices.external.sms import DevelopmentSms
from mshield.server.notices.notify import Notify
from mshield.server.settings.settings import Settings
from mshield.wire.tokens import token_hash
from tests.support.cases import cases
from tests.support.clock import START
from tests.support.registration_office import Office
from tests.support.signing import fetch

BY: Final = By("staff", "the clerk")
REASON: Final = "本人来电，账号疑似被盗用"
HOUR: Final = 3_600_000


@pytest.fixture
async def office(db: Database, keyring: Keyring) -> Office:
    return Office.on(db, keyring, Settings.of(sms_resend_seconds=0))


@pytest.fixture
async def account_id(office: Office) -> str:
    """The id of a new account."""
    return (await office.enter(now=START, sms_code=await office.code(now=START))).id


@pytest.fixture
def manage(db: Database) -> ManageAccounts:
    return ManageAccounts(db, Settings().portal)


async def _at_the_portal(db: Database, account_id: str, token: str) -> None:
    await db.write(
        lambda tx: portal_sessions.insert(
            tx, token_hash=token_hash(token), account_id=account_id, now=START, expires_at=START + HOUR,
            address="203.0.113.24", browser="Firefox 145",
        )
    )  # fmt: skip


async def test_disabled_account_cannot_log_in_and_says_so_after_the_password(
    db: Database, office: Office, manage: ManageAccounts, account_id: str
) -> None:
    session = await office.come_in(now=START)
    await _at_the_portal(db, account_id, "portal")
    assert await manage.disable(account_id, reason=REASON, by=BY, now=START + 1) == 2
    hashed = token_hash(session.access_token)
    assert await sessions.find(db, token_hash=hashed, jkt="device-1", now=START + 1) is None
    with pytest.raises(AccountDisabled) as refused:
        await office.come_in(now=START + 1)
    assert refused.value.faq == "3.4"
    with pytest.raises(LoginFailed):
        await office.come_in(now=START + 1, password="Somebody-else-7")
    record = await manage.show(account_id, now=START + 1)
    assert (record.account.state, record.account.disabled_at) == ("disabled", START + 1)
    assert (record.account.disabled_reason, record.logins) == (REASON, ())


async def test_enabled_account_logs_in_again_and_earlier_logins_stay_ended(
    db: Database, office: Office, manage: ManageAccounts, account_id: str
) -> None:
    session = await office.come_in(now=START)
    await manage.disable(account_id, reason=REASON, by=BY, now=START + 1)
    await manage.enable(account_id, reason="本人到柜台核实", by=BY, now=START + 2)
    hashed = token_hash(session.access_token)
    assert await sessions.find(db, token_hash=hashed, jkt="device-1", now=START + 2) is None
    await office.come_in(now=START + 2)
    record = await manage.show(account_id, now=START + 2)
    assert (record.account.state, record.account.disabled_reason, len(record.logins)) == ("active", None, 1)
    assert [(act.act, act.details.get("reason")) for act in record.acts] == [
        ("account.enable", "本人到柜台核实"),
        ("account.disable", REASON),
        ("account.agree", None),
    ]


async def test_the_owner_is_told_each_time_and_not_the_reason(
    db: Database, manage: ManageAccounts, account_id: str
) -> None:
    sms = DevelopmentSms()
    for at in range(2):
        await manage.disable(account_id, reason=REASON, by=BY, now=START + at)
        await manage.enable(account_id, reason=REASON, by=BY, now=START + at)
        await Notify(db, Settings(), sms)(now=START + at)
    told = sms.messages()[::-1]
    assert [message.purpose for message in told] == ["account_disabled", "account_enabled"] * 2
    assert "账号已由客服停用" in told[0].text
    assert not any(REASON in message.text for message in told)


async def test_repeated_change_of_state_is_a_conflict_and_recorded_once(
    db: Database, manage: ManageAccounts, account_id: str
) -> None:
    with pytest.raises(Conflict):
        await manage.enable(account_id, reason=REASON, by=BY, now=START)
    await manage.disable(account_id, reason=REASON, by=BY, now=START)
    with pytest.raises(Conflict):
        await manage.disable(account_id, reason=REASON, by=BY, now=START)
    assert (await fetch(db, "SELECT COUNT(*) AS n FROM notifications"))["n"] == 1
    acts = (await manage.show(account_id, now=START)).acts
    assert sorted(act.act for act in acts) == ["account.agree", "account.disable"]


async def test_logins_are_shown_with_their_place_and_end_one_by_one(
    db: Database, office: Office, manage: ManageAccounts, account_id: str
) -> None:
    await office.come_in(now=START)
    await office.come_in(now=START + 1, device="device-2")
    await _at_the_portal(db, account_id, "portal")
    phones = [each for each in (await manage.show(account_id, now=START + 2)).logins if each.kind == "phone"]
    assert [each.created_at for each in phones] == [START + 1, START]
    (portal,) = (
        each for each in (await manage.show(account_id, now=START + 2)).logins if each.kind == "portal"
    )
    assert (portal.address, portal.browser, portal.used_at) == ("203.0.113.24", "Firefox 145", START)
    one, other = (bytes.fromhex(each.id) for each in phones)
    assert await manage.end_logins(account_id, login=one, reason=REASON, by=BY, now=START + 3) == 1
    with pytest.raises(NotFound):
        await manage.end_logins(account_id, login=one, reason=REASON, by=BY, now=START + 3)
    with pytest.raises(NotFound):
        await manage.end_logins("another", login=other, reason=REASON, by=BY, now=START + 3)
    assert await manage.end_logins(account_id, login=None, reason=REASON, by=BY, now=START + 3) == 2
    assert (await manage.show(account_id, now=START + 3)).logins == ()


@cases("reason", ["", "  ", "x" * 201, "a\x00b"])
async def test_each_act_has_its_reason(manage: ManageAccounts, account_id: str, reason: str) -> None:
    with pytest.raises(InvalidRequest):
        await manage.disable(account_id, reason=reason, by=BY, now=START)
    with pytest.raises(InvalidRequest):
        await manage.end_logins(account_id, login=None, reason=reason, by=BY, now=START)
