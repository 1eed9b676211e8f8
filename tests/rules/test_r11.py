"""R11: renewal in the last half year or after a filing change, for the same person, never once expired."""

import datetime as dt
from dataclasses import replace
from types import SimpleNamespace
from typing import cast
from zoneinfo import ZoneInfo

import pytest

from mshield.server.accounts.errors import SmsCodeWrong
from mshield.server.certificates.errors import (
    CertificateExpired,
    NoCertificate,
    OtherApplicant,
    RenewalNotDue,
)
from mshield.server.certificates.renewal_preview import PreviewRenewal
from mshield.server.certificates.rows import changes as certificate_changes
from mshield.server.certificates.rows.certificates import list_revoked_of
from mshield.server.certificates.rules.renewal import RenewalState, half_year_before
from mshield.server.certificates.rules.states import CertificateEvent
from mshield.server.database.interface import Database
from mshield.server.errors import DomainError, NotFound
from mshield.server.filing.errors import NoFiling
from mshield.server.filing.look_up import LookUpFiling
from mshield.server.keys.keyring import Keyring
from mshield.server.legal_person.rows import shields as managed_shields
from mshield.server.signing.errors import Clone, Held, PinLocked, WrongPin
from mshield.wire.phone.enrolment import ApplicantMessage, Reason, RenewalDataMessage
from tests.support.cases import cases
from tests.support.clock import Clock
from tests.support.renewal import DAY, Renewing, make_renewing
from tests.support.signing import CODE, CREDIT_CODE, ID_NUMBER, NAME, Phone, execute, fetch

SHANGHAI = ZoneInfo("Asia/Shanghai")
WRONG = 12345


def ms(text: str, zone: dt.tzinfo = SHANGHAI) -> int:
    return int(dt.datetime.fromisoformat(text).replace(tzinfo=zone).timestamp() * 1000)


@pytest.fixture
async def same_key(db: Database, keyring: Keyring, clock: Clock) -> Renewing:
    """Like `renewing`, but a renewal certifies the same key."""
    return await make_renewing(db, keyring, clock, key="same")


# ---- when ----


async def test_r11_not_before_it_is_due(db: Database, keyring: Keyring, clock: Clock) -> None:
    renewing = await make_renewing(db, keyring, clock, due=False)
    login = await renewing.login()
    due = await renewing.renew.due(login, now=renewing.now)
    assert due is not None
    assert (due.due, due.reason) == (False, None)
    with pytest.raises(RenewalNotDue):
        await renewing.begin()
    clock.now = half_year_before(due.until, SHANGHAI)
    with pytest.raises(RenewalNotDue):
        await renewing.begin()
    clock.now += 1
    due = await renewing.renew.due(login, now=renewing.now)
    assert due is not None
    assert (due.due, due.reason) == (True, Reason.ENDING)
    assert (await renewing.begin()).state is RenewalState.BEGUN


async def test_r11_an_expired_certificate_is_not_renewed(renewing: Renewing, clock: Clock) -> None:
    clock.advance(seconds=101 * DAY)
    assert await renewing.renew.due(await renewing.login(), now=renewing.now) is None
    with pytest.raises(CertificateExpired):
        await renewing.begin()


@pytest.mark.parametrize(
    ("event", "refusal"),
    [
        (CertificateEvent.REPORT_LOSS, Held),
        (CertificateEvent.FREEZE, Held),
        (CertificateEvent.FIND_CLONE, Held),
        (CertificateEvent.APPLY_AGAIN, Held),
        (CertificateEvent.LOCK_PIN, PinLocked),
        (CertificateEvent.REVOKE, NoCertificate),
    ],
)
async def test_r11_a_held_locked_or_revoked_certificate_is_not_renewed(
    renewing: Renewing, event: CertificateEvent, refusal: type[DomainError]
) -> None:
    await renewing.change(event)
    assert await renewing.renew.due(await renewing.login(), now=renewing.now) is None
    with pytest.raises(refusal):
        await renewing.begin()


