"""Notices: their recipients, occasions and wording (docs/notifications.md)."""

import re
from dataclasses import fields
from typing import Final

import pytest

from mshield.server.acts.actor import SERVICE, By
from mshield.server.certificates.expiry import notify_of_ends
from mshield.server.certificates.rows.certificates import NewCertificate, find_by_serial
from mshield.server.certificates.rules.states import CA_REVOKED
from mshield.server.certificates.rules.states import CertificateEvent as Event
from mshield.server.database.interface import Database
from mshield.server.notices.notify import Notify, notify_account
from mshield.server.notices.rules.notices import OF_EVENT, WORDINGS, NoticeKind, text
from mshield.server.retention.sweep import purge
from mshield.server.settings.settings import Settings
from mshield.wire.times import DAY_MS
from tests.support.clock import START
from tests.support.issuing import Ca, change
from tests.support.more_phones import proven
from tests.support.notices import Gateway, holder_of
from tests.support.signing import execute, fetch

DAY: Final = 86_400_000
LEGAL_HASH: Final = b"the legal person"


async def _legal_person(db: Database, credit_code: str, phone: str, *, filed_as: str = "resident_id") -> None:
    """Files a legal representative of the enterprise under this type of document, with an account."""
    await execute(
        db,
        "INSERT INTO accounts (id, phone, password_hash, name, id_type, id_number_hash, id_number_box, state,"
        " created_at) VALUES ($1, $2, '', '顾承岳', 'resident_id', $3, $4, 'active', $5)",
        phone,
        phone,
        LEGAL_HASH,
        b"",
        START,
    )
    await execute(
        db,
        "INSERT INTO filed_persons (id, credit_code, name, id_type, id_number_hash, id_number_box, role, version,"
        " created_at, changed_at) VALUES ($1, $2, '顾承岳', $3, $4, $5, 'legal_person', 1, $6, $7)",
        phone,
        credit_code,
        filed_as,
        LEGAL_HASH,
        b"",
        START,
        START,
    )
    await proven(db, phone, phone)


async def test_r10_legal_person_is_found_by_id_number_whatever_the_filed_id_type(
    ca: Ca, notify: Notify, gateway: Gateway
) -> None:
    holder = await holder_of(ca)
    await _legal_person(ca.db, holder.credit_code, "13900005012", filed_as="foreign_resident_id")
    await change(ca.db, holder.serial, Event.LOCK_PIN, now=START)
    await notify(now=START)
    assert ("13900005012", "needs_revocation") in gateway.told()


@pytest.mark.parametrize(
    ("event", "kind"),
    [
        (Event.REPORT_LOSS, "lost"),
        (Event.FREEZE, "frozen"),
        (Event.APPLY_AGAIN, "duplicate"),
        (Event.FIND_CLONE, "clone"),
        (Event.LOCK_PIN, "pin_locked"),
        (Event.REVOKE, "revoked"),
    ],
)
async def test_holder_is_notified_once_of_each_hold_lock_and_revocation(
    ca: Ca, notify: Notify, gateway: Gateway, event: Event, kind: str
) -> None:
    holder = await holder_of(ca)
    assert await notify(now=START) == 1
    assert gateway.told() == [(holder.phone, "new_certificate")]
    await change(ca.db, holder.serial, event, now=START)
    for _ in range(3):
        await notify(now=START)
    assert gateway.told()[1:] == [(holder.phone, kind)]
    assert holder.tail in gateway.taken[-1].text
    assert gateway.taken[-1].filled_in == (("tail", holder.tail),)


async def test_revocation_by_a_legal_person_with_the_services_reason_is_not_a_ca_revocation(
    ca: Ca, notify: Notify, gateway: Gateway
) -> None:
    ends = ((By("legal_person", "their account"), "revoked"), (SERVICE, "ca_revoked"))
    for by, kind in ends:
        holder = await holder_of(ca)
        await change(ca.db, holder.serial, Event.REVOKE, now=START, by=by, words=CA_REVOKED)
        await notify(now=START)
        assert gateway.told()[-1] == (holder.phone, kind)


