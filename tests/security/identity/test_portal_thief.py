"""A thief of the legal representative's portal session (its cookie, an open PC) can't make anyone an operator."""

from typing import Any, Final

import httpx
import pytest

from mshield.testkit.demo.people import LEGAL_PERSON, OPERATOR
from tests.security.identity.test_stranger import (
    AS_OPERATOR,
    apply,
    file_phone,
    person_id,
    register,
)
from tests.support.application import Application, Device
from tests.support.assertions import assert_refused
from tests.support.portal import OWN, Browser
from tests.support.signing import fetch

RECORD: Final = {"user_type": "operator", "credit_code": OWN}


@pytest.fixture
async def portal(application: Application) -> Browser:
    """The legal representative's logged-in browser; the operator's number is on file."""
    await file_phone(application, LEGAL_PERSON, LEGAL_PERSON.phone)
    await file_phone(application, OPERATOR, OPERATOR.phone)
    await application.registered(LEGAL_PERSON)
    browser = Browser.of(application)
    await browser.log_in()
    return browser


async def ask_to_be_confirmed(application: Application, portal: Browser) -> tuple[Device, dict[str, Any]]:
    device = await register(application, AS_OPERATOR)
    assert (await device.call("POST", "/api/phone/identity/requests", RECORD)).status_code == 201
    (shown,) = (await portal.get(f"/enterprises/{OWN}/applications")).json()["items"]
    return device, shown


async def decide(portal: Browser, shown: dict[str, Any], **proof: str) -> httpx.Response:
    path = f"/enterprises/{OWN}/applications/{shown['id']}/decision"
    return await portal.send("POST", path, {"decision": "confirm", **proof})


async def make_code(portal: Browser, record: str, **proof: str) -> httpx.Response:
    return await portal.send("POST", f"/enterprises/{OWN}/people/{record}/activation-code", proof)


async def told(application: Application, kind: str) -> set[str]:
    await application.context.notices.notify(now=application.clock())
    sent = (await application.http.get("/dev/sms.json")).json()
    return {each["phone"] for each in sent if each["purpose"] == kind}


async def test_session_alone_confirms_nobody(application: Application, portal: Browser) -> None:
    device, shown = await ask_to_be_confirmed(application, portal)
    assert_refused(await decide(portal, shown), "invalid_request", 422)
    await portal.vouching_code(
        shown["person_id"]
    )  # the code goes to the legal representative's phone, not to the thief
    assert_refused(await decide(portal, shown, sms_code="000000"), "sms_code_wrong")
    assert_refused(await decide(portal, shown, request_id="none"), "not_found")
    assert_refused(await apply(application, device, AS_OPERATOR), "identity_unproven", 403)


async def test_session_alone_makes_no_activation_code(application: Application, portal: Browser) -> None:
    record = await person_id(application, OPERATOR)
    for proof in ({}, {"sms_code": "1", "request_id": "x"}):
        assert_refused(await make_code(portal, record, **proof), "invalid_request", 422)
    assert_refused(await make_code(portal, record, sms_code="000000"), "sms_code_wrong")


async def test_sms_code_is_valid_for_one_operator_and_act(application: Application, portal: Browser) -> None:
    record = await person_id(application, OPERATOR)
    code = await portal.vouching_code(await _another(application))
    assert_refused(await make_code(portal, record, sms_code=code), "sms_code_wrong")
    code = await portal.vouching_code(record)
    assert (await make_code(portal, record, sms_code=code)).status_code == 201
    again = await make_code(portal, record, sms_code=code)
    assert again.json()["code"] in {"sms_code_wrong", "sms_code_expired"}
    revoking = await portal.revocation_code()
    assert_refused(await make_code(portal, record, sms_code=revoking), "sms_code_expired")


async def test_legal_person_and_filed_number_are_notified(application: Application, portal: Browser) -> None:
    record = await person_id(application, OPERATOR)
    await make_code(portal, record, sms_code=await portal.vouching_code(record))
    assert await told(application, "vouched") == {LEGAL_PERSON.phone}
    assert await told(application, "vouched_for") == {OPERATOR.phone}


async def test_the_honest_legal_person_confirms_with_a_code(
    application: Application, portal: Browser
) -> None:
    device, shown = await ask_to_be_confirmed(application, portal)
    assert (await portal.confirm(shown)).status_code == 204
    assert await told(application, "vouched") == {LEGAL_PERSON.phone}
    assert (await apply(application, device, AS_OPERATOR)).status_code == 201


async def test_legal_person_refuses_without_a_code(application: Application, portal: Browser) -> None:
    device, shown = await ask_to_be_confirmed(application, portal)
    path = f"/enterprises/{OWN}/applications/{shown['id']}/decision"
    assert (await portal.send("POST", path, {"decision": "refuse"})).status_code == 204
    assert_refused(await apply(application, device, AS_OPERATOR), "identity_unproven", 403)


async def test_people_of_other_enterprises_cannot_be_confirmed(
    application: Application, portal: Browser
) -> None:
    """A legal representative can't be confirmed this way either."""
    for record, refusal in (
        ("nobody", "not_found"),
        (await person_id(application, LEGAL_PERSON), "forbidden"),
    ):
        for path in ("vouching-codes", "vouching-requests"):
            answer = await portal.send("POST", f"/enterprises/{OWN}/people/{record}/{path}", {})
            assert_refused(answer, refusal)


async def _another(application: Application) -> str:
    row = await fetch(application.context.db, "SELECT id FROM filed_persons WHERE name = '沈若澜'")
    return str(row["id"])
