"""R11: renewal under half a year or when the filing changed, for the same person, never once expired."""

import asyncio
import datetime as dt
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mshield.domain import errors
from mshield.domain.certificates import CertificateEvent
from mshield.domain.renewal import (
    TABLE,
    Reason,
    RenewalEvent,
    RenewalState,
    half_year_before,
    require_due,
    sources,
    why_due,
)
from mshield.keys.keyring import Keyring
from mshield.services.end_renewals import end_renewals
from mshield.services.enrol import Application
from mshield.services.renew import Renewal
from mshield.store import certificate_changes, managed_shields
from mshield.store.certificates import find_status, list_revoked
from mshield.store.database import Database
from tests.conftest import Clock
from tests.renewing import DAY, Renewing, make_renewing
from tests.signing import CREDIT_CODE, ID_NUMBER, NAME, Phone, execute, fetch

SHANGHAI = ZoneInfo("Asia/Shanghai")
WRONG = 12345


def ms(text: str, zone: dt.tzinfo = SHANGHAI) -> int:
    return int(dt.datetime.fromisoformat(text).replace(tzinfo=zone).timestamp() * 1000)


@pytest.fixture
async def renewing(db: Database, keyring: Keyring, clock: Clock) -> Renewing:
    """A phone whose certificate has 100 days left; a renewal makes a new key."""
    return await make_renewing(db, keyring, clock)


@pytest.fixture
async def same_key(db: Database, keyring: Keyring, clock: Clock) -> Renewing:
    """The same, where a renewal certifies the same key."""
    return await make_renewing(db, keyring, clock, key="same")


# ---- when ----


@pytest.mark.parametrize(
    ("end", "start"),
    [
        ("2027-08-31T10:00", "2027-02-28T10:00"),
        ("2028-08-31T10:00", "2028-02-29T10:00"),
        ("2028-08-29T10:00", "2028-02-29T10:00"),
        ("2027-10-31T00:00", "2027-04-30T00:00"),
        ("2027-12-31T23:59:59", "2027-06-30T23:59:59"),
        ("2027-03-15T12:00", "2026-09-15T12:00"),
        ("2027-06-30T12:00", "2026-12-30T12:00"),
        ("2027-01-01T00:00", "2026-07-01T00:00"),
    ],
)
def test_r11_half_a_year_is_six_calendar_months(end: str, start: str) -> None:
    assert half_year_before(ms(end), SHANGHAI) == ms(start)


def test_r11_the_calendar_is_that_of_the_time_zone() -> None:
    # In Shanghai it is 1 March already, in London still 28 February: six months earlier is another day.
    end = ms("2027-03-01T03:00")
    assert half_year_before(end, SHANGHAI) == ms("2026-09-01T03:00")
    assert half_year_before(end, dt.UTC) == ms("2026-08-28T19:00", dt.UTC)


@given(
    end=st.datetimes(dt.datetime(2000, 1, 1), dt.datetime(2090, 1, 1)),  # noqa: DTZ001  # as a calendar shows it
    millisecond=st.integers(0, 999),
)
def test_r11_half_a_year_is_between_181_and_184_days(end: dt.datetime, millisecond: int) -> None:
    not_after = ms(end.replace(microsecond=0).isoformat()) + millisecond
    start = half_year_before(not_after, SHANGHAI)
    assert 181 * DAY <= (not_after - start) / 1000 <= 184 * DAY
    days = (
        dt.datetime.fromtimestamp(start / 1000, SHANGHAI),
        dt.datetime.fromtimestamp(not_after / 1000, SHANGHAI),
    )
    assert (days[1].year * 12 + days[1].month) - (days[0].year * 12 + days[0].month) == 6
    assert days[0].time() == days[1].time()
    assert days[0].day == days[1].day or (days[0] + dt.timedelta(days=1)).day == 1


def test_r11_due_with_less_than_half_a_year_left_and_not_with_just_half() -> None:
    end, start = ms("2027-08-31T10:00"), ms("2027-02-28T10:00")

    def why(now: int, filed: int | None = 2) -> Reason | None:
        return why_due(not_after=end, certified_version=2, filed_version=filed, zone=SHANGHAI, now=now)

    assert why(start) is None
    assert why(start + 1) is Reason.ENDING
    assert why(start - 1, filed=3) is Reason.FILING_CHANGED
    assert why(start + 1, filed=3) is Reason.FILING_CHANGED
    assert why(start, filed=None) is None
    with pytest.raises(errors.RenewalNotDue) as refused:
        require_due(why(start), not_after=end, zone=SHANGHAI)
    assert refused.value.extra == {"possible_after": start}


