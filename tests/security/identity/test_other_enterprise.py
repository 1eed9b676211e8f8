"""An enterprise that files a person with a number of its own gains nothing over that person elsewhere.

It removes none of the person's ways, sees none of their proofs and stops none. A disabled account still has
the right to object.
"""

from dataclasses import replace
from typing import Any, Final

import pytest

from mshield.server.acts.actor import SERVICE
from mshield.testkit.demo.people import LEGAL_PERSON, OPERATOR, Person
from tests.security.identity.test_stranger import (
    AS_OPERATOR,
    OWN_NUMBER,
    STRANGER,
    apply,
    file_phone,
    legal_persons_code,
    person_id,
    register,
)
from tests.support.application import Application, Device
from tests.support.assertions import assert_refused
from tests.support.portal import OWN, Browser
from tests.support.signing import execute, fetch

ELSEWHERE: Final = "91370203MA3YK2D9RF"
DAY_MS: Final = 86_400_000
CODES: Final = "/api/phone/identity/codes"


async def file_elsewhere(application: Application, person: Person) -> None:
    """Another enterprise's list names the victim as its operator, with the attacker's number."""
    await execute(
        application.context.db,
        "INSERT INTO filed_persons (id, credit_code, name, id_type, id_number_hash, id_number_box, role, version,"
        " created_at, changed_at, phone) SELECT 'elsewhere', $1, name, id_type, id_number_hash,"
        " id_number_box, 'operator', 1, created_at, changed_at, $2 FROM filed_persons WHERE id = $3",
        ELSEWHERE,
        OWN_NUMBER,
        await person_id(application, person),
    )


async def impostor(application: Application, person: Person) -> Device:
    """Returns the attacker's phone, with a certificate in the victim's name at that enterprise."""
    await file_elsewhere(application, person)
    stranger = replace(person, phone=OWN_NUMBER, password="Stranger-2026-x", role="operator")
    device = await register(application, stranger)
    answer = await apply(application, device, replace(stranger, credit_code=ELSEWHERE))
    assert answer.status_code == 201, answer.text
    return device


async def shown_to(device: Device) -> list[dict[str, Any]]:
    answer = await device.call("GET", "/api/phone/identity")
    items: list[dict[str, Any]] = answer.json()["second_accounts"]
    return items


@pytest.fixture
async def victims(application: Application) -> Application:
    await file_phone(application, LEGAL_PERSON, LEGAL_PERSON.phone)
    await file_phone(application, OPERATOR, OPERATOR.phone)
    return application


async def test_filed_number_still_proves_the_true_operator(victims: Application) -> None:
    await impostor(victims, OPERATOR)
    device = await register(victims, OPERATOR)
    assert (await apply(victims, device, OPERATOR)).status_code == 201


async def test_filed_number_still_proves_the_true_legal_person(victims: Application) -> None:
    await impostor(victims, LEGAL_PERSON)
    await victims.registered(LEGAL_PERSON)
    session = await Browser.of(victims).log_in()
    assert [each["credit_code"] for each in session["enterprises"]] == [OWN]


async def test_impostor_cannot_see_or_stop_a_proof_by_code(victims: Application) -> None:
    other = await impostor(victims, OPERATOR)
    await file_phone(victims, OPERATOR, None)
    made = await victims.context.identity.codes.make(
        await person_id(victims, OPERATOR), by=SERVICE, now=victims.clock()
    )
    device = await register(victims, OPERATOR)
    answer = await device.call("POST", CODES, {"code": made.code})
    assert answer.json()["counts_from"] == victims.clock()
    assert await shown_to(other) == []
    row = await fetch(victims.context.db, "SELECT id FROM identity_proofs WHERE way = 'filing_code'")
    refused = await other.call("POST", f"/api/phone/identity/second-accounts/{row['id']}/objection")
    assert refused.status_code == 404
    assert (await apply(victims, device, OPERATOR)).status_code == 201


async def test_impostor_gains_no_access_elsewhere(victims: Application) -> None:
    device = await impostor(victims, LEGAL_PERSON)
    assert_refused(await Browser.of(victims).begin(STRANGER), "identity_unproven", 403)
    assert_refused(await apply(victims, device, STRANGER), "identity_unproven", 403)


async def test_second_account_of_one_record_waits_and_is_shown(victims: Application) -> None:
    first = await register(victims, OPERATOR)
    assert (await apply(victims, first, OPERATOR)).status_code == 201
    victims.clock.advance(seconds=61)
    made = await victims.context.identity.codes.make(
        await person_id(victims, OPERATOR), by=SERVICE, now=victims.clock()
    )
    device = await register(victims, AS_OPERATOR)
    answer = await device.call("POST", CODES, {"code": made.code})
    assert answer.json()["counts_from"] == victims.clock() + DAY_MS
    assert len(await shown_to(first)) == 1


async def test_disabled_first_account_keeps_its_right_to_object(victims: Application) -> None:
    """Customer service disables it, a filing officer makes a code, the account is enabled again."""
    first = await register(victims, OPERATOR)
    assert (await apply(victims, first, OPERATOR)).status_code == 201
    account = str((await fetch(victims.context.db, "SELECT account_id FROM identity_proofs"))["account_id"])
    manage = victims.context.accounts.manage
    await manage.disable(account, reason="x", by=SERVICE, now=victims.clock())
    victims.clock.advance(seconds=61)
    made = await victims.context.identity.codes.make(
        await person_id(victims, OPERATOR), by=SERVICE, now=victims.clock()
    )
    device = await register(victims, AS_OPERATOR)
    answer = await device.call("POST", CODES, {"code": made.code})
    assert answer.json()["counts_from"] == victims.clock() + DAY_MS
    assert_refused(await apply(victims, device, AS_OPERATOR), "identity_unproven", 403)
    await victims.context.notices.notify(now=victims.clock())
    told = (await victims.http.get("/dev/sms.json")).json()
    assert OPERATOR.phone in {each["phone"] for each in told if each["purpose"] == "second_account"}
    await manage.enable(account, reason="x", by=SERVICE, now=victims.clock())
    first = await victims.logged_in(OPERATOR)
    assert len(await shown_to(first)) == 1


async def test_disabled_account_still_blocks_a_second_proof_by_number(victims: Application) -> None:
    first = await register(victims, LEGAL_PERSON)
    assert (await apply(victims, first, LEGAL_PERSON)).status_code == 201
    account = str((await fetch(victims.context.db, "SELECT account_id FROM identity_proofs"))["account_id"])
    await victims.context.accounts.manage.disable(account, reason="x", by=SERVICE, now=victims.clock())
    await file_phone(victims, LEGAL_PERSON, OWN_NUMBER)
    await victims.registered(STRANGER)
    assert_refused(await Browser.of(victims).begin(STRANGER), "identity_unproven", 403)
    assert (await legal_persons_code(victims)).code