async def test_holder_is_notified_of_lifted_holds(ca: Ca, notify: Notify, gateway: Gateway) -> None:
    holder = await holder_of(ca)
    await change(
        ca.db,
        holder.serial,
        Event.REPORT_LOSS,
        Event.FREEZE,
        Event.LIFT_LOSS,
        Event.UNFREEZE,
        now=START,
    )
    await change(ca.db, holder.serial, Event.FIND_CLONE, Event.LIFT_CLONE, now=START)
    await notify(now=START)
    assert {kind for _, kind in gateway.told()} == {
        "new_certificate", "lost", "frozen", "loss_lifted", "unfrozen", "clone", "clone_lifted",
    }  # fmt: skip


async def test_r14_revocation_during_a_renewal_is_notified_once(
    ca: Ca, notify: Notify, gateway: Gateway
) -> None:
    holder = await holder_of(ca)
    row = await find_by_serial(ca.db, serial=holder.serial)
    assert row is not None
    in_common = {each.name: getattr(row, each.name) for each in fields(NewCertificate)}
    renewed = NewCertificate(**in_common | {"request_sid": b"of the renewal"})
    prepared = await ca.issue.reserve(renewed, now=START)
    await notify(now=START)
    for serial in (prepared.serial, holder.serial):
        await change(ca.db, serial, Event.REVOKE, now=START)
    await notify(now=START)
    assert gateway.told() == [(holder.phone, "new_certificate"), (holder.phone, "revoked")]


async def test_r10_legal_person_is_notified_if_only_they_can_proceed(
    ca: Ca, notify: Notify, gateway: Gateway
) -> None:
    holder = await holder_of(ca)
    await _legal_person(ca.db, holder.credit_code, "13900005011")
    await change(ca.db, holder.serial, Event.LOCK_PIN, now=START)
    await notify(now=START)
    issued, message = [each for each in gateway.taken if each.phone == "13900005011"]
    assert (issued.purpose, message.purpose) == ("certificate_issued", "needs_revocation")
    assert issued.text == (
        f"【手机盾】{holder.name}（操作员）领到了新手机盾，尾号 {holder.tail}。"
        "如不知情，请立即登录三证合一系统冻结。"
    )
    assert message.text == (
        f"【手机盾】贵企业尾号 {holder.tail} 的手机盾因 PIN 码锁死停用，须由您登录三证合一系统作废后方可重新申请。"
    )
    await change(ca.db, holder.serial, Event.REVOKE, now=START)
    await notify(now=START)
    # The legal representative gets no notice of a revocation they made themselves.
    assert len([each for each in gateway.taken if each.phone == "13900005011"]) == 2


async def test_english_is_a_setting(ca: Ca, db: Database, gateway: Gateway) -> None:
    await holder_of(ca)
    await Notify(db, Settings.of(sms_language="en"), gateway)(now=START)
    assert gateway.taken[0].text.startswith("[Mobile Shield] The certificate of your shield ending in ")
    assert gateway.taken[0].text.isascii()


async def test_r11_due_renewal_is_notified_once_in_the_last_half_year(
    ca: Ca, db: Database, notify: Notify, gateway: Gateway
) -> None:
    holder = await holder_of(ca)
    await notify(now=START)
    end = int(str((await fetch(db, "SELECT not_after FROM certificates"))["not_after"]))
    assert await notify_of_ends(db, Settings().site, now=end - 184 * DAY) == 0
    assert await notify_of_ends(db, Settings().site, now=end - 180 * DAY) == 1
    assert await notify_of_ends(db, Settings().site, now=end - 179 * DAY) == 0
    await notify(now=end - 179 * DAY)
    assert gateway.told()[-1] == (holder.phone, "renewal_ending")
    assert re.search(r"将于 \d{4}-\d\d-\d\d 到期", gateway.taken[-1].text)
    # One more notice is sent once the certificate has expired.
    assert await notify_of_ends(db, Settings().site, now=end) == 1
    assert await notify_of_ends(db, Settings().site, now=end + DAY) == 0
    await notify(now=end + DAY)
    assert gateway.told()[-1] == (holder.phone, "expired")


