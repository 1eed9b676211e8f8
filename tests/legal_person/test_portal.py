"""The legal representative's portal: who can log in and for how long; no other session or page can act for them."""

import re
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from mshield.server.accounts.rows.accounts import find_account
from mshield.server.acts.actor import By
from mshield.server.filing.errors import NotLegalPerson
from mshield.server.identity.errors import IdentityUnproven
from mshield.server.legal_person.session import PortalSessions
from mshield.testkit.demo.people import LEGAL_PERSON, OPERATOR
from tests.support.application import CODE_CAPTCHAS, Application
from tests.support.assertions import assert_refused
from tests.support.captchas import answered_captcha
from tests.support.cases import cases
from tests.support.identity import prove_account
from tests.support.portal import API, FOREIGN, OWN, Browser, certified
from tests.support.signing import execute, fetch

NUMBER = "MS10720468813"
OTHER = "MS20720468814"


@pytest.fixture
async def browser(application: Application) -> AsyncIterator[Browser]:
    """The browser of the registered legal representative, not logged in."""
    await application.registered(LEGAL_PERSON)
    application.clock.advance(seconds=61)  # minimum pause between two SMS codes
    browser = Browser.of(application)
    yield browser
    await browser.http.aclose()


async def test_password_captcha_and_code_open_a_session(browser: Browser) -> None:
    begun = await browser.begin()
    assert begun.json()["phone_masked"] == "139****5011"
    assert (await browser.get("/session")).status_code == 401
    answer = await browser.finish(begun.json(), await browser.application.sms_code("portal"))
    assert answer.json()["name"] == LEGAL_PERSON.name
    assert answer.json()["enterprises"] == [
        {"credit_code": OWN, "name": "宁波北潮进出口有限公司", "acts_from": None}
    ]
    cookie = answer.headers["set-cookie"]
    assert re.fullmatch(r"mshield-portal=[\w-]{43}; HttpOnly; Max-Age=28800; Path=/; SameSite=strict", cookie)
    assert answer.headers["cache-control"] == "no-store"
    shown = (await browser.get("/session")).json()
    assert shown["csrf_token"] == answer.json()["csrf_token"]
    assert shown["csrf_token"] not in cookie


async def test_the_cookie_is_secure_under_https(browser: Browser) -> None:
    context = browser.application.context
    settings = context.settings.changed(public_origin="https://shield.example")
    browser.application.app.state.context = replace(context, settings=settings)
    begun = await browser.begin()
    answer = await browser.finish(begun.json(), await browser.application.sms_code("portal"))
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith("__Host-mshield-portal=")
    assert "; Secure" in cookie


@cases(
    ("changes", "status", "code"),
    [
        ({"password": "Demo-wrong-2026"}, 401, "login_failed"),
        ({"account": "13900009999"}, 401, "login_failed"),
        ({"captcha": "AAAAAA"}, 400, "captcha_wrong"),
        ({"password": ""}, 422, "invalid_request"),
    ],
)
async def test_wrong_login_data_send_no_code(
    browser: Browser, changes: dict[str, str], status: int, code: str
) -> None:
    answer = await browser.begin(changes=changes)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert "portal" not in {each["purpose"] for each in (await browser.http.get("/dev/sms.json")).json()}


async def test_failures_delay_the_account_as_on_the_phone(browser: Browser) -> None:
    codes = [(await browser.begin(changes={"password": "Demo-wrong-2026"})).json()["code"] for _ in range(6)]
    assert codes == ["login_failed"] * 5 + ["login_slowed"]
    assert_refused(await browser.begin(), "login_slowed")


async def test_the_code_is_single_use_and_belongs_to_the_login(browser: Browser) -> None:
    begun = (await browser.begin()).json()
    code = await browser.application.sms_code("portal")
    assert_refused(await browser.finish(begun, "000000"), "sms_code_wrong")
    assert_refused(await browser.finish({"login_id": "x" * 120}, code), "sms_code_expired")
    assert (await browser.finish(begun, code)).status_code == 201
    assert_refused(await browser.finish(begun, code), "sms_code_expired")