async def test_r11_ended_filing_shows_no_renewal_due(renewing: Renewing) -> None:
    login = await renewing.login()
    assert await renewing.renew.due(login, now=renewing.now) is not None
    await execute(renewing.world.db, "UPDATE filed_persons SET ended_at = $1", renewing.now)
    assert await renewing.renew.due(login, now=renewing.now) is None
    # An outside filing system may list the person again, so the renewal itself looks them up there.
    outside = SimpleNamespace(source=SimpleNamespace(outside=True))
    asking = replace(renewing.renew, look_up=cast("LookUpFiling", outside))
    assert await asking.due(login, now=renewing.now) is not None


# ---- for whom ----


@cases(
    "change",
    [
        {"name": "张伟"},
        {"id_number": "11010519491231002X"},
        {"user_type": "legal_person"},
        {"credit_code": "91370203MA3YK2D9RF"},
    ],
)
async def test_r11_data_other_than_on_file_are_refused(renewing: Renewing, change: dict[str, str]) -> None:
    with pytest.raises(NoFiling):
        await renewing.begin(**change)


async def test_r11_the_same_person_in_another_role_is_another_applicant(renewing: Renewing) -> None:
    # The person is also filed as legal representative: the data are right, but not those of the first application.
    db = renewing.world.db
    await execute(
        db,
        "INSERT INTO filed_persons (id, credit_code, name, id_type, id_number_hash, id_number_box, role, version,"
        " created_at, changed_at) SELECT 'other', credit_code, name, id_type, id_number_hash, id_number_box,"
        " 'legal_person', 1, created_at, changed_at FROM filed_persons WHERE id = 'person'",
    )
    with pytest.raises(OtherApplicant):
        await renewing.begin(user_type="legal_person")


async def test_r11_the_data_page_shows_what_changes_before_a_code_is_asked_for(renewing: Renewing) -> None:
    preview, login = PreviewRenewal(renewing.renew), await renewing.login()
    same = await preview(login, now=renewing.now)
    assert (same.reason, same.certified) == (Reason.ENDING, same.filed)
    assert same.id_number_masked == "*" * 14 + ID_NUMBER[-4:]
    await renewing.change_filing("宁波北潮供应链有限公司")
    await execute(renewing.world.db, "UPDATE filed_persons SET name = '林远知', version = version + 1")
    shown = await preview(login, now=renewing.now)
    assert (shown.reason, shown.certified) == (Reason.FILING_CHANGED, same.certified)
    assert shown.filed == RenewalDataMessage("林远知", "operator", "宁波北潮供应链有限公司", CREDIT_CODE)
    # Without an id number, the account's own is used, so the certificate has exactly the data on display.
    begun = await renewing.begin(name=shown.filed.name, id_number=None)
    assert (begun.subject.common_name, begun.subject.organisation) == (
        shown.filed.name,
        shown.filed.enterprise,
    )


async def test_r11_the_data_page_refuses_what_the_renewal_would(renewing: Renewing) -> None:
    preview, login, db = PreviewRenewal(renewing.renew), await renewing.login(), renewing.world.db
    await execute(db, "UPDATE filed_persons SET id_number_hash = $1", b"x" * 32)
    with pytest.raises(NoFiling):
        await preview(login, now=renewing.now)
    with pytest.raises(NoFiling):
        await renewing.begin(id_number=None)
    await renewing.change(CertificateEvent.LOCK_PIN)
    with pytest.raises(PinLocked):
        await preview(login, now=renewing.now)


async def test_r11_the_data_page_before_it_is_due(db: Database, keyring: Keyring, clock: Clock) -> None:
    renewing = await make_renewing(db, keyring, clock, due=False)
    shown = await PreviewRenewal(renewing.renew)(await renewing.login(), now=renewing.now)
    assert (shown.reason, shown.until > renewing.now) == (None, True)


