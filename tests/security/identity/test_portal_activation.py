"""Activation codes after any portal login: by an outside system's page or password, or by an own shield.

The attacker has an account with the legal representative's public data, codes they found, and unlimited time.
"""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any, Final

import httpx
import pytest

from mshield.server.accounts.outside_login import RETURN_PATH as PHONE_RETURN_PATH
from mshield.server.accounts.rows import accounts
from mshield.server.acts.actor import SERVICE
from mshield.server.legal_person.outside_login import RETURN_PATH
from mshield.testkit.demo.people import LEGAL_PERSON, OPERATOR, Person
from tests.security.identity.test_stranger import file_phone
from tests.support.account_sources import both_sources
from tests.support.application import ORIGIN, Application, running
from tests.support.assertions import assert_refused
from tests.support.clock import Clock
from tests.support.consent import code_of, with_shield
from tests.support.consents import AGREED
from tests.support.identity import make_code_in
from tests.support.oidc_provider import Provider, providing
from tests.support.outside_systems import PASSWORD, USER, AccountOffice, serving
from tests.support.portal import API, FOREIGN, OWN, Browser
from tests.support.signing import execute, fetch

WRONG: Final = "AAAA-BBBB-CCCC"
STRANGER: Final = {
    "sub": "u-8",
    "name": LEGAL_PERSON.name,
    "id_number": LEGAL_PERSON.id_number,
    "phone_number": "13900005099",
}
"""The person's data at an outside system, with a number that isn't on file."""


@pytest.fixture
def office() -> AccountOffice:
    return AccountOffice()


@pytest.fixture
def provider(clock: Clock) -> Iterator[Provider]:
    with providing(ORIGIN + RETURN_PATH, ORIGIN + PHONE_RETURN_PATH, clock=clock) as made:
        made.person |= STRANGER
        yield made


@pytest.fixture
async def application(
    database_url: str, tmp_path: Path, clock: Clock, office: AccountOffice, provider: Provider
) -> AsyncIterator[Application]:
    """Neither system claims to have verified anybody."""
    with serving(office) as server:
        sources = both_sources(server, provider)
        async with running(database_url, tmp_path, clock, account_sources=sources) as made:
            yield made


@pytest.fixture
async def browser(application: Application) -> AsyncIterator[Browser]:
    made = Browser.of(application)
    yield made
    await made.http.aclose()


async def at_the_page(browser: Browser, provider: Provider, **person: str) -> httpx.Response:
    """Logs in at the outside system's page and returns."""
    provider.person |= person
    left = (await browser.http.post(f"{API}/outside-logins", json={"source": "customs"})).json()
    code, state = provider.log_in_at(left["address"])
    return await browser.http.post(
        f"{API}/outside-logins/finish", json={"state": state, "code": code, **AGREED}
    )


def ticket(refused: httpx.Response) -> str:
    """Returns the id with which an activation code continues the login."""
    assert_refused(refused, "identity_unproven", 403)
    found: str = refused.json()["activation_id"]
    return found


async def activate(browser: Browser, activation_id: str, code: str) -> httpx.Response:
    document = {"activation_id": activation_id, "activation_code": code}
    return await browser.http.post(f"{API}/activations", json=document)


async def gets_in(browser: Browser, begun: httpx.Response) -> dict[str, Any]:
    """Completes the login by the SMS code that follows."""
    assert begun.status_code == 201, begun.text
    assert_refused(await browser.get("/session"), "unauthenticated", 401)
    opened = await browser.finish(begun.json(), await browser.application.sms_code("portal"))
    assert opened.status_code == 201, opened.text
    session: dict[str, Any] = opened.json()
    browser.csrf = session["csrf_token"]
    return session


async def proofs(application: Application) -> object:
    row = await fetch(
        application.context.db, "SELECT COUNT(*) AS n FROM identity_proofs WHERE ended_at IS NULL"
    )
    return row["n"]


async def file_at(application: Application, credit_code: str, person: Person) -> str:
    """Files somebody as another enterprise's legal representative; returns the record's id."""
    await execute(
        application.context.db,
        "INSERT INTO filed_persons (id, credit_code, name, id_type, id_number_hash, id_number_box, role, version,"
        " created_at, changed_at) SELECT 'elsewhere', $1, name, id_type, id_number_hash, id_number_box, 'legal_person',"
        " 1, created_at, changed_at FROM filed_persons WHERE name = $2",
        credit_code,
        person.name,
    )
    return "elsewhere"


async def code_for(application: Application, record: str) -> str:
    context, now = application.context, application.clock()
    made = await context.db.write(lambda tx: context.identity.codes.make_in(tx, record, by=SERVICE, now=now))
    return made.code


# ---- the intended ways ----