async def test_missing_code_can_be_sent_again(browser: Browser) -> None:
    application = browser.application
    begun = (await browser.begin()).json()
    first = await application.sms_code("portal")
    soon = await browser.send("POST", "/login-codes", {"login_id": begun["login_id"]})
    assert_refused(soon, "sms_too_soon", 429)
    application.clock.advance(seconds=61)
    again = await browser.send("POST", "/login-codes", {"login_id": begun["login_id"]})
    assert again.status_code == 201, again.text
    assert again.json()["phone_masked"] == begun["phone_masked"]
    newer = await application.sms_code("portal")
    if newer != first:
        assert_refused(await browser.finish(again.json(), first), "sms_code_wrong")
    assert (await browser.finish(again.json(), newer)).status_code == 201
    strange = await browser.send("POST", "/login-codes", {"login_id": "A" * 88})
    assert_refused(strange, "sms_code_expired")


async def test_a_forgotten_password_is_set_anew_as_the_portal_does_it(browser: Browser) -> None:
    """The portal needs no phone and no proofs of its key for this; the portal's own sessions end too."""
    application = browser.application
    await browser.log_in()
    application.clock.advance(seconds=61)
    shown = await answered_captcha(browser.http, CODE_CAPTCHAS)
    order = {"phone": LEGAL_PERSON.phone, "purpose": "reset", **shown}
    assert (await browser.http.post("/api/phone/sms-codes", json=order)).status_code == 202
    wanted = {
        "phone": LEGAL_PERSON.phone,
        "sms_code": await application.sms_code("reset"),
        "id_number": LEGAL_PERSON.id_number,
        "password": "Remembered-2026",
    }
    wrong = await browser.http.post(
        "/api/phone/password-resets", json=wanted | {"id_number": OPERATOR.id_number}
    )
    assert wrong.status_code >= 400
    answer = await browser.http.post("/api/phone/password-resets", json=wanted)
    assert answer.status_code == 201, answer.text
    assert (await browser.get("/session")).status_code == 401
    assert_refused(await browser.begin(), "login_failed", 401)
    assert (await browser.begin(changes={"password": "Remembered-2026"})).status_code == 201


async def test_session_ended_by_staff_says_so(browser: Browser) -> None:
    application = browser.application
    await browser.log_in()
    account = await find_account(application.context.db, phone=LEGAL_PERSON.phone)
    assert account is not None
    application.clock.advance(seconds=5)
    await application.context.accounts.manage.end_logins(
        account.id, login=None, reason="本人来电", by=By("staff", "the clerk"), now=application.clock()
    )
    answer = await browser.get("/session")
    assert_refused(answer, "unauthenticated", 401)
    assert answer.json()["reason"] == "ended_by_staff"
    await browser.log_in()
    await browser.send("DELETE", "/session")
    assert "reason" not in (await browser.get("/session")).json()


async def test_login_expires_with_its_code(browser: Browser) -> None:
    begun = (await browser.begin()).json()
    code = await browser.application.sms_code("portal")
    browser.application.clock.advance(seconds=300)
    assert_refused(await browser.finish(begun, code), "sms_code_expired")


async def test_operator_cannot_log_in(browser: Browser) -> None:
    browser.application.clock.advance(seconds=61)
    await browser.application.registered(OPERATOR)
    answer = await browser.begin(OPERATOR)
    assert_refused(answer, "not_legal_person", 403)