async def test_r11_not_before_it_is_due(db: Database, keyring: Keyring, clock: Clock) -> None:
    renewing = await make_renewing(db, keyring, clock, due=False)
    login = await renewing.login()
    due = await renewing.renew.due(login, now=renewing.now)
    assert due is not None
    assert (due.due, due.reason) == (False, None)
    with pytest.raises(errors.RenewalNotDue):
        await renewing.begin()
    clock.now = half_year_before(due.until, SHANGHAI)
    with pytest.raises(errors.RenewalNotDue):
        await renewing.begin()
    clock.now += 1
    due = await renewing.renew.due(login, now=renewing.now)
    assert due is not None
    assert (due.due, due.reason) == (True, Reason.ENDING)
    assert (await renewing.begin()).state is RenewalState.BEGUN


async def test_r11_an_expired_certificate_is_not_renewed(renewing: Renewing, clock: Clock) -> None:
    clock.advance(seconds=101 * DAY)
    assert await renewing.renew.due(await renewing.login(), now=renewing.now) is None
    with pytest.raises(errors.CertificateExpired):
        await renewing.begin()


@pytest.mark.parametrize(
    ("event", "refusal"),
    [
        (CertificateEvent.REPORT_LOSS, errors.Held),
        (CertificateEvent.FREEZE, errors.Held),
        (CertificateEvent.FIND_CLONE, errors.Held),
        (CertificateEvent.APPLY_AGAIN, errors.Held),
        (CertificateEvent.LOCK_PIN, errors.PinLocked),
        (CertificateEvent.REVOKE, errors.NoCertificate),
    ],
)
async def test_r11_a_held_locked_or_revoked_certificate_is_not_renewed(
    renewing: Renewing, event: CertificateEvent, refusal: type[errors.DomainError]
) -> None:
    await renewing.change(event)
    assert await renewing.renew.due(await renewing.login(), now=renewing.now) is None
    with pytest.raises(refusal):
        await renewing.begin()


# ---- for whom ----


@pytest.mark.parametrize(
    "change",
    [
        {"name": "张伟"},
        {"id_number": "11010519491231002X"},
        {"user_type": "legal_person"},
        {"credit_code": "91370203MA3YK2D9RF"},
    ],
)
async def test_r11_data_other_than_on_file_are_refused(renewing: Renewing, change: dict[str, str]) -> None:
    with pytest.raises(errors.NoFiling):
        await renewing.begin(**change)


async def test_r11_the_same_person_in_another_role_is_another_applicant(renewing: Renewing) -> None:
    # Filed as legal person too: right data, but not those of the first application.
    db = renewing.world.db
    await execute(
        db,
        "INSERT INTO filed_persons (id, credit_code, name, id_type, id_number_hash, id_number_box, role, version,"
        " created_at, changed_at) SELECT 'other', credit_code, name, id_type, id_number_hash, id_number_box,"
        " 'legal_person', 1, created_at, changed_at FROM filed_persons WHERE id = 'person'",
    )
    with pytest.raises(errors.OtherApplicant):
        await renewing.begin(user_type="legal_person")


async def test_r11_the_sms_code_is_asked_last_and_its_refusal_changes_nothing(renewing: Renewing) -> None:
    async def wrong_code() -> None:
        raise errors.SmsCodeWrong

    application = Application(NAME, ID_NUMBER, "operator", CREDIT_CODE)
    with pytest.raises(errors.SmsCodeWrong):
        await renewing.renew.begin(await renewing.login(), application, wrong_code, now=renewing.now)
    with pytest.raises(errors.NotFound):
        await renewing.current()
    with pytest.raises(errors.NoFiling):
        await renewing.renew.begin(
            await renewing.login(),
            Application("张伟", ID_NUMBER, "operator", CREDIT_CODE),
            wrong_code,
            now=renewing.now,
        )


# ---- how ----


