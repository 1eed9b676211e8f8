"""A stranger with a person's public data (name, id number, credit code) and a phone number of their own.

They can register an account under that name and number, but only a proof makes it the person's.
"""

from dataclasses import replace
from typing import Final

import httpx
import pytest

from mshield.server.acts.actor import SERVICE
from mshield.server.staff.rules import StaffRole
from mshield.testkit.demo.people import LEGAL_PERSON, OPERATOR, Person
from mshield.wire.portal import ActivationCodeMessage
from tests.support.application import Application, Device
from tests.support.assertions import assert_refused
from tests.support.console_people import Clerk
from tests.support.portal import OWN, Browser
from tests.support.signing import execute, fetch

OWN_NUMBER: Final = "13612344321"
STRANGER: Final = replace(LEGAL_PERSON, phone=OWN_NUMBER, password="Stranger-2026-x")
AS_OPERATOR: Final = replace(OPERATOR, phone=OWN_NUMBER, password="Stranger-2026-x")
OTHER_NAME: Final = replace(STRANGER, name="王某某")


async def register(application: Application, person: Person) -> Device:
    """Registers an account of this name and number, and returns a phone logged in to it."""
    await application.registered(person)
    return await application.logged_in(person)


async def apply(application: Application, device: Device, person: Person, **changes: str) -> httpx.Response:
    """Submits the data page with public data."""
    form = await application.application_form(
        device,
        **{
            "name": person.name,
            "id_number": person.id_number,
            "user_type": person.role,
            "credit_code": person.credit_code,
            **changes,
        },
    )
    return await device.call("POST", "/api/phone/enrolments", form)


async def file_phone(application: Application, person: Person, phone: str | None) -> None:
    """Sets the person's number in the filing."""
    await execute(
        application.context.db,
        "UPDATE filed_persons SET phone = $1 WHERE credit_code = $2 AND role = $3",
        phone,
        person.credit_code,
        person.role,
    )


async def person_id(application: Application, person: Person) -> str:
    """Returns the id of a person's filing record."""
    row = await fetch(
        application.context.db,
        "SELECT id FROM filed_persons WHERE credit_code = $1 AND name = $2",
        person.credit_code,
        person.name,
    )
    return str(row["id"])


async def legal_persons_code(application: Application) -> ActivationCodeMessage:
    """Returns a code made by two officers."""
    record = await person_id(application, LEGAL_PERSON)
    codes = application.context.identity.codes
    return await application.context.db.write(
        lambda tx: codes.make_in(tx, record, by=SERVICE, now=application.clock())
    )


@pytest.fixture
async def victims(application: Application) -> Application:
    """The application with both victims' own numbers on file."""
    await file_phone(application, LEGAL_PERSON, LEGAL_PERSON.phone)
    await file_phone(application, OPERATOR, OPERATOR.phone)
    return application


@pytest.mark.parametrize("person", [STRANGER, AS_OPERATOR], ids=["legal person", "operator"])
async def test_filed_name_and_id_number_alone_cannot_apply(victims: Application, person: Person) -> None:
    device = await register(victims, person)
    assert_refused(await apply(victims, device, person), "identity_unproven", 403)
    row = await fetch(victims.context.db, "SELECT COUNT(*) AS made FROM keys")
    assert row["made"] == 0


@pytest.mark.parametrize("person", [STRANGER, OTHER_NAME], ids=["the same name", "another name"])
async def test_id_number_alone_opens_no_portal(victims: Application, person: Person) -> None:
    await victims.registered(person)
    answer = await Browser.of(victims).begin(person)
    assert answer.status_code == 403
    assert answer.json()["code"] in {"identity_unproven", "not_legal_person"}


async def test_wrong_name_does_not_learn_that_the_number_is_on_file(victims: Application) -> None:
    await victims.registered(OTHER_NAME)
    assert_refused(await Browser.of(victims).begin(OTHER_NAME), "not_legal_person", 403)


async def test_owner_with_the_filed_number_logs_in_and_applies(victims: Application) -> None:
    await victims.registered(LEGAL_PERSON)
    session = await Browser.of(victims).log_in()
    assert [each["credit_code"] for each in session["enterprises"]] == [OWN]
    device = await register(victims, OPERATOR)
    answer = await apply(victims, device, OPERATOR)
    assert answer.status_code == 201, answer.text


async def test_stranger_after_the_owner_is_refused(victims: Application) -> None:
    await victims.registered(LEGAL_PERSON)
    await Browser.of(victims).log_in()
    await victims.registered(STRANGER)
    assert_refused(await Browser.of(victims).begin(STRANGER), "identity_unproven", 403)


async def test_stranger_before_the_owner_blocks_nobody(victims: Application) -> None:
    await victims.registered(STRANGER)
    await victims.registered(LEGAL_PERSON)
    session = await Browser.of(victims).log_in()
    assert session["enterprises"]