async def test_session_ends_when_idle_and_after_its_maximum(browser: Browser) -> None:
    clock = browser.application.clock
    await browser.log_in()
    for _ in range(3):
        clock.advance(seconds=899)
        assert (await browser.get("/session")).status_code == 200
    clock.advance(seconds=900)
    assert_refused(await browser.get("/session"), "unauthenticated")
    await browser.log_in()
    answers = []
    for _ in range(28800 // 800):
        clock.advance(seconds=800)
        answers.append((await browser.get("/session")).status_code)
    assert answers == [200] * 35 + [401]


async def test_cookie_is_invalid_after_logout(browser: Browser) -> None:
    await browser.log_in()
    kept = dict(browser.http.cookies)
    assert (await browser.send("DELETE", "/session")).status_code == 204
    assert not browser.http.cookies
    browser.http.cookies.update(kept)
    assert (await browser.get("/session")).status_code == 401


@pytest.mark.parametrize("csrf", [None, "", "x" * 43])
async def test_another_sites_page_cannot_act(browser: Browser, csrf: str | None) -> None:
    await browser.log_in()
    row = await certified(browser.application.context, NUMBER)
    browser.csrf = csrf
    for method, path, document in (
        ("POST", f"/enterprises/{OWN}/acts", {"act": "freeze", "shield_numbers": [NUMBER], "reason": "a"}),
        ("POST", f"/enterprises/{OWN}/revocations", {}),
        ("POST", "/revocation-codes", None),
        ("DELETE", "/session", None),
    ):
        answer = await browser.send(method, path, document)
        assert (answer.status_code, answer.json()["reason"]) == (403, "csrf"), path
    assert (await browser.shield(NUMBER))["shield"]["holds"] == []
    assert row.shield_number == NUMBER


async def test_plain_form_cannot_log_in(browser: Browser) -> None:
    answer = await browser.http.post(f"{API}/logins", content=b"{}", headers={"Content-Type": "text/plain"})
    assert (answer.status_code, answer.json()["field"]) == (400, "content-type")


async def test_their_session_ends_with_their_filing(browser: Browser) -> None:
    await browser.log_in()
    context = browser.application.context
    await execute(
        context.db,
        "UPDATE filed_persons SET ended_at = 1 WHERE role = 'legal_person' AND credit_code = $1",
        OWN,
    )
    assert (await browser.get("/session")).json()["enterprises"] == []
    assert (await browser.get(f"/enterprises/{OWN}/people")).status_code == 404


async def test_one_person_may_answer_for_several_enterprises(browser: Browser) -> None:
    context = browser.application.context
    await execute(
        context.db,
        "UPDATE filed_persons SET id_number_hash = $1, name = $2, phone = $3"
        " WHERE role = 'legal_person' AND credit_code = $4",
        context.lookup.lookup_hash("id-number", LEGAL_PERSON.id_number),
        LEGAL_PERSON.name,
        LEGAL_PERSON.phone,
        FOREIGN,
    )
    session = await browser.log_in()
    assert [each["credit_code"] for each in session["enterprises"]] == [OWN, FOREIGN]
    await certified(context, NUMBER)
    await certified(context, OTHER, credit_code=FOREIGN)
    assert (await browser.shield(OTHER, enterprise=FOREIGN))["shield"]["state"] == "active"
    # Each call names its enterprise: the shields of the other one are not found.
    assert (await browser.get(f"/enterprises/{OWN}/shields/{OTHER}")).status_code == 404


async def test_session_opens_for_an_account_proven_by_another_way(browser: Browser) -> None:
    context = browser.application.context
    portal: PortalSessions = context.legal_person.sessions
    account = await fetch(context.db, "SELECT id FROM accounts WHERE phone = $1", LEGAL_PERSON.phone)
    with pytest.raises(IdentityUnproven):
        await portal.open(str(account["id"]), now=context.clock())
    await prove_account(browser.application, LEGAL_PERSON)
    opened = await portal.open(str(account["id"]), now=context.clock())
    assert (await portal.find(opened.token, now=context.clock())).name == LEGAL_PERSON.name
    with pytest.raises(NotLegalPerson):
        await portal.open("nobody", now=context.clock())
