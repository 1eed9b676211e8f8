"""An attacker with write access to the database but no key can't become another person."""

import pytest

from mshield.server.database.interface import Database, SealBroken
from mshield.server.keys.keyring import Keyring
from mshield.server.signing.errors import WrongPin
from mshield.server.staff.rules import StaffRole
from mshield.server.staff.session import StaffSessions
from mshield.testkit.demo.people import LEGAL_PERSON
from mshield.wire.tokens import token_hash
from tests.security.identity.test_stranger import STRANGER, apply, file_phone, register
from tests.support.application import Application
from tests.support.clock import Clock
from tests.support.identity import prove_account
from tests.support.intruder import Intruder
from tests.support.log_findings import SETTINGS
from tests.support.portal import Browser
from tests.support.signing import WRONG_SHARE, make_world
from tests.support.staff import set_up


async def test_briefly_replaced_filing_row_gives_no_certificate(
    application: Application, intruder: Intruder
) -> None:
    """The victim's row gets the stranger's id number and phone, they apply, and the row is restored."""
    await file_phone(application, LEGAL_PERSON, LEGAL_PERSON.phone)
    device = await register(application, STRANGER)
    own = intruder.rows("SELECT id_number_hash FROM accounts")[0]["id_number_hash"]
    intruder.run(
        "UPDATE filed_persons SET id_number_hash = ?, phone = ? WHERE role = 'legal_person'",
        own,
        STRANGER.phone,
    )
    answer = await apply(application, device, STRANGER)
    assert answer.json()["code"] == "record_changed", answer.text
    assert intruder.rows("SELECT COUNT(*) AS made FROM keys")[0]["made"] == 0


async def test_forged_identity_proof_is_refused(application: Application, intruder: Intruder) -> None:
    device = await register(application, STRANGER)
    intruder.run(
        "INSERT INTO identity_proofs (id, account_id, person_id, way, actor, proven_at, counts_from)"
        " SELECT 'p', a.id, f.id, 'filing_code', 'staff', 1, 1 FROM accounts a, filed_persons f"
        " WHERE f.role = 'legal_person' AND f.id_number_hash = a.id_number_hash"
    )
    assert intruder.rows("SELECT COUNT(*) AS made FROM identity_proofs")[0]["made"] > 0
    assert (await apply(application, device, STRANGER)).json()["code"] == "record_changed"
    assert (await Browser.of(application).begin(STRANGER)).json()["code"] == "record_changed"


async def test_forged_phone_number_gives_no_access(application: Application, intruder: Intruder) -> None:
    """Otherwise the portal's code would go to the stranger."""
    await application.registered(LEGAL_PERSON)
    await prove_account(application, LEGAL_PERSON)
    intruder.run("UPDATE accounts SET phone = ?", STRANGER.phone)
    answer = await Browser.of(application).begin(STRANGER)
    assert answer.json()["code"] == "record_changed"
    told = (await application.http.get("/dev/sms.json")).json()
    assert not any(message["purpose"] == "portal" for message in told)


async def test_forged_officer_is_refused(
    db: Database, keyring: Keyring, clock: Clock, intruder: Intruder
) -> None:
    """Otherwise roles and sessions by SQL alone make two security officers without password or second factor."""
    now = clock()
    clerk = await set_up(db, keyring, now=now, roles=(StaffRole.AUDITOR,))
    sessions = StaffSessions(db, SETTINGS.console)
    token = "a token of the intruder's own"
    insert = (
        "INSERT INTO staff_sessions (id, token_hash, staff_id, address, browser, created_at, used_at, expires_at)"
        " VALUES ('s', ?, ?, '', '', ?, ?, ?)"
    )
    intruder.run(insert, token_hash(token), clerk.member.id, now, now, now + 3_600_000)
    with pytest.raises(SealBroken):
        await sessions.find(token, now=now + 1)
    intruder.run("DELETE FROM staff_sessions WHERE id = 's'")
    intruder.run("UPDATE staff SET roles = 'security_officer'")
    with pytest.raises(SealBroken):
        await sessions.find(clerk.opened.token, now=now + 1)


async def test_reset_attempt_counter_gives_no_new_attempt(
    db: Database, keyring: Keyring, clock: Clock, intruder: Intruder
) -> None:
    world = await make_world(db, keyring, clock)
    with pytest.raises(WrongPin):
        await world.sign([await world.task()], d1=WRONG_SHARE)
    intruder.run("UPDATE keys SET failures = 0, wrong_total = 0")
    with pytest.raises(SealBroken):
        await world.sign([await world.task()], d1=WRONG_SHARE)