async def certificate_of(renewing: Renewing) -> tuple[str, str]:
    current = await renewing.world.certificates.current(await renewing.login(), now=renewing.now)
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
    assert {row.serial for row in await list_revoked(world.db, issuer="issuing", since=0)} == set()

    await renewing.confirm(new, renewal)
    assert (await renewing.state(first), await renewing.state(second)) == ("superseded", "active")
    events = await certificate_changes.history(world.db, serial=first)
    assert [event.event for event in events] == ["activate", "supersede"]
    assert (events[-1].actor, events[-1].actor_id, events[-1].reason) == ("user", "account", "ending")
    assert {row.serial for row in await list_revoked(world.db, issuer="issuing", since=0)} == {first}

    # Same shield number, another key; the old one is dead, the new one signs.
    assert await certificate_of(renewing) == (second, number)
    assert new.P != old.P
    with pytest.raises(errors.Held):
        await renewing.sign(old, await open_task(renewing, old))
    renewing.world.phone = renewing.old = new
    await world.sign([await world.task()])
    row = await fetch(world.db, "SELECT serial FROM signatures WHERE uid = $1 AND purpose = 'sign'", new.uid)
    assert row["serial"] == second
    row = await fetch(world.db, "SELECT share_box FROM keys WHERE uid = $1", old.uid)
    assert row["share_box"] is None
    with pytest.raises(errors.NotFound):
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


async def test_r11_the_same_key_by_a_setting(same_key: Renewing) -> None:
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
    current = await renewing.world.certificates.current(await renewing.login(), now=renewing.now)
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
    certificate = await world.certificates.current(login, now=renewing.now)
    assert certificate is not None
    assert certificate.state == "active"
    assert certificate.holds == frozenset()


# ---- who may ----


async def test_r11_a_new_key_needs_the_old_ones_consent_under_its_pin(renewing: Renewing) -> None:
    begun = await renewing.begin()
    new = await renewing.make_key(begun)
    await renewing.sign(new, begun.sid)
    # All is signed but the consent: no certificate, however often it is asked for.
    waiting = await renewing.current()
    assert (waiting.state, waiting.pem) == (RenewalState.BEGUN, None)
    assert waiting.consent is not None
    with pytest.raises(errors.WrongPin):
        await renewing.sign(renewing.old, waiting.consent, d1=WRONG)
    assert (await renewing.current()).pem is None
    await renewing.sign(renewing.old, waiting.consent)
    assert (await renewing.current()).pem is not None


async def test_r10_r11_old_and_new_key_have_five_tries_together(renewing: Renewing) -> None:
    new, renewal = await renewing.issued()
    assert renewal.confirm is not None
    for _ in range(3):
        with pytest.raises(errors.WrongPin):
            await renewing.sign(new, renewal.confirm, d1=WRONG)
    sid = await renewing.world.task()
    with pytest.raises(errors.WrongPin) as refused:
        await renewing.sign(renewing.old, sid, d1=WRONG)
    assert refused.value.extra == {"left": 1}
    with pytest.raises(errors.WrongPin):
        await renewing.sign(new, renewal.confirm, d1=WRONG)
    first = await renewing.serial(renewing.old)
    assert await renewing.state(first) == "pin_locked"
    # The renewal has gone with it: neither key answers a guess any more.
    with pytest.raises(errors.DomainError) as dead:
        await renewing.sign(new, renewal.confirm)
    assert dead.value.code in {"held", "task_closed"}
    assert {await renewing.state(serial) for serial in await renewing.serials()} == {"pin_locked", "revoked"}


async def test_r11_a_copy_of_the_new_key_holds_the_old_one_too(renewing: Renewing) -> None:
    new, renewal = await renewing.issued()
    new.otp = bytes([1]) * 32
    with pytest.raises(errors.Clone):
        await renewing.confirm(new, renewal)
    first = await renewing.serial(renewing.old)
    row = await fetch(renewing.world.db, "SELECT holds FROM certificates WHERE serial = $1", first)
    assert row["holds"] == "clone"
    with pytest.raises(errors.NotFound):
        await renewing.current()


# ---- what stops it ----


