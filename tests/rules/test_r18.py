"""R18: customer service changes the phone number of an account."""

import asyncio
from typing import Final

import pytest

from mshield.server.accounts.change_phone import ChangePhone, Which
from mshield.server.accounts.errors import (
    AccountElsewhere,
    LoginFailed,
    PhoneTaken,
    SmsCodeExpired,
    SmsCodeWrong,
    SmsDailyLimit,
    SmsTooSoon,
)
from mshield.server.accounts.policy_consents import AGREE
from mshield.server.accounts.rows import accounts as store
from mshield.server.accounts.rows import portal_sessions, sessions
from mshield.server.acts.actor import By
from mshield.server.acts.rows.acts import ActRow
from mshield.server.database.interface import Database
from mshield.server.errors import DomainError, InvalidRequest, NotFound
from mshield.server.keys.keyring import Keyring
from mshield.server.notices.notify import Notify
from mshield.server.notices.rules.notices import NoticeKind, text
from mshield.server.settings.settings import Settings
from mshield.wire.tokens import token_hash
from tests.support.acts import acts_on
from tests.support.cases import cases
from tests.support.clock import START
from tests.support.phone_change import BY, EVIDENCE, Desk, UnreachableSms
from tests.support.registration_office import PHONE, Office
from tests.support.signing import execute, fetch

NEW: Final = "13900001234"
OTHER: Final = "13700007777"


@pytest.fixture
async def office(db: Database, keyring: Keyring) -> Office:
    office = Office.on(db, keyring, Settings.of(sms_resend_seconds=0))
    await office.enter(now=START, sms_code=await office.code(now=START))
    return office


@pytest.fixture
def desk(office: Office, db: Database) -> Desk:
    return Desk.on(db, office)


@pytest.fixture
def change(desk: Desk) -> ChangePhone:
    return desk.change


async def test_r18_the_account_has_the_new_number_and_its_logins_end(
    db: Database, office: Office, desk: Desk
) -> None:
    change = desk.change
    session = await office.come_in(now=START)
    found = await change.find(PHONE)
    done = await desk.by_codes(found.id, "139 0000 1234", now=START + 1)
    assert (done.phone, done.logins_ended, done.old_number_told) == (NEW, 1, True)
    hashed = token_hash(session.access_token)
    assert await sessions.find(db, token_hash=hashed, jkt="device-1", now=START + 1) is None
    with pytest.raises(NotFound):
        await change.find(PHONE)
    with pytest.raises(LoginFailed):
        await office.come_in(now=START + 1)
    assert (await office.come_in(now=START + 1, account=NEW)).phone == NEW


async def test_sessions_at_the_portal_end_too(db: Database, desk: Desk) -> None:
    found = await desk.change.find(PHONE)
    ends = START + 60_000
    await db.write(
        lambda tx: portal_sessions.insert(
            tx, token_hash=b"t", account_id=found.id, now=START, expires_at=ends
        )
    )
    assert await portal_sessions.find(db, token_hash=b"t", idle_since=0, now=START + 1) is not None
    done = await desk.by_codes(found.id, NEW, now=START + 1)
    assert done.logins_ended == 1
    assert await portal_sessions.find(db, token_hash=b"t", idle_since=0, now=START + 1) is None


async def test_r18_the_old_number_is_told_without_the_new_one(office: Office, desk: Desk) -> None:
    found = await desk.change.find(PHONE)
    await desk.by_codes(found.id, NEW)
    told = office.sms.messages()[0]
    assert (told.phone, told.purpose, told.code) == (PHONE, "phone_changed", "")
    assert NEW not in told.text
    assert NEW[-4:] not in told.text


async def test_r18_the_evidence_stays_with_the_act(db: Database, desk: Desk) -> None:
    found = await desk.change.find(PHONE)
    await desk.by_codes(found.id, NEW)
    act, telling = await _acts(db, found.id)
    assert (act.act, act.actor, act.actor_id) == ("account.change_phone", "staff", "the clerk")
    assert act.details == {
        "old": "138****6027", "new": "139****1234", "how": "old_code", "evidence": EVIDENCE, "logins_ended": 0,
    }  # fmt: skip
    assert (telling.act, telling.details) == ("account.tell_old_number", {"old": "138****6027", "told": True})