async def test_a_number_that_is_filed_for_somebody_else_proves_nothing(victims: Application) -> None:
    """The stranger is on file in the same enterprise too, with their own number."""
    await execute(
        victims.context.db,
        "UPDATE filed_persons SET phone = $1 WHERE credit_code = $2 AND name = '沈若澜'",
        OWN_NUMBER,
        OWN,
    )
    device = await register(victims, AS_OPERATOR)
    assert_refused(await apply(victims, device, AS_OPERATOR), "identity_unproven", 403)


async def test_filing_elsewhere_proves_no_legal_person_here(victims: Application) -> None:
    """An enterprise that files the victim as its operator, with the stranger's number, proves only that record."""
    await execute(
        victims.context.db,
        "INSERT INTO filed_persons (id, credit_code, name, id_type, id_number_hash, id_number_box, role, version,"
        " created_at, changed_at, phone) SELECT 'elsewhere', '91370203MA3YK2D9RF', name, id_type, id_number_hash,"
        " id_number_box, 'operator', 1, created_at, changed_at, $1 FROM filed_persons"
        " WHERE role = 'legal_person' AND credit_code = $2",
        OWN_NUMBER,
        OWN,
    )
    device = await register(victims, STRANGER)
    elsewhere = replace(STRANGER, role="operator", credit_code="91370203MA3YK2D9RF")
    assert (await apply(victims, device, elsewhere)).status_code == 201
    assert_refused(await Browser.of(victims).begin(STRANGER), "identity_unproven", 403)
    assert_refused(await apply(victims, device, STRANGER), "identity_unproven", 403)


async def test_ways_tell_neither_a_filed_number_nor_a_proven_account(application: Application) -> None:
    """Whoever knows the public data of a record gets one answer."""
    stranger = await register(application, AS_OPERATOR)
    record = {"user_type": "operator", "credit_code": OWN}
    answers = []
    for number in (None, OPERATOR.phone):
        await file_phone(application, OPERATOR, number)
        answers.append(await stranger.call("POST", "/api/phone/identity/ways", record))
    owner = await register(application, OPERATOR)
    assert (await apply(application, owner, OPERATOR)).status_code == 201
    answers.append(await stranger.call("POST", "/api/phone/identity/ways", record))
    assert [answer.status_code for answer in answers] == [200] * 3
    assert answers[0].json() == answers[1].json() == answers[2].json()


async def test_filed_number_is_not_revealed(victims: Application) -> None:
    device = await register(victims, AS_OPERATOR)
    answer = await device.call(
        "POST", "/api/phone/identity/ways", {"user_type": "operator", "credit_code": OWN}
    )
    assert answer.status_code == 200, answer.text
    reasons = {each["way"]: each["reason"] for each in answer.json()["items"]}
    assert reasons["filed_phone"] == "other_phone"
    assert OPERATOR.phone not in answer.text
    assert OPERATOR.phone[-4:] not in answer.text


@pytest.mark.parametrize(
    ("user_type", "credit_code"), [("legal_person", OWN), ("operator", "91370203MA3YK2D9RF")]
)
async def test_ways_are_listed_only_for_the_own_record(
    victims: Application, user_type: str, credit_code: str
) -> None:
    device = await register(victims, AS_OPERATOR)
    record = {"user_type": user_type, "credit_code": credit_code}
    for path in ("/api/phone/identity/ways", "/api/phone/identity/requests"):
        assert_refused(await device.call("POST", path, record), "no_filing", 409)


async def test_legal_person_cannot_be_confirmed_by_another(victims: Application) -> None:
    device = await register(victims, STRANGER)
    record = {"user_type": "legal_person", "credit_code": OWN}
    assert_refused(await device.call("POST", "/api/phone/identity/requests", record), "forbidden", 403)


async def test_an_unproven_legal_person_confirms_nobody(victims: Application) -> None:
    """Two strangers work together: one has the legal representative's name, the other the operator's."""
    await victims.registered(STRANGER)
    accomplice = replace(AS_OPERATOR, phone="13612344322")
    device = await register(victims, accomplice)
    record = {"user_type": "operator", "credit_code": OWN}
    assert_refused(await device.call("POST", "/api/phone/identity/requests", record), "no_legal_person", 409)


async def test_each_way_parses_a_credit_code_alike(victims: Application) -> None:
    device = await register(victims, AS_OPERATOR)
    spaced = {"user_type": "operator", "credit_code": f" {OWN[:9].lower()} {OWN[9:]}"}
    assert (await device.call("POST", "/api/phone/identity/ways", spaced)).status_code == 200
    assert_refused(await device.call("POST", "/api/phone/identity/requests", spaced), "no_legal_person", 409)
    wrong = {"user_type": "operator", "credit_code": f"{OWN[:-1]}0"}
    for path in ("/api/phone/identity/ways", "/api/phone/identity/requests"):
        assert_refused(await device.call("POST", path, wrong), "invalid_credit_code")