@pytest.mark.parametrize("key", ["new", "same"])
@pytest.mark.parametrize(
    "event", [CertificateEvent.REPORT_LOSS, CertificateEvent.FREEZE, CertificateEvent.REVOKE]
)
async def test_r11_a_certificate_held_in_between_is_not_replaced(
    db: Database, keyring: Keyring, clock: Clock, key: str, event: CertificateEvent
) -> None:
    renewing = await make_renewing(db, keyring, clock, key="same" if key == "same" else "new")
    new, renewal = await renewing.issued()
    first = await renewing.serial(renewing.old)
    await renewing.change(event)
    with pytest.raises((errors.Held, errors.NoCertificate)):
        await renewing.current()
    try:
        answer = await renewing.confirm(new, renewal)
    except errors.Held:  # the same key is held itself
        assert key == "same"
    else:
        assert answer["items"] == [{"sid": renewal.confirm.hex(), "error": "task_closed"}]  # type: ignore[union-attr]  # is there
    states = {serial: await renewing.state(serial) for serial in await renewing.serials()}
    assert states.pop(first) == ("revoked" if event is CertificateEvent.REVOKE else "active")
    assert set(states.values()) == {"issued"}
    await end_renewals(db, now=renewing.now)
    expected = "revoked" if event is CertificateEvent.REVOKE else "issued"
    assert {await renewing.state(serial) for serial in states} == {expected}


async def test_r11_after_a_hold_was_lifted_the_renewal_goes_on(renewing: Renewing) -> None:
    new, _ = await renewing.issued()
    await renewing.change(CertificateEvent.FREEZE)
    await renewing.change(CertificateEvent.UNFREEZE)
    renewal = await renewing.current()
    await renewing.confirm(new, renewal)
    assert await renewing.state(await renewing.serial(new)) == "active"


async def test_r11_a_renewal_not_signed_for_within_an_hour_is_void(renewing: Renewing, clock: Clock) -> None:
    begun = await renewing.begin()
    new = await renewing.make_key(begun)
    clock.advance(seconds=3601)
    with pytest.raises(errors.DomainError):
        await renewing.sign(new, begun.sid)
    with pytest.raises(errors.NotFound):
        await renewing.current()
    assert await end_renewals(renewing.world.db, now=renewing.now) == 1
    assert await end_renewals(renewing.world.db, now=renewing.now) == 0
    await renewing.world.sign([await renewing.world.task()])
    assert len(await renewing.serials()) == 1


@pytest.mark.parametrize("key", ["new", "same"])
async def test_r11_a_certificate_never_confirmed_is_revoked_after_a_week(
    db: Database, keyring: Keyring, clock: Clock, key: str
) -> None:
    renewing = await make_renewing(db, keyring, clock, key="same" if key == "same" else "new")
    new, renewal = await renewing.issued()
    first = await renewing.serial(renewing.old)
    second = next(serial for serial in await renewing.serials() if serial != first)
    clock.advance(seconds=7 * DAY - 1)
    assert await end_renewals(db, now=renewing.now) == 0
    clock.advance(seconds=1)
    assert await end_renewals(db, now=renewing.now) == 1
    assert (await renewing.state(first), await renewing.state(second)) == ("active", "revoked")
    status = await find_status(db, serial=second)
    assert status is not None
    assert status.revocation_reason == 5
    events = await certificate_changes.history(db, serial=second)
    assert (events[-1].event, events[-1].actor) == ("withdraw", "service")
    with pytest.raises(errors.DomainError):
        await renewing.confirm(new, renewal)
    await renewing.world.sign([await renewing.world.task()])
    current = await renewing.world.certificates.current(await renewing.login(), now=renewing.now)
    assert current is not None
    assert current.serial == first


@pytest.mark.parametrize("key", ["new", "same"])
async def test_r11_begun_again_the_first_try_is_given_up(
    db: Database, keyring: Keyring, clock: Clock, key: str
) -> None:
    renewing = await make_renewing(db, keyring, clock, key="same" if key == "same" else "new")
    abandoned, renewal = await renewing.issued()
    second = (await renewing.serials())[-1]
    new = await renewing.renewed()
    assert await renewing.state(second) in {"revoked", "superseded"}
    states = sorted([await renewing.state(serial) for serial in await renewing.serials()])
    assert states == ["active", "revoked", "superseded"]
    if key == "new":
        assert abandoned.uid != new.uid
        with pytest.raises(errors.DomainError):
            await renewing.confirm(abandoned, renewal)


async def test_r11_given_up_by_the_user_the_old_one_goes_on(renewing: Renewing) -> None:
    await renewing.issued()
    await renewing.renew.give_up(await renewing.login(), now=renewing.now)
    with pytest.raises(errors.NotFound):
        await renewing.renew.give_up(await renewing.login(), now=renewing.now)
    assert sorted([await renewing.state(serial) for serial in await renewing.serials()]) == [
        "active",
        "revoked",
    ]
    await renewing.world.sign([await renewing.world.task()])


