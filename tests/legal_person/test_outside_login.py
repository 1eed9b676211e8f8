"""R2 at the portal: a legal representative logs in at the page of an outside system and returns to the same browser."""

import json
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import httpx
import pytest
from pydantic import SecretStr

from mshield.server.accounts.outside_login import RETURN_PATH as PHONE_RETURN_PATH
from mshield.server.accounts.rows import accounts as store
from mshield.server.legal_person.outside_login import RETURN_PATH
from mshield.server.settings.forms import AccountSource
from mshield.testkit.demo.people import LEGAL_PERSON
from tests.support.application import ORIGIN, Application, running
from tests.support.assertions import assert_refused
from tests.support.clock import Clock
from tests.support.consents import AGREED
from tests.support.oidc_provider import CLIENT_ID, CLIENT_SECRET, Provider, providing
from tests.support.outside_systems import SECRET, Reply
from tests.support.portal import API, OWN, Browser
from tests.support.signing import execute

COOKIE: Final = "mshield-portal-page"
PERSON: Final = {
    "sub": "u-8",
    "name": LEGAL_PERSON.name,
    "id_number": LEGAL_PERSON.id_number,
    "phone_number": LEGAL_PERSON.phone,
}


@pytest.fixture
def provider(clock: Clock) -> Iterator[Provider]:
    """The outside system that has the legal representative's account."""
    with providing(ORIGIN + RETURN_PATH, ORIGIN + PHONE_RETURN_PATH, clock=clock) as made:
        made.person |= PERSON
        yield made


@pytest.fixture
async def application(
    database_url: str, tmp_path: Path, clock: Clock, provider: Provider
) -> AsyncIterator[Application]:
    sources = (
        AccountSource(
            name="single-window", kind="http", title_zh="单一窗口", title_en="Single Window",
            url="http://127.0.0.1:9", secret=SecretStr(SECRET), seconds=5,
        ),
        AccountSource(
            name="customs", kind="oidc", title_zh="互联网+海关", title_en="Internet+Customs", url=provider.issuer,
            client_id=CLIENT_ID, secret=SecretStr(CLIENT_SECRET), seconds=5,
        ),
    )  # fmt: skip
    async with running(database_url, tmp_path, clock, account_sources=sources) as made:
        yield made


@pytest.fixture
async def browser(application: Application) -> AsyncIterator[Browser]:
    made = Browser.of(application)
    yield made
    await made.http.aclose()


@pytest.fixture
async def other(application: Application) -> AsyncIterator[Browser]:
    """Another person's browser."""
    made = Browser.of(application)
    yield made
    await made.http.aclose()


async def _leave(browser: Browser, source: str = "customs") -> httpx.Response:
    return await browser.http.post(f"{API}/outside-logins", json={"source": source})


async def _come_back(browser: Browser, code: str, state: str) -> httpx.Response:
    return await browser.http.post(
        f"{API}/outside-logins/finish", json={"state": state, "code": code, **AGREED}
    )


async def _through_the_page(browser: Browser, provider: Provider) -> httpx.Response:
    left = await _leave(browser)
    assert left.status_code == 201, left.text
    code, state = provider.log_in_at(left.json()["address"])
    assert state == left.json()["state"]
    return await _come_back(browser, code, state)


async def _sent(application: Application) -> set[str]:
    return {each["purpose"] for each in (await application.http.get("/dev/sms.json")).json()}


async def _account(application: Application) -> store.Account | None:
    return await store.find_account(application.context.db, phone=LEGAL_PERSON.phone)


async def test_r2_login_takes_the_outside_page_and_an_sms_code(browser: Browser, provider: Provider) -> None:
    begun = await _through_the_page(browser, provider)
    assert begun.status_code == 201, begun.text
    assert begun.json()["phone_masked"] == "139****5011"
    assert_refused(await browser.get("/session"), "unauthenticated", 401)
    assert_refused(await browser.finish(begun.json(), "000000"), "sms_code_wrong")
    opened = await browser.finish(begun.json(), await browser.application.sms_code("portal"))
    assert opened.json()["enterprises"][0]["credit_code"] == OWN
    assert (await browser.get("/session")).json()["name"] == LEGAL_PERSON.name
    account = await _account(browser.application)
    assert account is not None
    assert (account.source, account.external_id) == ("customs", "u-8")