async def test_r18_each_code_says_what_it_is_for_and_to_whom_it_may_be_told(desk: Desk) -> None:
    found = await desk.change.find(PHONE)
    sides: tuple[tuple[Which, str], ...] = (("new", NEW), ("old", PHONE))
    for to, number in sides:
        code = await desk.code(found.id, NEW, to)
        message = desk.sms.messages()[0]
        assert message.filled_in == (("code", code), *((("tail", NEW[-4:]),) if to == "old" else ()))
        assert (message.phone, message.purpose) == (number, f"{to}_phone")
        assert code in message.text
        assert "只在您自己拨打客服电话办理时告诉客服" in message.text
        assert "诈骗" in message.text
        assert (NEW[-4:] in message.text) is (to == "old")
        assert NEW not in message.text


async def _acts(db: Database, account: str) -> list[ActRow]:
    """Returns the acts on an account, except the consents recorded at its registration."""
    return [act for act in await acts_on(db, subject=account) if act.act != AGREE]


async def test_r18_change_without_proof_of_both_numbers_is_refused(db: Database, desk: Desk) -> None:
    """A member of staff alone can obtain the code of a new number of their own, but not that of the old number."""
    found = await desk.change.find(PHONE)
    new_code = await desk.code(found.id, NEW, "new")
    for old_code in ("", "000000", new_code):
        with pytest.raises((SmsCodeWrong, SmsCodeExpired)):
            await _change(desk, found.id, NEW, new_code, old_code)
    old_code = await desk.code(found.id, NEW, "old")
    with pytest.raises(SmsCodeWrong):
        await _change(desk, found.id, NEW, old_code, new_code)
    assert (await desk.change.find(PHONE)).id == found.id
    assert await _acts(db, found.id) == []


async def test_r18_a_code_serves_its_number_account_and_member_alone(office: Office, desk: Desk) -> None:
    await office.enter(now=START, sms_code=await office.code(now=START, phone=OTHER), phone=OTHER)
    one, other = [await desk.change.find(phone) for phone in (PHONE, OTHER)]
    new_code = await desk.code(one.id, NEW, "new")
    old_code = await desk.code(one.id, NEW, "old")
    with pytest.raises(SmsCodeWrong):  # the same new number, for the other account
        await _change(desk, other.id, NEW, new_code, old_code)
    with pytest.raises(SmsCodeWrong):  # sent by another number
        await _change(desk, one.id, "13900001235", new_code, old_code)
    third = await desk.code(one.id, "13900001235", "new")
    with pytest.raises(SmsCodeWrong):  # the old number agreed to another new number
        await _change(desk, one.id, "13900001235", third, old_code)
    with pytest.raises(SmsCodeWrong):  # given to another member of staff
        await _change(desk, one.id, NEW, new_code, old_code, by=By("staff", "another clerk"))
    await _change(desk, one.id, NEW, new_code, old_code)
    assert (await desk.change.find(NEW)).id == one.id


async def test_r18_codes_are_used_once_and_for_five_minutes(desk: Desk) -> None:
    found = await desk.change.find(PHONE)
    new_code = await desk.code(found.id, NEW, "new")
    old_code = await desk.code(found.id, NEW, "old")
    with pytest.raises(SmsCodeExpired):
        await _change(desk, found.id, NEW, new_code, old_code, now=START + 300_001)
    await _change(desk, found.id, NEW, new_code, old_code)
    # Back to the old number: no earlier code is valid, not even the ones sent to the present number.
    with pytest.raises((SmsCodeWrong, SmsCodeExpired)):
        await _change(desk, found.id, PHONE, old_code, new_code)
    assert (await desk.change.find(NEW)).id == found.id


async def test_r18_five_wrong_tries_end_a_code(desk: Desk) -> None:
    found = await desk.change.find(PHONE)
    new_code = await desk.code(found.id, NEW, "new")
    old_code = await desk.code(found.id, NEW, "old")
    wrong = "000000" if old_code != "000000" else "000001"
    for _ in range(5):
        with pytest.raises(SmsCodeWrong):
            await _change(desk, found.id, NEW, new_code, wrong)
    with pytest.raises(SmsCodeExpired):
        await _change(desk, found.id, NEW, new_code, old_code)


