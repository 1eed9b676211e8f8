"""A stranger's phone number filed by mistake or fraud: the office's next entry ends the proof by that number."""

from dataclasses import replace
from typing import Any

import pytest

from mshield.server.accounts.rows import accounts
from mshield.server.acts.actor import By
from mshield.server.filing.phone_wait import WAIT_MS
from mshield.server.filing.rules import FilingRow
from mshield.server.identity.errors import IdentityUnproven
from mshield.testkit.demo.people import LEGAL_PERSON, OPERATOR, Person
from mshield.wire.identity import Way
from tests.security.identity.test_stranger import (
    AS_OPERATOR,
    OWN_NUMBER,
    STRANGER,
    apply,
    file_phone,
    person_id,
    register,
)
from tests.support.application import Application
from tests.support.assertions import assert_refused
from tests.support.portal import OWN, Browser
from tests.support.second_person import SECOND
from tests.support.signing import execute, fetch


async def office_files(application: Application, person: Person, phone: str | None) -> None:
    """Files a number as two people do: an empty text removes it, None leaves it unchanged.

    The number of somebody who is proven waits for a day, and nobody stops it here.
    """
    enterprise = await fetch(
        application.context.db, "SELECT name FROM enterprises WHERE credit_code = $1", person.credit_code
    )
    row = FilingRow(
        line=1,
        enterprise=str(enterprise["name"]),
        credit_code=person.credit_code,
        name=person.name,
        id_type=person.id_type,
        id_number=person.id_number,
        role=person.role,
        phone=phone,
    )
    filing, now = application.context.filing, application.clock()
    report = await filing.import_list.apply([row], second_person=SECOND, now=now)
    assert report.applied
    await filing.phone_wait(now=now + WAIT_MS)


@pytest.fixture
async def stranger_proven(application: Application) -> tuple[Application, Any]:
    """The stranger proved to be the operator, by the filed number; returns application and phone."""
    await file_phone(application, OPERATOR, OWN_NUMBER)
    device = await register(application, AS_OPERATOR)
    assert (await apply(application, device, AS_OPERATOR)).status_code == 201
    return application, device


@pytest.mark.parametrize("phone", [OPERATOR.phone, ""], ids=["the right number", "none"])
async def test_corrected_number_ends_the_strangers_proof(
    stranger_proven: tuple[Application, Any], phone: str
) -> None:
    application, device = stranger_proven
    await office_files(application, OPERATOR, phone)
    assert_refused(await apply(application, device, AS_OPERATOR), "identity_unproven", 403)
    act = await fetch(application.context.db, "SELECT actor, details FROM acts WHERE act = 'identity.end'")
    assert (act["actor"], "phone_changed" in str(act["details"])) == ("service", True)


async def test_corrected_number_lets_the_true_operator_apply(
    stranger_proven: tuple[Application, Any],
) -> None:
    application, _ = stranger_proven
    await office_files(application, OPERATOR, OPERATOR.phone)
    owner = await register(application, OPERATOR)
    assert (await apply(application, owner, OPERATOR)).status_code == 201


async def test_corrected_number_ends_the_strangers_portal_access(application: Application) -> None:
    await file_phone(application, LEGAL_PERSON, OWN_NUMBER)
    await application.registered(STRANGER)
    portal = Browser.of(application)
    assert (await portal.log_in(STRANGER))["enterprises"]
    await office_files(application, LEGAL_PERSON, LEGAL_PERSON.phone)
    assert (await portal.get(f"/enterprises/{OWN}/shields")).status_code == 404
    await application.registered(LEGAL_PERSON)
    owner = Browser.of(application)
    assert [each["credit_code"] for each in (await owner.log_in())["enterprises"]] == [OWN]
    assert_refused(await portal.begin(STRANGER), "identity_unproven", 403)


async def test_a_list_without_numbers_or_with_the_same_ends_nothing(
    stranger_proven: tuple[Application, Any],
) -> None:
    application, device = stranger_proven
    for phone in (None, OWN_NUMBER):
        await office_files(application, OPERATOR, phone)
    assert (await apply(application, device, AS_OPERATOR)).status_code == 201


async def test_account_with_the_new_number_stays_proven(stranger_proven: tuple[Application, Any]) -> None:
    """The person got another number: their account was changed first, then the filing."""
    application, _ = stranger_proven
    new = replace(AS_OPERATOR, phone="13612344399")
    await execute(
        application.context.db, "UPDATE accounts SET phone = $1 WHERE phone = $2", new.phone, OWN_NUMBER
    )
    await office_files(application, OPERATOR, new.phone)
    row = await fetch(
        application.context.db, "SELECT COUNT(*) AS n FROM identity_proofs WHERE ended_at IS NULL"
    )
    assert row["n"] == 1
    device = await application.logged_in(new)
    assert (await apply(application, device, new)).status_code == 201


async def test_a_number_that_was_corrected_meanwhile_proves_nothing(application: Application) -> None:
    """The correction comes between the check and the proof, as from another process."""
    await file_phone(application, OPERATOR, OWN_NUMBER)
    await application.registered(AS_OPERATOR)
    account = await accounts.find_account(application.context.db, phone=OWN_NUMBER)
    assert account is not None
    record, proofs = await person_id(application, OPERATOR), application.context.identity.proofs
    await office_files(application, OPERATOR, OPERATOR.phone)
    by, now = By("user", account.id), application.clock()
    with pytest.raises(IdentityUnproven):
        await application.context.db.write(
            lambda tx: proofs.record_once(tx, account.id, record, Way.FILED_PHONE, by=by, now=now)
        )


async def test_legal_person_locked_out_of_the_portal_is_told_why(application: Application) -> None:
    """The honest case: a legal representative's new number is filed before their account is changed."""
    await file_phone(application, LEGAL_PERSON, LEGAL_PERSON.phone)
    await application.registered(LEGAL_PERSON)
    portal = Browser.of(application)
    await portal.log_in()
    new = "13612344399"
    await office_files(application, LEGAL_PERSON, new)
    await application.context.notices.notify(now=application.clock() + WAIT_MS)
    sent = (await application.http.get("/dev/sms.json")).json()
    assert {one["phone"] for one in sent if one["purpose"] == "filed_phone_differs"} == {LEGAL_PERSON.phone}
    refusal = await portal.begin()
    assert_refused(refusal, "identity_unproven", 403)
    assert refusal.json()["reason"] == "phone_changed"
    assert "activation_id" in refusal.json()  # one way back
    # Another way back: the account gets the number on file, which then proves it.
    await execute(application.context.db, "UPDATE accounts SET phone = $1", new)
    assert (await portal.log_in(replace(LEGAL_PERSON, phone=new)))["enterprises"]


async def test_unproven_account_is_told_nothing_about_the_number(application: Application) -> None:
    await file_phone(application, LEGAL_PERSON, LEGAL_PERSON.phone)
    await application.registered(STRANGER)
    await office_files(application, LEGAL_PERSON, OPERATOR.phone)
    refusal = await Browser.of(application).begin(STRANGER)
    assert_refused(refusal, "identity_unproven", 403)
    assert "reason" not in refusal.json()