async def test_page_account_logs_in_by_an_activation_code(browser: Browser, provider: Provider) -> None:
    activation = ticket(await at_the_page(browser, provider))
    assert "portal" not in {
        each["purpose"] for each in (await browser.application.http.get("/dev/sms.json")).json()
    }
    code = await make_code_in(browser.application, LEGAL_PERSON)
    session = await gets_in(browser, await activate(browser, activation, code))
    assert [each["credit_code"] for each in session["enterprises"]] == [OWN]
    browser.application.clock.advance(seconds=61)
    assert (await at_the_page(browser, provider)).status_code == 201  # from now on without a code


async def test_outside_password_account_logs_in_by_an_activation_code(
    browser: Browser, office: AccountOffice
) -> None:
    office.users["gu"] = USER | {
        "external_id": "u-9", "name": LEGAL_PERSON.name, "id_number": LEGAL_PERSON.id_number, "phone": "13900005098",
    }  # fmt: skip
    given = {"account": "gu", "password": PASSWORD, "source": "single-window", **AGREED}
    activation = ticket(await browser.begin(changes=given))
    code = await make_code_in(browser.application, LEGAL_PERSON)
    await gets_in(browser, await activate(browser, activation, code))


async def test_operators_shield_logs_in_elsewhere_by_an_activation_code(browser: Browser) -> None:
    """An operator of one enterprise is the legal representative of another."""
    application = browser.application
    shield = await with_shield(application)
    record = await file_at(application, FOREIGN, OPERATOR)
    made = (await browser.http.post(f"{API}/shield-logins")).json()
    scanned = await shield.device.call("POST", "/api/phone/scans", {"code": code_of(application, made)})
    await shield.sign(scanned.json()["tasks"])
    given = {name: made[name] for name in ("request_id", "status_token")}
    activation = ticket(await browser.http.post(f"{API}/shield-sessions", json=given))
    application.clock.advance(seconds=61)
    begun = await activate(browser, activation, await code_for(application, record))
    session = await gets_in(browser, begun)
    assert [each["credit_code"] for each in session["enterprises"]] == [FOREIGN]


async def test_logged_in_person_adds_an_enterprise_by_a_code(browser: Browser) -> None:
    application = browser.application
    await application.registered(LEGAL_PERSON)
    await browser.log_in()
    record = await file_at(application, FOREIGN, LEGAL_PERSON)
    document = {"activation_code": await code_for(application, record)}
    csrf, browser.csrf = browser.csrf, None
    assert_refused(await browser.send("POST", "/session/activations", document), "forbidden", 403)
    browser.csrf = csrf
    added = await browser.send("POST", "/session/activations", document)
    assert added.status_code == 201, added.text
    assert {each["credit_code"] for each in added.json()["enterprises"]} == {OWN, FOREIGN}
    assert_refused(await browser.send("POST", "/session/activations", document), "activation_code_wrong", 400)
    for left in (3, 2, 1, 0):
        wrong = await browser.send("POST", "/session/activations", {"activation_code": WRONG})
        assert wrong.json()["left"] == left
    assert_refused(await browser.send("POST", "/session/activations", document), "activation_locked", 429)


# ---- attacks ----


async def test_strangers_account_with_a_found_code_is_refused(browser: Browser, provider: Provider) -> None:
    """The stranger is a legal representative elsewhere with an account of their own, and found the victim's code."""
    application = browser.application
    await file_at(application, FOREIGN, OPERATOR)
    code = await make_code_in(application, LEGAL_PERSON)
    stranger = {
        "sub": "s-1",
        "name": OPERATOR.name,
        "id_number": OPERATOR.id_number,
        "phone_number": OPERATOR.phone,
    }
    activation = ticket(await at_the_page(browser, provider, **stranger))
    assert_refused(await activate(browser, activation, code), "activation_code_wrong", 400)
    assert await proofs(application) == 0


async def test_other_name_with_a_found_code_is_refused(browser: Browser, provider: Provider) -> None:
    """A person whose name isn't the filed one is no legal representative, and gets no id to continue with."""
    code = await make_code_in(browser.application, LEGAL_PERSON)
    refused = await at_the_page(browser, provider, name="顾某某")
    assert_refused(refused, "not_legal_person", 403)
    assert "activation_id" not in refused.text
    refused = await activate(browser, "A" * 100, code)
    assert_refused(refused, "unauthenticated", 401)


async def test_a_code_of_another_record_opens_no_other_enterprise(
    browser: Browser, provider: Provider
) -> None:
    """A code for their operator record elsewhere makes nobody a legal representative here."""
    application = browser.application
    await file_phone(application, LEGAL_PERSON, None)
    await file_at(application, FOREIGN, LEGAL_PERSON)
    await execute(application.context.db, "UPDATE filed_persons SET role = 'operator' WHERE id = 'elsewhere'")
    code = await code_for(application, "elsewhere")
    activation = ticket(await at_the_page(browser, provider))
    again = await activate(browser, activation, code)
    assert_refused(again, "identity_unproven", 403)
    assert_refused(await browser.get("/session"), "unauthenticated", 401)