async def test_r11_the_sms_code_is_asked_last_and_its_refusal_changes_nothing(renewing: Renewing) -> None:
    async def wrong_code(*, phone: str, purpose: str, code: str, now: int) -> None:
        raise SmsCodeWrong

    renew = replace(renewing.renew, spend_code=wrong_code)
    application = ApplicantMessage(NAME, ID_NUMBER, "operator", CREDIT_CODE)
    with pytest.raises(SmsCodeWrong):
        await renew.begin(await renewing.login(), application, sms_code=CODE, now=renewing.now)
    with pytest.raises(NotFound):
        await renewing.current()
    with pytest.raises(NoFiling):
        await renew.begin(
            await renewing.login(),
            ApplicantMessage("张伟", ID_NUMBER, "operator", CREDIT_CODE),
            sms_code=CODE,
            now=renewing.now,
        )


# ---- how ----


async def certificate_of(renewing: Renewing) -> tuple[str, str]:
    current = await renewing.world.certificates.current(await renewing.login(), log_key="", now=renewing.now)
    assert current is not None
    return current.serial, current.shield_number


async def test_r11_the_old_certificate_is_superseded_when_the_new_one_is_first_confirmed(
    renewing: Renewing,
) -> None:
    world, old = renewing.world, renewing.old
    first, number = await certificate_of(renewing)
    new, renewal = await renewing.issued()
    assert renewal.state is RenewalState.ISSUED
    assert renewal.pem is not None
    second = next(serial for serial in await renewing.serials() if serial != first)

    # Until then the old one is in force and signs, and the new one can't.
    assert (await renewing.state(first), await renewing.state(second)) == ("active", "issued")
    assert await certificate_of(renewing) == (first, number)
    assert "r" in str(await world.sign([await world.task()]))
    assert await list_revoked_of(world.db, issuer="issuing", shard=0, since=0) == []

    await renewing.confirm(new, renewal)
    assert (await renewing.state(first), await renewing.state(second)) == ("superseded", "active")
    events = await certificate_changes.history(world.db, serial=first)
    assert [event.event for event in events] == ["activate", "supersede"]
    assert (events[-1].actor, events[-1].actor_id, events[-1].reason) == ("user", "account", "ending")
    (line,) = await list_revoked_of(world.db, issuer="issuing", shard=0, since=0)
    assert line.startswith(f"{first} superseded ")

    # The shield number stays and the key is new: the old key can no longer sign, the new one can.
    assert await certificate_of(renewing) == (second, number)
    assert new.P != old.P
    with pytest.raises(Held):
        await renewing.sign(old, await open_task(renewing, old))
    renewing.world.phone = renewing.old = new
    await world.sign([await world.task()])
    row = await fetch(world.db, "SELECT serial FROM signatures WHERE uid = $1 AND purpose = 'sign'", new.uid)
    assert row["serial"] == second
    row = await fetch(world.db, "SELECT share_box FROM keys WHERE uid = $1", old.uid)
    assert row["share_box"] is None
    with pytest.raises(NotFound):
        await renewing.current()


async def open_task(renewing: Renewing, phone: Phone) -> bytes:
    sid = b"\x07" * 16
    await execute(
        renewing.world.db,
        "INSERT INTO tasks (sid, position, uid, purpose, state, message, media_type, title, display, created_at,"
        " expires_at) VALUES ($1, 0, $2, 'sign', 'waiting', $3, '', '', '[]', 0, $4)",
        sid,
        phone.uid,
        b"x",
        renewing.now + 10**9,
    )
    return sid


async def test_r11_setting_renews_with_the_same_key(same_key: Renewing) -> None:
    world, key = same_key.world, same_key.old
    first, number = await certificate_of(same_key)
    _, renewal = await same_key.issued()
    assert (renewal.key, renewal.uid, renewal.challenge, renewal.consent) == ("same", key.uid, None, None)
    await world.sign([await world.task()])
    assert await certificate_of(same_key) == (first, number)
    await same_key.confirm(key, renewal)
    second, same_number = await certificate_of(same_key)
    assert second != first
    assert same_number == number
    assert await same_key.state(first) == "superseded"
    sid = await world.task()
    await world.sign([sid])
    row = await fetch(world.db, "SELECT serial FROM signatures WHERE sid = $1", sid)
    assert row["serial"] == second


