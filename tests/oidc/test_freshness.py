"""A login gives its code soon after the signature, or never: the signer may have left an open browser."""

import re

import httpx
import pytest

from mshield.server.oidc.rules import FRESH_MS, LEAST_FRESH_MS
from tests.oidc.client import Client, Page, sent, sign
from tests.support.application import ORIGIN, Application
from tests.support.cases import cases
from tests.support.shield_over_http import Shield

_FRESH = FRESH_MS / 1000
_LEAST = LEAST_FRESH_MS / 1000
_TITLES = {"zh": "请重新扫码", "en": "Please scan again"}


def _again(answer: httpx.Response, language: str = "zh") -> str:
    """Returns the link of the page shown for a login that was signed too long ago."""
    assert answer.status_code == 200, answer.text
    assert _TITLES[language] in answer.text
    assert "code=" not in answer.text
    found = re.search(rf'href="({ORIGIN}/oidc/authorize/again\?a=[^"]+)"', answer.text)
    assert found is not None, answer.text
    return found[1]


@pytest.mark.parametrize("language", ["zh", "en"])
async def test_login_signed_three_minutes_ago_needs_another_scan(
    application: Application, client: Client, browser: httpx.AsyncClient, shield: Shield, language: str
) -> None:
    page = Page.of(await client.authorize(browser, ui_locales=language))
    await sign(shield, page)
    application.clock.advance(seconds=180)
    again = _again(await browser.get(page.done), language)
    assert again == _again(await browser.get(page.done), language)
    renewed = Page.of(await browser.get(again))
    assert renewed.request_id != page.request_id
    assert Page.of(await browser.get(again)).request_id == renewed.request_id
    assert Page.of(await browser.get(page.done)).request_id == renewed.request_id
    await sign(shield, renewed)
    tokens = (await client.token(sent(await browser.get(page.done))["code"])).json()
    claims = await client.claims(tokens["id_token"])
    assert claims["auth_time"] == application.clock() // 1000


async def test_cancelling_a_stale_login_returns_without_a_code(
    application: Application, client: Client, browser: httpx.AsyncClient, shield: Shield
) -> None:
    page = Page.of(await client.authorize(browser))
    await sign(shield, page)
    application.clock.advance(seconds=180)
    back = sent(await browser.get(page.cancel))
    assert (back["error"], back["state"]) == ("access_denied", "a state")


@cases(
    ("max_age", "seconds"),
    [(None, _FRESH), ("3600", _FRESH), ("999999999", _FRESH), ("60", 60), ("0", _LEAST), ("1", _LEAST)],
)
@cases("by", ["link", "push"])
async def test_the_code_is_given_within_max_age_and_no_longer(
    application: Application,
    client: Client,
    browser: httpx.AsyncClient,
    shield: Shield,
    *,
    max_age: str | None,
    seconds: float,
    by: str,
) -> None:
    for wait, gives in ((seconds, True), (seconds + 0.001, False)):
        if by == "link":
            page = Page.of(await client.authorize(browser, max_age=max_age))
        else:
            page = Page.of(await browser.get(client.pushed(await client.push(max_age=max_age))))
        await sign(shield, page)
        application.clock.advance(seconds=wait)
        answer = await browser.get(page.done)
        if gives:
            assert (await client.token(sent(answer)["code"])).status_code == 200
        else:
            _again(answer)
        application.clock.advance(seconds=61)


async def test_max_age_of_a_minute_refuses_the_code_after_ninety_seconds(
    application: Application, client: Client, browser: httpx.AsyncClient, shield: Shield
) -> None:
    page = Page.of(await client.authorize(browser, max_age="60"))
    await sign(shield, page)
    application.clock.advance(seconds=90)
    renewed = Page.of(await browser.get(_again(await browser.get(page.done))))
    await sign(shield, renewed)
    assert sent(await browser.get(renewed.done))["code"]


async def test_issued_code_is_repeated_for_its_own_minute(
    application: Application, client: Client, browser: httpx.AsyncClient, shield: Shield
) -> None:
    page = Page.of(await client.authorize(browser))
    await sign(shield, page)
    application.clock.advance(seconds=_FRESH)
    cookies = dict(browser.cookies)
    sent(await browser.get(page.done))
    browser.cookies.update(cookies)  # the answer that replaced the cookie was lost
    application.clock.advance(seconds=30)
    assert (await client.token(sent(await browser.get(page.done))["code"])).status_code == 200