async def test_five_wrong_codes_a_day_over_all_logins(browser: Browser, provider: Provider) -> None:
    application = browser.application
    code = await make_code_in(application, LEGAL_PERSON)
    for left in (4, 3, 2, 1, 0):
        wrong = await activate(browser, ticket(await at_the_page(browser, provider)), WRONG)
        assert_refused(wrong, "activation_code_wrong", 400)
        assert wrong.json()["left"] == left
    activation = ticket(await at_the_page(browser, provider))
    assert_refused(await activate(browser, activation, code), "activation_locked", 429)
    # The app counts the same attempts.
    device = application.device()
    begun = await device.call("POST", "/api/phone/outside-logins", {"source": "customs"})
    back, state = provider.log_in_at(begun.json()["address"])
    came = await device.call(
        "POST", "/api/phone/outside-logins/finish", {"state": state, "code": back, **AGREED}
    )
    device.token = came.json()["access_token"]
    answer = await device.call("POST", "/api/phone/identity/codes", {"code": code})
    assert_refused(answer, "activation_locked", 429)
    assert await proofs(application) == 0
    application.clock.advance(seconds=86_400)
    activation = ticket(await at_the_page(browser, provider))
    assert (await activate(browser, activation, code)).status_code == 201


async def test_activation_id_is_valid_ten_minutes_for_this_step_only(
    browser: Browser, provider: Provider
) -> None:
    application = browser.application
    code = await make_code_in(application, LEGAL_PERSON)
    activation = ticket(await at_the_page(browser, provider))
    # It can't complete a login by SMS code, nor the other way round.
    assert_refused(await browser.finish({"login_id": activation}, "000000"), "sms_code_expired")
    for made_up in (activation[:-2] + "AA", "x", "é" * 20, "A" * 400):
        assert_refused(await activate(browser, made_up, code), "unauthenticated", 401)
    application.clock.advance(seconds=600)
    assert_refused(await activate(browser, activation, code), "unauthenticated", 401)
    begun = await activate(browser, ticket(await at_the_page(browser, provider)), code)
    assert_refused(await activate(browser, begun.json()["login_id"], code), "unauthenticated", 401)


async def test_activation_id_ends_with_a_change_of_the_account(browser: Browser, provider: Provider) -> None:
    application = browser.application
    code = await make_code_in(application, LEGAL_PERSON)
    activation = ticket(await at_the_page(browser, provider))
    await execute(
        application.context.db, "UPDATE accounts SET phone = '13900005097' WHERE source = 'customs'"
    )
    assert_refused(await activate(browser, activation, code), "unauthenticated", 401)
    await execute(
        application.context.db, "UPDATE accounts SET phone = '13900005099' WHERE source = 'customs'"
    )
    await execute(
        application.context.db,
        "UPDATE accounts SET state = 'disabled', disabled_at = 1, disabled_reason = 'x' WHERE source = 'customs'",
    )
    assert_refused(await activate(browser, activation, code), "account_disabled", 403)
    assert await proofs(application) == 0


async def test_invented_second_account_waits_and_the_first_is_notified(
    browser: Browser, provider: Provider
) -> None:
    """The holder has a day to stop an attacker who has both a code and an outside account with their data."""
    application = browser.application
    await application.registered(LEGAL_PERSON)
    await browser.log_in()
    other = Browser.of(application)
    activation = ticket(await at_the_page(other, provider))
    code = await make_code_in(application, LEGAL_PERSON)
    waits = await activate(other, activation, code)
    assert_refused(waits, "identity_unproven", 403)
    assert waits.json()["counts_from"] == application.clock() + 86_400_000
    assert_refused(await other.get("/session"), "unauthenticated", 401)
    await application.context.notices.notify(now=application.clock())
    told = (await application.http.get("/dev/sms.json")).json()
    assert LEGAL_PERSON.phone in {each["phone"] for each in told if each["purpose"] == "second_account"}
    # The code is used up, and the account shows when the proof takes effect.
    assert_refused(await activate(other, activation, code), "activation_code_wrong", 400)
    assert (await at_the_page(other, provider)).json()["counts_from"] == waits.json()["counts_from"]
    await other.http.aclose()


async def test_failed_sms_needs_no_second_activation_code(browser: Browser, provider: Provider) -> None:
    application = browser.application
    activation = ticket(await at_the_page(browser, provider))
    account = await accounts.find_account(application.context.db, phone=STRANGER["phone_number"])
    assert account is not None
    codes = application.context.legal_person.sessions.sms_codes
    await codes.send(phone=account.phone, purpose="portal", address="127.0.0.1", now=application.clock())
    code = await make_code_in(application, LEGAL_PERSON)
    assert_refused(await activate(browser, activation, code), "sms_too_soon", 429)
    application.clock.advance(seconds=61)
    assert (await activate(browser, activation, code)).status_code == 201


async def test_a_plain_form_of_another_site_is_refused(browser: Browser) -> None:
    headers = {"Content-Type": "text/plain"}
    body = b'{"activation_id": "x", "activation_code": "x"}'
    answer = await browser.http.post(f"{API}/activations", content=body, headers=headers)
    assert (answer.status_code, answer.json()["field"]) == (400, "content-type")