async def test_the_legal_person_of_another_enterprise_confirms_nobody_here(victims: Application) -> None:
    await victims.registered(LEGAL_PERSON)
    portal = Browser.of(victims)
    await portal.log_in()
    device = await register(victims, AS_OPERATOR)
    record = {"user_type": "operator", "credit_code": OWN}
    assert (await device.call("POST", "/api/phone/identity/requests", record)).status_code == 201
    (waiting,) = (await portal.get(f"/enterprises/{OWN}/applications")).json()["items"]
    foreign = f"/enterprises/91370203MA3YK2D9RF/applications/{waiting['id']}/decision"
    assert (await portal.send("POST", foreign, {"decision": "confirm"})).status_code == 404


async def test_display_shows_the_legal_person_that_it_is_a_stranger(victims: Application) -> None:
    await victims.registered(LEGAL_PERSON)
    portal = Browser.of(victims)
    await portal.log_in()
    device = await register(victims, AS_OPERATOR)
    record = {"user_type": "operator", "credit_code": OWN}
    await device.call("POST", "/api/phone/identity/requests", record)
    (waiting,) = (await portal.get(f"/enterprises/{OWN}/applications")).json()["items"]
    assert waiting["same_phone"] is False
    assert waiting["phone_masked"] != waiting["filed_phone_masked"]
    path = f"/enterprises/{OWN}/applications/{waiting['id']}/decision"
    assert (await portal.send("POST", path, {"decision": "refuse"})).status_code == 204
    assert_refused(await apply(victims, device, AS_OPERATOR), "identity_unproven", 403)
    assert_refused(await portal.confirm(waiting), "request_closed", 409)


async def test_messages_to_the_legal_person_are_limited(victims: Application) -> None:
    """The limit covers withdrawn and repeated requests, and further accounts of that name, which may still request."""
    await victims.registered(LEGAL_PERSON)
    await Browser.of(victims).log_in()
    record = {"user_type": "operator", "credit_code": OWN}
    for number, last in ((OWN_NUMBER, 3), ("13612344322", 2)):
        device = await register(victims, replace(AS_OPERATOR, phone=number))
        for _ in range(last):
            assert (await device.call("POST", "/api/phone/identity/requests", record)).status_code == 201
            assert (await device.call("DELETE", "/api/phone/identity/requests/current")).status_code == 204
        answer = await device.call("POST", "/api/phone/identity/requests", record)
        assert answer.status_code == (429 if last == 3 else 201), answer.text
    row = await fetch(
        victims.context.db, "SELECT COUNT(*) AS told FROM notifications WHERE kind = 'confirm_identity'"
    )
    assert row["told"] == 3


@pytest.mark.parametrize("code", ["234567892345", "AAAA-AAAA-AAAA", "", "x" * 33])
async def test_guesses_of_codes_are_limited(victims: Application, code: str) -> None:
    device = await register(victims, STRANGER)
    answer = await device.call("POST", "/api/phone/identity/codes", {"code": code})
    assert answer.json()["code"] in {"activation_code_wrong", "invalid_request"}


async def test_stranger_gets_five_codes_a_day(victims: Application) -> None:
    device = await register(victims, STRANGER)
    for left in (4, 3, 2, 1, 0):
        answer = await device.call("POST", "/api/phone/identity/codes", {"code": "234567892345"})
        assert answer.json()["left"] == left
    made = await victims.context.identity.codes.make(
        await person_id(victims, OPERATOR), by=SERVICE, now=victims.clock()
    )
    assert_refused(
        await device.call("POST", "/api/phone/identity/codes", {"code": made.code}), "activation_locked", 429
    )
    victims.clock.advance(seconds=86_400)
    device = await victims.logged_in(STRANGER)
    answer = await device.call("POST", "/api/phone/identity/codes", {"code": made.code})
    assert_refused(answer, "activation_code_wrong")  # still another person's code


async def test_code_of_another_person_is_refused_and_stays_valid(victims: Application) -> None:
    await file_phone(victims, OPERATOR, None)
    made = await victims.context.identity.codes.make(
        await person_id(victims, OPERATOR), by=SERVICE, now=victims.clock()
    )
    stranger = await register(victims, STRANGER)
    answer = await stranger.call("POST", "/api/phone/identity/codes", {"code": made.code})
    assert_refused(answer, "activation_code_wrong")
    owner = await register(victims, OPERATOR)
    assert (await owner.call("POST", "/api/phone/identity/codes", {"code": made.code})).status_code == 201
    assert (await apply(victims, owner, OPERATOR)).status_code == 201
    again = await owner.call("POST", "/api/phone/identity/codes", {"code": made.code})
    assert_refused(again, "activation_code_wrong")