async def test_the_sources_are_listed_and_which_have_a_page(browser: Browser) -> None:
    items = (await browser.get("/account-sources")).json()["items"]
    assert [(each["name"], each["kind"]) for each in items] == [
        ("single-window", "password"),
        ("customs", "page"),
    ]


async def test_cookie_is_hidden_from_scripts_and_other_sites(browser: Browser) -> None:
    context = browser.application.context
    settings = context.settings.changed(public_origin="https://shield.example")
    browser.application.app.state.context = replace(context, settings=settings)
    left = await _leave(browser)
    cookie = left.headers["set-cookie"]
    assert cookie.startswith(f"__Host-{COOKIE}=")
    assert cookie.endswith("; HttpOnly; Max-Age=600; Path=/; SameSite=strict; Secure")
    assert left.headers["cache-control"] == "no-store"
    browser.application.app.state.context = context


async def test_only_the_browser_that_began_comes_back(
    browser: Browser, other: Browser, provider: Provider
) -> None:
    """Otherwise one could be led into another person's login, or have one's code used by somebody else."""
    code, state = provider.log_in_at((await _leave(browser)).json()["address"])
    without = await _come_back(other, code, state)
    await _leave(other)
    with_its_own = await _come_back(other, code, state)
    for refused in (without, with_its_own):
        assert_refused(refused, "login_failed", 401)
    assert "portal" not in await _sent(browser.application)
    assert await _account(browser.application) is None
    # Neither attempt used up the state.
    assert (await _come_back(browser, code, state)).status_code == 201


async def test_code_of_another_login_is_refused(browser: Browser, other: Browser, provider: Provider) -> None:
    stolen, _ = provider.log_in_at((await _leave(browser)).json()["address"])
    left = (await _leave(other)).json()
    assert_refused(await _come_back(other, stolen, left["state"]), "login_failed", 401)
    assert await _account(browser.application) is None


async def test_code_and_state_are_valid_once_and_expire(browser: Browser, provider: Provider) -> None:
    token = (await _leave(browser)).cookies[COOKIE]
    left = (await _leave(browser)).json()
    code, state = provider.log_in_at(left["address"])
    assert (await _come_back(browser, code, state)).status_code == 201
    browser.http.cookies[COOKIE] = token
    failures = [await _come_back(browser, code, state)]
    fresh, _ = provider.log_in_at(left["address"])
    failures.append(await _come_back(browser, fresh, state))
    code, state = provider.log_in_at((await _leave(browser)).json()["address"])
    wrong = state[:-2] + ("BB" if state[-2:] == "AA" else "AA")
    failures.append(await _come_back(browser, code, wrong))
    browser.http.cookies[COOKIE] = "x" * 43
    failures.append(await _come_back(browser, code, state))
    browser.http.cookies[COOKIE] = "short"
    failures.append(await _come_back(browser, code, state))
    browser.http.cookies[COOKIE] = token
    browser.application.clock.advance(seconds=600)
    failures.append(await _come_back(browser, code, state))
    assert {(each.status_code, each.json()["code"]) for each in failures} == {(401, "login_failed")}


async def test_two_tabs_may_log_in_at_once(browser: Browser, provider: Provider) -> None:
    first, second = (await _leave(browser)).json(), (await _leave(browser)).json()
    assert first["state"] != second["state"]
    for left in (first, second):
        code, state = provider.log_in_at(left["address"])
        assert (await _come_back(browser, code, state)).status_code == 201
        browser.application.clock.advance(seconds=61)  # minimum pause between two SMS codes


async def test_phone_and_portal_logins_are_not_interchangeable(browser: Browser, provider: Provider) -> None:
    application, device = browser.application, browser.application.device()
    code, state = provider.log_in_at((await _leave(browser)).json()["address"])
    document = {"state": state, "code": code}
    refused = await device.call("POST", "/api/phone/outside-logins/finish", document)
    assert_refused(refused, "login_failed", 401)
    begun = await device.call("POST", "/api/phone/outside-logins", {"source": "customs"})
    code, state = provider.log_in_at(begun.json()["address"])
    assert_refused(await _come_back(browser, code, state), "login_failed", 401)
    assert await _account(application) is None