async def test_r11_the_new_certificate_is_of_the_new_data_and_counts_from_now(renewing: Renewing) -> None:
    await renewing.change_filing()
    await renewing.renewed()
    current = await renewing.world.certificates.current(await renewing.login(), log_key="", now=renewing.now)
    assert current is not None
    assert current.subject.organisation == "宁波北潮供应链有限公司"
    assert current.not_after - renewing.now > 729 * DAY * 1000


async def test_r11_a_renewal_is_no_second_device_and_no_second_application(renewing: Renewing) -> None:
    world = renewing.world
    _, renewal = await renewing.issued()
    assert renewal.pem is not None
    counted = await fetch(
        world.db,
        "SELECT COUNT(DISTINCT device_id) AS devices FROM certificates WHERE state NOT IN ('revoked', 'superseded')",
    )
    assert counted["devices"] == 1
    login = await renewing.login()
    certificate = await world.certificates.current(login, log_key="", now=renewing.now)
    assert certificate is not None
    assert certificate.state == "active"
    assert certificate.holds == ()


# ---- who may ----


async def test_r11_a_new_key_needs_the_old_ones_consent_under_its_pin(renewing: Renewing) -> None:
    begun = await renewing.begin()
    new = await renewing.make_key(begun)
    await renewing.sign(new, begun.sid)
    # Everything is signed except the consent, so repeated calls return no certificate.
    waiting = await renewing.current()
    assert (waiting.state, waiting.pem) == (RenewalState.BEGUN, None)
    assert waiting.consent is not None
    with pytest.raises(WrongPin):
        await renewing.sign(renewing.old, waiting.consent, d1=WRONG)
    assert (await renewing.current()).pem is None
    await renewing.sign(renewing.old, waiting.consent)
    assert (await renewing.current()).pem is not None


async def test_r11_a_copy_of_the_new_key_holds_the_old_one_too(renewing: Renewing) -> None:
    new, renewal = await renewing.issued()
    new.otp = bytes([1]) * 32
    with pytest.raises(Clone):
        await renewing.confirm(new, renewal)
    first = await renewing.serial(renewing.old)
    row = await fetch(renewing.world.db, "SELECT holds FROM certificates WHERE serial = $1", first)
    assert row["holds"] == "clone"
    with pytest.raises(NotFound):
        await renewing.current()


async def test_r11_what_the_phone_had_taken_is_signed_with_the_new_certificate(renewing: Renewing) -> None:
    """A scanned request waits on the phone for up to a day; the business system has not seen it end."""
    world = renewing.world
    asked = await world.asked([b"one", b"two"])
    sids = await world.scan(asked)
    new = await renewing.renewed()
    signed = await renewing.sign(new, sids[0])
    assert "'r'" in str(signed)
    row = await fetch(world.db, "SELECT state, uid FROM requests WHERE id = $1", asked.id)
    assert (row["state"], row["uid"]) == ("scanned", new.uid)
    await renewing.sign(new, sids[1])
    row = await fetch(world.db, "SELECT serial FROM signatures WHERE sid = $1", sids[1])
    assert row["serial"] == await renewing.serial(new)
    assert (await fetch(world.db, "SELECT state FROM requests WHERE id = $1", asked.id))["state"] == "signed"


# ---- what the legal representative sees ----


async def test_r11_r14_the_shield_stands_for_the_certificate_in_force_throughout(renewing: Renewing) -> None:
    db = renewing.world.db
    first, number = await certificate_of(renewing)

    async def shown() -> tuple[list[str], str]:
        shields = await managed_shields.page(
            db,
            credit_code=CREDIT_CODE,
            before=(2**63 - 1, ""),
            terms=managed_shields.ShieldTerms(),
            page_size=9,
            due=renewing.now,
            now=renewing.now,
        )
        rows = await managed_shields.certificates(db, credit_code=CREDIT_CODE, shield_number=number)
        return [each.serial for each in shields], rows[0].serial

    await renewing.issued()
    assert await shown() == ([first], first)
    await renewing.renew.give_up(await renewing.login(), now=renewing.now)
    assert await shown() == ([first], first)
    new = await renewing.renewed()
    second = await renewing.serial(new)
    assert second != first
    assert await shown() == ([second], second)