async def test_r18_both_numbers_have_their_limits_of_sms(
    office: Office, db: Database, keyring: Keyring
) -> None:
    slow = Office.on(db, keyring, Settings.of(sms_codes_per_day=2))
    desk = Desk.on(db, slow)
    found = await desk.change.find(PHONE)
    later = START + 60_000
    await desk.code(found.id, NEW, "new", now=later)
    await desk.code(found.id, NEW, "old", now=later)
    for to in ("new", "old"):
        with pytest.raises(SmsTooSoon):
            await desk.code(found.id, NEW, to, now=later + 1)
    await desk.code(found.id, NEW, "old", now=later + 60_000)
    with pytest.raises(SmsDailyLimit):  # codes for registration are counted separately
        await desk.code(found.id, NEW, "old", now=later + 120_000)
    assert office.sms.messages()


async def test_an_unreachable_old_number_does_not_take_the_change_back(
    db: Database, office: Office, desk: Desk
) -> None:
    found = await desk.change.find(PHONE)
    done = await Desk.on(db, office, notices=UnreachableSms()).by_codes(found.id, NEW)
    assert not done.old_number_told
    assert (await desk.change.find(NEW)).id == found.id


async def test_r18_unreachable_sms_leaves_the_notice_to_the_job(
    db: Database, office: Office, desk: Desk
) -> None:
    """The notice is stored with the change; sending it at once only makes it arrive sooner."""
    found = await desk.change.find(PHONE)
    await Desk.on(db, office, notices=UnreachableSms()).by_codes(found.id, NEW)
    notify = Notify(db, Settings(), office.sms)
    await notify.send_due(now=START + 60_000)
    told = {message.purpose: message for message in office.sms.messages()}
    assert told["phone_changed"].phone == PHONE
    assert told["phone_changed"].text == "【手机盾】" + text(NoticeKind.PHONE_CHANGED, {}, "zh")
    assert told["phone_bound"].phone == NEW
    assert await notify.send_due(now=START + 120_000) == 0
    row = await fetch(db, "SELECT phone, state FROM notifications WHERE kind = 'phone_changed'")
    assert (row["phone"], row["state"]) == (None, "sent")


async def test_r18_notice_sent_at_once_is_not_sent_again(office: Office, db: Database, desk: Desk) -> None:
    await desk.by_codes((await desk.change.find(PHONE)).id, NEW)
    await Notify(db, Settings(), office.sms).send_due(now=START + 120_000)
    purposes = [message.purpose for message in office.sms.messages()]
    assert (purposes.count("phone_changed"), purposes.count("phone_bound")) == (1, 1)


async def test_a_number_of_another_account_is_refused(db: Database, office: Office, desk: Desk) -> None:
    change = desk.change
    code = await office.code(now=START, phone=NEW)
    await office.enter(now=START, sms_code=code, phone=NEW, id_number="330206197403183014")
    found = await change.find(PHONE)
    await office.come_in(now=START)
    with pytest.raises(PhoneTaken):
        await desk.by_codes(found.id, NEW)
    assert await _acts(db, found.id) == []
    assert office.sms.messages()[0].purpose == "register"
    assert (await change.find(PHONE)).id == found.id


async def test_r18_the_accounts_own_number_is_no_error_and_changes_nothing(
    db: Database, office: Office, desk: Desk
) -> None:
    found = await desk.change.find(PHONE)
    session = await office.come_in(now=START)
    before = len(office.sms.messages())
    wanted = await desk.change.send_code(
        found.id, phone=f"+86 {PHONE}", to="new", by=BY, address="192.0.2.1", now=START
    )
    assert wanted.is_unchanged
    done = await desk.change(
        found.id, phone=PHONE, evidence=EVIDENCE, new_code="000000", old_code="000000", by=BY, now=START
    )
    assert (done.phone, done.logins_ended) == (PHONE, 0)
    assert len(office.sms.messages()) == before
    assert await _acts(db, found.id) == []
    hashed = token_hash(session.access_token)
    assert await sessions.find(db, token_hash=hashed, jkt="device-1", now=START) is not None
    with pytest.raises(InvalidRequest):
        await desk.change.wanted_another(found.id, phone=PHONE, by=BY)