async def test_source_without_a_page_is_refused(browser: Browser) -> None:
    for source in ("single-window", "elsewhere", "local"):
        answer = await _leave(browser, source)
        assert_refused(answer, "invalid_request", 422)
        assert answer.json()["fields"] == ["source"]
        assert "set-cookie" not in answer.headers
    assert_refused(await browser.begin(changes={"source": "customs"}), "invalid_request", 422)


@pytest.mark.parametrize("path", ["/outside-logins", "/outside-logins/finish"])
async def test_a_plain_form_of_another_site_is_refused(browser: Browser, path: str) -> None:
    headers = {"Content-Type": "text/plain"}
    answer = await browser.http.post(API + path, content=b'{"source": "customs"}', headers=headers)
    assert (answer.status_code, answer.json()["field"]) == (400, "content-type")


async def test_other_person_is_refused_and_gets_no_code(browser: Browser, provider: Provider) -> None:
    provider.person |= {"name": "林知远", "id_number": "330206199001014217", "phone_number": "13800006027"}
    assert_refused(await _through_the_page(browser, provider), "not_legal_person", 403)
    assert "portal" not in await _sent(browser.application)


async def test_equal_phone_number_gives_no_access_to_another_account(
    browser: Browser, provider: Provider
) -> None:
    await browser.application.registered(LEGAL_PERSON)
    provider.person |= {"name": "林知远", "id_number": "330206199001014217"}
    assert_refused(await _through_the_page(browser, provider), "account_differs", 409)
    provider.person |= PERSON
    assert_refused(await _through_the_page(browser, provider), "account_here", 409)
    provider.person |= {"phone_number": "13900005098"}
    browser.application.clock.advance(seconds=61)
    assert_refused(await _through_the_page(browser, provider), "identity_unproven", 403)


async def test_disabled_account_is_told_so_in_both_steps(browser: Browser, provider: Provider) -> None:
    begun = (await _through_the_page(browser, provider)).json()
    code = await browser.application.sms_code("portal")
    await execute(
        browser.application.context.db,
        "UPDATE accounts SET state = 'disabled', disabled_at = 1, disabled_reason = 'x' WHERE source = 'customs'",
    )
    assert_refused(await browser.finish(begun, code), "account_disabled", 403)
    assert_refused(await _through_the_page(browser, provider), "account_disabled", 403)


async def test_impossible_data_make_no_account(browser: Browser, provider: Provider) -> None:
    provider.person["id_number"] = "330206197403183015"
    answer = await _through_the_page(browser, provider)
    assert_refused(answer, "account_data_refused", 424)
    assert "互联网+海关" in answer.json()["zh"]
    assert await _account(browser.application) is None


async def test_outage_is_reported(browser: Browser, provider: Provider) -> None:
    assert provider.server is not None
    provider.server.next[:] = [Reply(200, json.dumps({**provider.metadata(), "jwks_uri": 7}).encode())]
    refused = await _leave(browser)
    assert_refused(refused, "account_source_unavailable", 424)
    assert (await _through_the_page(browser, provider)).status_code == 201


async def test_a_token_that_is_for_another_login_is_refused(browser: Browser, provider: Provider) -> None:
    def forge(claims: dict[str, Any]) -> dict[str, Any]:
        return {**claims, "nonce": "another login"}

    provider.forge = forge
    assert_refused(await _through_the_page(browser, provider), "account_source_unavailable", 424)
    assert await _account(browser.application) is None


async def test_redirects_share_the_limit_of_the_phones(browser: Browser) -> None:
    device = browser.application.device()
    for _ in range(30):
        answer = await device.call("POST", "/api/phone/outside-logins", {"source": "customs"})
        assert answer.status_code == 201
    codes = [(await _leave(browser)).status_code for _ in range(31)]
    assert codes == [201] * 30 + [429]


async def test_sms_codes_are_sent_at_least_a_minute_apart(browser: Browser, provider: Provider) -> None:
    assert (await _through_the_page(browser, provider)).status_code == 201
    assert_refused(await _through_the_page(browser, provider), "sms_too_soon", 429)
