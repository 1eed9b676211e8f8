"""A reader of a legal representative's SMS resets the password and logs in at the portal: powerful acts wait a day."""

from dataclasses import replace
from typing import Any, Final

import httpx
import pytest

from mshield.server.staff.rules import StaffRole
from mshield.testkit.demo.people import LEGAL_PERSON, OPERATOR
from tests.security.identity.test_portal_thief import ask_to_be_confirmed, decide, make_code
from tests.security.identity.test_stopped_by_itself import NEW, thief
from tests.security.identity.test_stranger import AS_OPERATOR, apply, file_phone, legal_persons_code
from tests.support.application import Application
from tests.support.assertions import assert_refused
from tests.support.console_people import Clerk
from tests.support.portal import OWN, Browser, certified
from tests.support.signing import fetch

DAY: Final = 86_400
NUMBER: Final = "MS10720468813"
THIEF: Final = replace(LEGAL_PERSON, password=NEW)


@pytest.fixture
async def portal(application: Application) -> Browser:
    """The thief's browser, logged in with the reset password: both SMS codes reached them."""
    await file_phone(application, LEGAL_PERSON, LEGAL_PERSON.phone)
    await file_phone(application, OPERATOR, OPERATOR.phone)
    await application.registered(LEGAL_PERSON)
    honest = Browser.of(application)
    session = await honest.log_in()
    assert [one["acts_from"] for one in session["enterprises"]] == [None]
    await thief(application, LEGAL_PERSON)
    assert_refused(await honest.get("/session"), "unauthenticated")
    browser = Browser.of(application)
    session = await browser.log_in(THIEF)
    row = await fetch(application.context.db, "SELECT at FROM acts WHERE act = 'account.reset_password'")
    assert [one["acts_from"] for one in session["enterprises"]] == [int(str(row["at"])) + DAY * 1000]
    return browser


async def lift(portal: Browser, act: str) -> httpx.Response:
    document = {"act": act, "shield_numbers": [NUMBER], "reason": "已找回"}
    return await portal.send("POST", f"/enterprises/{OWN}/acts", document)


async def in_turn(portal: Browser, shown: dict[str, Any]) -> list[httpx.Response]:
    """Tries every act that gives power, with what a reader of the SMS has."""
    record, code = shown["person_id"], "000000"
    path = f"/enterprises/{OWN}/people/{record}/vouching-codes"
    return [
        await portal.send("POST", path),
        await decide(portal, shown, sms_code=code),
        await make_code(portal, record, sms_code=code),
        await lift(portal, "lift_loss"),
        await lift(portal, "unfreeze"),
        await portal.revoke(NUMBER),  # by a code that the thief received
    ]


async def test_powerful_acts_wait_for_a_day(application: Application, portal: Browser) -> None:
    await certified(application.context, NUMBER)
    device, shown = await ask_to_be_confirmed(application, portal)
    (session,) = (await portal.get("/session")).json()["enterprises"]
    for answer in await in_turn(portal, shown):
        assert_refused(answer, "acts_later", 429)
        refusal = answer.json()
        assert refusal["until"] == session["acts_from"]
        assert 0 < refusal["retry_after"] <= DAY
        assert answer.headers["retry-after"] == str(refusal["retry_after"])
    assert_refused(await apply(application, device, AS_OPERATOR), "identity_unproven", 403)
    application.clock.advance(seconds=DAY)
    session = await portal.log_in(THIEF)
    assert [one["acts_from"] for one in session["enterprises"]] == [None]
    assert (await portal.confirm(shown)).status_code == 204
    assert (await portal.revoke(NUMBER)).json()["items"][0]["outcome"] == "changed"


async def test_r14_stopping_never_waits(application: Application, portal: Browser) -> None:
    """A true legal representative who lost the phone and forgot the password needs exactly these acts."""
    await certified(application.context, NUMBER)
    _, shown = await ask_to_be_confirmed(application, portal)
    for act in ("report_loss", "freeze"):
        (outcome,) = await portal.act(act, NUMBER)
        assert outcome["outcome"] == "changed"
    path = f"/enterprises/{OWN}/applications/{shown['id']}/decision"
    assert (await portal.send("POST", path, {"decision": "refuse"})).status_code == 204
    for page in ("people", "shields", "applications"):
        assert (await portal.get(f"/enterprises/{OWN}/{page}")).status_code == 200


async def test_no_sms_code_is_used_up(application: Application, portal: Browser) -> None:
    await certified(application.context, NUMBER)
    code = await portal.revocation_code()
    assert_refused(await portal.revoke(NUMBER, code=code), "acts_later", 429)
    application.clock.advance(seconds=1)
    row = await fetch(application.context.db, "SELECT used_at FROM sms_codes WHERE purpose = 'revoke'")
    assert row["used_at"] is None


async def test_another_reset_begins_another_day(application: Application, portal: Browser) -> None:
    application.clock.advance(seconds=DAY - 7200)
    await thief(application, THIEF)
    session = await portal.log_in(THIEF)
    (enterprise,) = session["enterprises"]
    assert enterprise["acts_from"] > application.clock() + (DAY - 3600) * 1000


async def test_later_code_of_two_officers_ends_the_wait(application: Application, portal: Browser) -> None:
    await certified(application.context, NUMBER)
    code = (await legal_persons_code(application)).code
    answer = await portal.send("POST", "/session/activations", {"activation_code": code})
    assert answer.status_code == 201, answer.text
    assert [one["acts_from"] for one in answer.json()["enterprises"]] == [None]
    assert (await portal.revoke(NUMBER)).json()["items"][0]["outcome"] == "changed"
    # A code from before the reset doesn't prove who reset the password.
    await thief(application, THIEF)
    session = await portal.log_in(THIEF)
    assert session["enterprises"][0]["acts_from"] is not None


async def test_r18_the_old_numbers_code_alone_changes_no_number(
    application: Application, portal: Browser
) -> None:
    clerk = await Clerk.at_work(application, StaffRole.CUSTOMER_SERVICE)
    row = await fetch(application.context.db, "SELECT id FROM accounts")
    path, asked = f"/accounts/{row['id']}/phone", {"phone": "13612344321"}
    assert (await clerk.call("POST", f"{path}-codes", asked | {"to": "new"})).status_code == 200
    assert_refused(await clerk.call("POST", f"{path}-codes", asked | {"to": "old"}), "acts_later", 429)
    whole = asked | {"evidence": "身份证原件", "new_code": "000000", "old_code": "000000"}
    assert_refused(await clerk.call("POST", path, whole), "acts_later", 429)
    application.clock.advance(seconds=DAY)
    await clerk.log_in()
    assert (await clerk.call("POST", f"{path}-codes", asked | {"to": "old"})).status_code == 200