async def test_r18_a_number_that_was_taken_since_its_code_is_refused(office: Office, desk: Desk) -> None:
    found = await desk.change.find(PHONE)
    new_code, old_code = await desk.code(found.id, NEW, "new"), await desk.code(found.id, NEW, "old")
    code = await office.code(now=START, phone=NEW)
    await office.enter(now=START, sms_code=code, phone=NEW, id_number="330206197403183014")
    with pytest.raises(PhoneTaken):
        await _change(desk, found.id, NEW, new_code, old_code)
    assert (await desk.change.find(PHONE)).id == found.id


async def test_two_accounts_never_get_one_number(office: Office, desk: Desk) -> None:
    await office.enter(now=START, sms_code=await office.code(now=START, phone=OTHER), phone=OTHER)
    ids = [(await desk.change.find(phone)).id for phone in (PHONE, OTHER)]
    olds = [await desk.code(each, NEW, "old") for each in ids]
    # Only the latest code to the new number is valid, so both changes are tried with it.
    await desk.code(ids[0], NEW, "new")
    new_code = await desk.code(ids[1], NEW, "new")
    done = await asyncio.gather(
        *(_change(desk, each, NEW, new_code, old) for each, old in zip(ids, olds, strict=True)),
        return_exceptions=True,
    )
    assert isinstance(done[0], SmsCodeWrong)
    assert (await desk.change.find(NEW)).id == ids[1]


async def test_r18_two_concurrent_changes_with_the_same_codes_make_one(db: Database, desk: Desk) -> None:
    found = await desk.change.find(PHONE)
    new_code, old_code = await desk.code(found.id, NEW, "new"), await desk.code(found.id, NEW, "old")
    done = await asyncio.gather(
        *(_change(desk, found.id, NEW, new_code, old_code) for _ in range(4)), return_exceptions=True
    )
    # A change that runs later finds the account's own number there already, and changes nothing.
    assert any(not isinstance(each, BaseException) for each in done)
    assert all(isinstance(each, DomainError) for each in done if isinstance(each, BaseException))
    assert [act.act for act in await _acts(db, found.id)].count("account.change_phone") == 1


async def test_r18_an_account_that_was_disabled_meanwhile_keeps_its_number(db: Database, desk: Desk) -> None:
    found = await desk.change.find(PHONE)
    new_code, old_code = await desk.code(found.id, NEW, "new"), await desk.code(found.id, NEW, "old")
    assert await db.write(lambda tx: store.disable(tx, account_id=found.id, reason="x", now=START))
    with pytest.raises(NotFound):
        await _change(desk, found.id, NEW, new_code, old_code)
    wanted = (await store.get_account(db, account_id=found.id)).phone  # type: ignore[union-attr]  # it is there
    assert wanted == PHONE


@cases("evidence", ["", "  \n", "长" * 1001, "a\x00", "\ud800"])
async def test_no_change_without_evidence(desk: Desk, evidence: str) -> None:
    found = await desk.change.find(PHONE)
    with pytest.raises(InvalidRequest):
        await desk.by_codes(found.id, NEW, evidence=evidence)


async def test_what_an_outside_system_holds_is_changed_there(db: Database, desk: Desk) -> None:
    found = await desk.change.find(PHONE)
    await execute(
        db, "UPDATE accounts SET source = 'single-window', external_id = '7' WHERE id = $1", found.id
    )
    with pytest.raises(AccountElsewhere) as refused:
        await desk.by_codes(found.id, NEW)
    assert "single-window" in refused.value.zh
    account = await store.get_account(db, account_id=found.id)
    assert account is not None
    assert account.phone == PHONE


async def test_an_unknown_account_is_not_found(desk: Desk) -> None:
    with pytest.raises(NotFound):
        await desk.by_codes("nobody", NEW)


async def _change(
    desk: Desk, account_id: str, phone: str, new_code: str, old_code: str, *, by: By = BY, now: int = START
) -> None:
    await desk.change(
        account_id, phone=phone, evidence=EVIDENCE, new_code=new_code, old_code=old_code, by=by, now=now
    )
