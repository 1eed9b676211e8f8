"""A stranger's number that was filed by mistake or fraud: the next word of the office ends what it proved."""

from dataclasses import replace
from typing import Any

import pytest

from mshield.demo.people import LEGAL_PERSON, OPERATOR, Person
from mshield.domain import errors
from mshield.domain.actor import By
from mshield.domain.filing import FilingRecord
from mshield.domain.identity import IdType, Role
from mshield.domain.proofs import Way
from mshield.store.accounts import accounts
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
from tests.support.signing import execute, fetch


async def office_files(application: Application, person: Person, phone: str | None) -> None:
    """As a list does: an empty number is none, and None says nothing of it."""
    enterprise = await fetch(
        application.context.db, "SELECT name FROM enterprises WHERE credit_code = $1", person.credit_code
    )
    record = FilingRecord(
        line=1,
        enterprise=str(enterprise["name"]),
        credit_code=person.credit_code,
        name=person.name,
        id_type=IdType(person.id_type),
        id_number=person.id_number,
        role=Role(person.role),
        phone=phone,
    )
    await application.context.filing.import_list.take(record, now=application.clock())


@pytest.fixture
async def taken(application: Application) -> tuple[Application, Any]:
    """The stranger is the operator, by the number on file; their phone."""
    await file_phone(application, OPERATOR, OWN_NUMBER)
    device = await register(application, AS_OPERATOR)
    assert (await apply(application, device, AS_OPERATOR)).status_code == 201
    return application, device


@pytest.mark.parametrize("phone", [OPERATOR.phone, ""], ids=["the right number", "none"])
async def test_the_stranger_is_the_operator_no_more(taken: tuple[Application, Any], phone: str) -> None:
    application, device = taken
    await office_files(application, OPERATOR, phone)
    assert_refused(await apply(application, device, AS_OPERATOR), "identity_unproven", 403)
    act = await fetch(application.context.db, "SELECT actor, details FROM acts WHERE act = 'identity.end'")
    assert (act["actor"], "phone_changed" in str(act["details"])) == ("service", True)


async def test_and_keeps_the_true_one_out_no_longer(taken: tuple[Application, Any]) -> None:
    application, _ = taken
    await office_files(application, OPERATOR, OPERATOR.phone)
    owner = await register(application, OPERATOR)
    assert (await apply(application, owner, OPERATOR)).status_code == 201


async def test_nor_are_they_the_legal_person_at_the_portal(application: Application) -> None:
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


async def test_a_list_without_numbers_or_with_the_same_ends_nothing(taken: tuple[Application, Any]) -> None:
    application, device = taken
    for phone in (None, OWN_NUMBER):
        await office_files(application, OPERATOR, phone)
    assert (await apply(application, device, AS_OPERATOR)).status_code == 201


async def test_who_has_the_new_number_by_then_goes_on(taken: tuple[Application, Any]) -> None:
    """Somebody got another number: their account was changed first, then the file."""
    application, _ = taken
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
    """Between the look at it and the proof, as by another process."""
    await file_phone(application, OPERATOR, OWN_NUMBER)
    await application.registered(AS_OPERATOR)
    account = await accounts.find_account(application.context.db, phone=OWN_NUMBER)
    assert account is not None
    record, proofs = await person_id(application, OPERATOR), application.context.identity.proofs
    await office_files(application, OPERATOR, OPERATOR.phone)
    by, now = By("user", account.id), application.clock()
    with pytest.raises(errors.IdentityUnproven):
        await application.context.db.write(
            lambda tx: proofs.record_once(tx, account.id, record, Way.FILED_PHONE, by=by, now=now)
        )


async def test_whom_it_locks_out_of_the_portal_is_told_what_happened(application: Application) -> None:
    """The honest case: a legal person got another number, and the office filed it before their account was changed."""
    await file_phone(application, LEGAL_PERSON, LEGAL_PERSON.phone)
    await application.registered(LEGAL_PERSON)
    portal = Browser.of(application)
    await portal.log_in()
    new = "13612344399"
    await office_files(application, LEGAL_PERSON, new)
    await application.context.notices.notify(now=application.clock())
    sent = (await application.http.get("/dev/sms.json")).json()
    assert {one["phone"] for one in sent if one["purpose"] == "filed_phone_differs"} == {LEGAL_PERSON.phone}
    refusal = await portal.begin()
    assert_refused(refusal, "identity_unproven", 403)
    assert refusal.json()["reason"] == "phone_changed"
    assert "activation_id" in refusal.json()  # one of the ways back
    # Another: the account gets the number on file, which then proves it.
    await execute(application.context.db, "UPDATE accounts SET phone = $1", new)
    assert (await portal.log_in(replace(LEGAL_PERSON, phone=new)))["enterprises"]


async def test_who_never_was_proven_is_told_nothing_of_a_number(application: Application) -> None:
    await file_phone(application, LEGAL_PERSON, LEGAL_PERSON.phone)
    await application.registered(STRANGER)
    await office_files(application, LEGAL_PERSON, OPERATOR.phone)
    refusal = await Browser.of(application).begin(STRANGER)
    assert_refused(refusal, "identity_unproven", 403)
    assert "reason" not in refusal.json()