async def test_r11_expired_before_the_confirmation_it_is_too_late(renewing: Renewing, clock: Clock) -> None:
    clock.advance(seconds=98 * DAY)
    new, renewal = await renewing.issued()
    clock.advance(seconds=3 * DAY)
    with pytest.raises(errors.CertificateExpired):
        await renewing.current()
    answer = await renewing.confirm(new, renewal)
    assert "task_closed" in str(answer)
    assert await end_renewals(renewing.world.db, now=renewing.now) == 1


def test_the_table_of_a_renewal() -> None:
    assert sources(RenewalEvent.CONFIRM) == {RenewalState.ISSUED}
    assert sources(RenewalEvent.END) == {RenewalState.BEGUN, RenewalState.ISSUED}
    ends = set(TABLE.values()) - {source for source, _ in TABLE}
    assert ends == {RenewalState.CONFIRMED, RenewalState.ENDED}


async def test_a_crash_between_certificate_and_record_is_made_good(renewing: Renewing) -> None:
    """The certificate is signed and stored, then the process dies: the next look finishes with the same one."""
    issue = renewing.renew._issue
    begun: Renewal = await renewing.begin()
    new = await renewing.make_key(begun)
    consent = (await renewing.current()).consent
    assert consent is not None
    await renewing.sign(renewing.old, consent)
    await renewing.sign(new, begun.sid)
    assert issue is not None
    from mshield.store import renewals

    row = await renewals.find_open(renewing.world.db, device_id="device", account_id="account")
    assert row is not None
    subject = renewing.renew._check(row)
    assert subject.common_name == NAME
    await renewing.current()
    await execute(
        renewing.world.db, "UPDATE renewals SET state = 'begun', confirm_sid = NULL WHERE sid = $1", begun.sid
    )
    await execute(renewing.world.db, "UPDATE keys SET state = 'confirmed' WHERE uid = $1", new.uid)
    renewal = await renewing.current()
    assert len(await renewing.serials()) == 2
    await renewing.confirm(new, renewal)
    assert await renewing.state(await renewing.serial(new)) == "active"


# ---- at once ----


async def test_r11_a_freeze_and_a_confirmation_at_once_leave_one_certificate_in_force_or_held(
    renewing: Renewing,
) -> None:
    new, renewal = await renewing.issued()
    first = await renewing.serial(renewing.old)
    second = next(serial for serial in await renewing.serials() if serial != first)
    await asyncio.gather(
        renewing.confirm(new, renewal),
        renewing.change(CertificateEvent.FREEZE, serial=first),
        return_exceptions=True,
    )
    row = await fetch(renewing.world.db, "SELECT state, holds FROM certificates WHERE serial = $1", first)
    outcome = (row["state"], row["holds"], await renewing.state(second))
    assert outcome in {("active", "frozen", "issued"), ("superseded", "", "active")}


async def test_r11_two_begun_at_once_are_one(renewing: Renewing) -> None:
    outcomes = await asyncio.gather(renewing.begin(), renewing.begin(), return_exceptions=True)
    assert all(isinstance(outcome, (Renewal, errors.Conflict)) for outcome in outcomes)
    row = await fetch(renewing.world.db, "SELECT COUNT(*) AS open FROM renewals WHERE state = 'begun'")
    assert row["open"] == 1
    await renewing.renewed()


async def test_r11_two_processes_give_a_renewal_up_once(renewing: Renewing, clock: Clock) -> None:
    await renewing.issued()
    clock.advance(seconds=8 * DAY)
    done = await asyncio.gather(*(end_renewals(renewing.world.db, now=renewing.now) for _ in range(4)))
    assert sum(done) == 1


# ---- what the legal person sees ----


async def test_r11_r14_the_shield_stands_for_the_certificate_in_force_throughout(renewing: Renewing) -> None:
    db = renewing.world.db
    first, number = await certificate_of(renewing)

    async def shown() -> tuple[list[str], str]:
        shields = await managed_shields.page(
            db,
            credit_code=CREDIT_CODE,
            before=(2**63 - 1, ""),
            wanted=managed_shields.Wanted(),
            page_size=9,
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