async def test_the_number_and_another_name_are_not_enough_for_a_code(victims: Application) -> None:
    made = await legal_persons_code(victims)
    device = await register(victims, OTHER_NAME)
    answer = await device.call("POST", "/api/phone/identity/codes", {"code": made.code})
    assert_refused(answer, "activation_code_wrong")


# ---- a person with an account, and a second one ----


@pytest.fixture
async def owned(victims: Application) -> Application:
    """The operator's own account is proven; then the stranger's number gets on file, by mistake or by fraud."""
    device = await register(victims, OPERATOR)
    assert (await apply(victims, device, OPERATOR)).status_code == 201
    await file_phone(victims, OPERATOR, OWN_NUMBER)
    return victims


async def test_the_filed_number_alone_makes_no_second_account(owned: Application) -> None:
    device = await register(owned, AS_OPERATOR)
    assert_refused(await apply(owned, device, AS_OPERATOR), "identity_unproven", 403)
    record = {"user_type": "operator", "credit_code": OWN}
    ways = (await device.call("POST", "/api/phone/identity/ways", record)).json()["items"]
    assert {each["way"]: each["reason"] for each in ways}["filed_phone"] == "second_account"


async def test_first_account_is_notified_a_day_before_a_second_is_valid(owned: Application) -> None:
    made = await owned.context.identity.codes.make(
        await person_id(owned, OPERATOR), by=SERVICE, now=owned.clock()
    )
    device = await register(owned, AS_OPERATOR)
    answer = await device.call("POST", "/api/phone/identity/codes", {"code": made.code})
    assert answer.json()["counts_from"] == owned.clock() + 86_400_000
    refused = await apply(owned, device, AS_OPERATOR)
    assert_refused(refused, "identity_unproven", 403)
    assert refused.json()["counts_from"] == answer.json()["counts_from"]
    await owned.context.notices.notify(now=owned.clock())
    told = (await owned.http.get("/dev/sms.json")).json()
    assert OPERATOR.phone in {each["phone"] for each in told if each["purpose"] == "second_account"}
    owned.clock.advance(seconds=86_400)
    device = await owned.logged_in(AS_OPERATOR)
    assert (await apply(owned, device, AS_OPERATOR)).status_code == 201


# ---- what ends a proof ----


async def test_r18_single_member_of_staff_cannot_change_a_number(
    victims: Application,
) -> None:
    """An attacker persuades customer service: without a code to the old number or a second member, nothing changes."""
    await victims.registered(LEGAL_PERSON)
    await Browser.of(victims).log_in()
    clerk = await Clerk.at_work(victims, StaffRole.CUSTOMER_SERVICE)
    account = (await victims.context.accounts.change_phone.find(LEGAL_PERSON.phone)).id
    path, document = f"/accounts/{account}", {"phone": OWN_NUMBER, "evidence": "身份证复印件"}
    assert_refused(await clerk.call("POST", f"{path}/phone", document), "invalid_request", 422)
    victims.clock.advance(seconds=61)
    await clerk.call("POST", f"{path}/phone-codes", {"phone": OWN_NUMBER, "to": "new"})
    new_code = await victims.sms_code("new_phone")
    both = document | {"new_code": new_code, "old_code": new_code}
    assert_refused(await clerk.call("POST", f"{path}/phone", both), "sms_code_wrong", 400)
    asked = await clerk.call(
        "POST", f"{path}/phone-questions", document | {"new_code": new_code, "reason": "号码停机"}
    )
    decision = f"/approvals/{asked.json()['id']}/decision"
    assert_refused(await clerk.call("POST", decision, {"decision": "approve"}), "own_approval", 403)
    taken = replace(LEGAL_PERSON, phone=OWN_NUMBER)
    assert_refused(await Browser.of(victims).begin(taken), "login_failed", 401)


async def test_unfiled_legal_person_loses_access(victims: Application) -> None:
    await victims.registered(LEGAL_PERSON)
    portal = Browser.of(victims)
    await portal.log_in()
    await execute(victims.context.db, "UPDATE filed_persons SET ended_at = 1 WHERE role = 'legal_person'")
    assert (await portal.get(f"/enterprises/{OWN}/people")).status_code == 404


async def test_each_proof_is_an_act_in_the_log(victims: Application) -> None:
    await victims.registered(LEGAL_PERSON)
    await Browser.of(victims).log_in()
    row = await fetch(victims.context.db, "SELECT act, details, actor FROM acts WHERE act = 'identity.prove'")
    assert row["actor"] == "user"
    assert '"way": "filed_phone"' in str(row["details"])