async def test_r22_changed_filing_is_notified_once_per_version(
    ca: Ca, db: Database, notify: Notify, gateway: Gateway
) -> None:
    holder = await holder_of(ca)
    await notify(now=START)
    await execute(db, "UPDATE certificates SET filing_version = 2")
    assert await notify_of_ends(db, Settings().site, now=START) == 0
    for _ in range(2):
        await execute(db, "UPDATE filed_persons SET version = version + 1")
        assert await notify_of_ends(db, Settings().site, now=START) == 1
        assert await notify_of_ends(db, Settings().site, now=START) == 0
    await notify(now=START)
    assert gateway.told()[-2:] == [(holder.phone, "renewal_filing")] * 2


async def test_holder_who_cannot_renew_gets_no_renewal_notice(ca: Ca, db: Database) -> None:
    holder = await holder_of(ca)
    end = int(str((await fetch(db, "SELECT not_after FROM certificates"))["not_after"]))
    await change(ca.db, holder.serial, Event.FREEZE, now=START)
    await execute(db, "UPDATE filed_persons SET version = version + 1")
    assert await notify_of_ends(db, Settings().site, now=end - 11 * DAY) == 0
    await change(ca.db, holder.serial, Event.UNFREEZE, now=START)
    await execute(db, "UPDATE filed_persons SET ended_at = $1", START)
    assert await notify_of_ends(db, Settings().site, now=end - 11 * DAY) == 0
    await change(ca.db, holder.serial, Event.REVOKE, now=START)
    await execute(db, "UPDATE filed_persons SET ended_at = NULL")
    assert await notify_of_ends(db, Settings().site, now=end - 10 * DAY) == 0
    assert await notify_of_ends(db, Settings().site, now=end + DAY) == 0


async def test_occasion_is_notified_once_and_its_row_is_purged(
    ca: Ca, db: Database, notify: Notify, gateway: Gateway
) -> None:
    holder = await holder_of(ca)
    for _ in range(2):
        await db.write(
            lambda tx: notify_account(
                tx, NoticeKind.NEW_DEVICE, account_id=holder.account_id, occasion="a device", now=START
            )
        )
    await notify(now=START)
    assert sorted(kind for _, kind in gateway.told()) == ["new_certificate", "new_device"]
    await purge(db, now=START + 30 * DAY_MS + 1)
    left = await fetch(db, "SELECT COUNT(*) AS n FROM notifications")
    assert left["n"] == 1
    told = await db.write(
        lambda tx: notify_account(
            tx, NoticeKind.NEW_DEVICE, account_id=holder.account_id, occasion="a device", now=START
        )
    )
    assert not told


@pytest.mark.parametrize("kind", list(NoticeKind))
def test_each_notice_has_both_wordings_and_no_full_number(kind: NoticeKind) -> None:
    wording = WORDINGS[kind]
    places = {name: "8813" if name == "tail" else "X" for name in wording.parameters}
    for language in ("zh", "en"):
        sentence = text(kind, places, "zh" if language == "zh" else "en")
        assert not re.search(r"[{}]", sentence)
        assert not re.search(r"\d{5}", sentence)
    assert set(re.findall(r"{(\w+)}", wording.zh)) == set(wording.parameters)
    assert set(re.findall(r"{(\w+)}", wording.en)) == set(wording.parameters)
    assert wording.en.isascii()


def test_all_events_except_those_of_a_running_renewal_have_a_notice() -> None:
    assert set(Event) - OF_EVENT.keys() == {Event.SUPERSEDE, Event.PREPARE, Event.WITHDRAW}
