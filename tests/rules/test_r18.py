"""R18: customer service changes the number that an account is bound to."""

import asyncio
from typing import Final

import pytest

from mshield.domain import errors
from mshield.domain.actor import By
from mshield.gateways.sms import DevelopmentSms, SmsError, SmsMessage
from mshield.keys.keyring import Keyring
from mshield.services.accounts.change_phone import ChangePhone
from mshield.services.identity.proofs import Proofs
from mshield.settings import Settings
from mshield.store.accounts import accounts as store
from mshield.store.accounts import sessions
from mshield.store.database.interface import Database
from mshield.store.legal_person import sessions as portal_sessions
from tests.support.acts import acts_on
from tests.support.clock import START
from tests.support.registration_office import PHONE, Office
from tests.support.signing import execute

NEW: Final = "13900001234"
EVIDENCE: Final = "营业执照与身份证原件，工单 2026-1124"
BY: Final = By("staff", "the clerk")


class UnreachableSms(DevelopmentSms):
    async def send(self, message: SmsMessage) -> None:
        raise SmsError(message.purpose)


@pytest.fixture
async def office(db: Database, keyring: Keyring) -> Office:
    office = Office.on(db, keyring, Settings(sms_resend_seconds=0))
    await office.enter(now=START, sms_code=await office.code(now=START))
    return office


@pytest.fixture
def change(office: Office, db: Database) -> ChangePhone:
    return ChangePhone(db, office.sms, Proofs(db, Settings()))


async def test_r18_the_account_has_the_new_number_and_its_logins_end(
    db: Database, office: Office, change: ChangePhone
) -> None:
    session = await office.come_in(now=START)
    found = await change.find(PHONE)
    done = await change(found.id, phone="139 0000 1234", evidence=EVIDENCE, by=BY, now=START + 1)
    assert (done.phone, done.logins_ended, done.old_number_told) == (NEW, 1, True)
    from mshield.domain.tokens import token_hash

    hashed = token_hash(session.access_token)
    assert await sessions.find(db, token_hash=hashed, jkt="device-1", now=START + 1) is None
    with pytest.raises(errors.NotFound):
        await change.find(PHONE)
    with pytest.raises(errors.LoginFailed):
        await office.come_in(now=START + 1)
    assert (await office.come_in(now=START + 1, account=NEW)).phone == NEW


async def test_sessions_at_the_portal_end_too(db: Database, change: ChangePhone) -> None:
    found = await change.find(PHONE)
    ends = START + 60_000
    await db.write(
        lambda tx: portal_sessions.insert(
            tx, token_hash=b"t", account_id=found.id, now=START, expires_at=ends
        )
    )
    assert await portal_sessions.find(db, token_hash=b"t", idle_since=0, now=START + 1) is not None
    done = await change(found.id, phone=NEW, evidence=EVIDENCE, by=BY, now=START + 1)
    assert done.logins_ended == 1
    assert await portal_sessions.find(db, token_hash=b"t", idle_since=0, now=START + 1) is None


async def test_r18_the_old_number_is_told_without_the_new_one(office: Office, change: ChangePhone) -> None:
    found = await change.find(PHONE)
    await change(found.id, phone=NEW, evidence=EVIDENCE, by=BY, now=START)
    told = office.sms.messages()[0]
    assert (told.phone, told.purpose, told.code) == (PHONE, "phone_changed", "")
    assert NEW not in told.text
    assert NEW[-4:] not in told.text


async def test_r18_the_evidence_stays_with_the_act(db: Database, change: ChangePhone) -> None:
    found = await change.find(PHONE)
    await change(found.id, phone=NEW, evidence=EVIDENCE, by=BY, now=START)
    act, telling = await acts_on(db, subject=found.id)
    assert (act.act, act.actor, act.actor_id) == ("account.change_phone", "staff", "the clerk")
    assert act.details == {
        "old": "138****6027", "new": "139****1234", "evidence": EVIDENCE, "logins_ended": 0,
    }  # fmt: skip
    assert (telling.act, telling.details) == ("account.tell_old_number", {"old": "138****6027", "told": True})


async def test_an_unreachable_old_number_does_not_take_the_change_back(
    db: Database, change: ChangePhone
) -> None:
    found = await change.find(PHONE)
    untold = ChangePhone(db, UnreachableSms(), Proofs(db, Settings()))
    done = await untold(found.id, phone=NEW, evidence=EVIDENCE, by=BY, now=START)
    assert not done.old_number_told
    assert (await change.find(NEW)).id == found.id


async def test_a_number_of_another_account_is_refused(
    db: Database, office: Office, change: ChangePhone
) -> None:
    code = await office.code(now=START, phone=NEW)
    await office.enter(now=START, sms_code=code, phone=NEW, id_number="330206197403183014")
    found = await change.find(PHONE)
    await office.come_in(now=START)
    with pytest.raises(errors.PhoneTaken):
        await change(found.id, phone=NEW, evidence=EVIDENCE, by=BY, now=START)
    assert await acts_on(db, subject=found.id) == []
    assert office.sms.messages()[0].purpose == "register"
    assert (await change.find(PHONE)).id == found.id


async def test_two_accounts_never_get_one_number(office: Office, change: ChangePhone) -> None:
    other = "13700007777"
    await office.enter(now=START, sms_code=await office.code(now=START, phone=other), phone=other)
    ids = [(await change.find(phone)).id for phone in (PHONE, other)]
    done = await asyncio.gather(
        *(change(each, phone=NEW, evidence=EVIDENCE, by=BY, now=START) for each in ids),
        return_exceptions=True,
    )
    assert sum(isinstance(each, errors.PhoneTaken) for each in done) == 1
    assert (await change.find(NEW)).id in ids


@pytest.mark.parametrize("evidence", ["", "  \n", "长" * 1001, "a\x00", "\ud800"])
async def test_no_change_without_evidence(change: ChangePhone, evidence: str) -> None:
    found = await change.find(PHONE)
    with pytest.raises(errors.InvalidRequest):
        await change(found.id, phone=NEW, evidence=evidence, by=BY, now=START)


async def test_what_an_outside_system_holds_is_changed_there(db: Database, change: ChangePhone) -> None:
    found = await change.find(PHONE)
    await execute(
        db, "UPDATE accounts SET source = 'single-window', external_id = '7' WHERE id = $1", found.id
    )
    with pytest.raises(errors.AccountElsewhere) as refused:
        await change(found.id, phone=NEW, evidence=EVIDENCE, by=BY, now=START)
    assert "single-window" in refused.value.zh
    account = await store.get_account(db, account_id=found.id)
    assert account is not None
    assert account.phone == PHONE


async def test_an_unknown_account_is_not_found(change: ChangePhone) -> None:
    with pytest.raises(errors.NotFound):
        await change("nobody", phone=NEW, evidence=EVIDENCE, by=BY, now=START)
