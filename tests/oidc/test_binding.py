"""The login belongs to one browser: the status token, the request's id or the code alone give no access."""

import asyncio
from typing import Final

import httpx
import pytest

from mshield.server.certificates.rules.states import CertificateEvent
from mshield.server.oidc.rules import AUTHORIZATION_MS, CODE_MS, TOKEN_MS
from tests.oidc.client import REDIRECT, Client, Page, decline, scan, sent, sign
from tests.support.application import ORIGIN, Application
from tests.support.issuing import change
from tests.support.shield_over_http import Shield
from tests.support.signing import fetch

_OVER = "这次登录已经结束"


async def test_only_the_browser_that_began_gets_the_code(
    client: Client, browser: httpx.AsyncClient, shield: Shield
) -> None:
    page = Page.of(await client.authorize(browser))
    await sign(shield, page)
    async with client.browser() as thief:
        # The thief has everything on the page: address, request, status token; and a cookie of their own
        # login.
        Page.of(await client.authorize(thief))
        name = next(iter(browser.cookies.keys()))
        own = next(iter(thief.cookies.values()))
        for cookies in ({}, {name: own}, {name: page.token}):
            thief.cookies.update(cookies)
            for address in (page.done, page.again, page.cancel):
                answer = await thief.get(address)
                assert (answer.status_code, _OVER in answer.text) == (400, True)
    assert sent(await browser.get(page.done))["code"]


async def test_status_token_can_only_watch(
    client: Client, browser: httpx.AsyncClient, shield: Shield
) -> None:
    page = Page.of(await client.authorize(browser))
    bearer = {"Authorization": f"Bearer {page.token}"}
    watched = await client.application.http.get(f"/api/pc/requests/{page.request_id}", headers=bearer)
    assert watched.json()["state"] == "waiting"
    for call in ("/oidc/userinfo", f"/api/business/requests/{page.request_id}/result"):
        assert (await client.application.http.get(call, headers=bearer)).status_code == 401
    await sign(shield, page)
    assert sent(await browser.get(page.done))["code"]


async def test_cookie_is_for_this_browser_and_no_script(client: Client, browser: httpx.AsyncClient) -> None:
    cookie = (await client.authorize(browser)).headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    assert "Path=/" in cookie
    assert "Domain" not in cookie


async def test_no_code_before_the_signature(
    client: Client, browser: httpx.AsyncClient, shield: Shield
) -> None:
    page = Page.of(await client.authorize(browser))
    assert Page.of(await browser.get(page.done)).request_id == page.request_id
    await scan(shield, page)
    assert Page.of(await browser.get(page.done)).request_id == page.request_id
    assert Page.of(await browser.get(page.again)).request_id == page.request_id


async def test_lost_answer_is_repeated_with_a_new_code(
    client: Client, browser: httpx.AsyncClient, shield: Shield
) -> None:
    page = Page.of(await client.authorize(browser))
    await sign(shield, page)
    cookies = dict(browser.cookies)
    lost = sent(await browser.get(page.done))["code"]
    browser.cookies.update(cookies)  # the answer that replaced the cookie was lost
    again = sent(await browser.get(page.done))["code"]
    assert (await client.token(lost)).json()["error"] == "invalid_grant"
    assert (await client.token(again)).status_code == 200
    browser.cookies.update(cookies)
    assert (await browser.get(page.done)).status_code == 400


async def test_concurrent_token_calls_have_one_winner(
    client: Client, browser: httpx.AsyncClient, shield: Shield
) -> None:
    page = Page.of(await client.authorize(browser))
    await sign(shield, page)
    code = sent(await browser.get(page.done))["code"]
    answers = await asyncio.gather(*(client.token(code) for _ in range(5)))
    assert sorted(answer.status_code for answer in answers) == [200, 400, 400, 400, 400]
    (token,) = (answer.json()["access_token"] for answer in answers if answer.is_success)
    assert (await client.user_info(token)).status_code == 401  # the other calls were repeats


async def test_database_read_access_gives_no_tokens(
    application: Application, client: Client, browser: httpx.AsyncClient, shield: Shield
) -> None:
    page = Page.of(await client.authorize(browser))
    await sign(shield, page)
    secret = next(iter(browser.cookies.values()))
    code = sent(await browser.get(page.done))["code"]
    token = (await client.token(code)).json()["access_token"]
    row = await fetch(application.context.db, "SELECT * FROM oidc_authorizations")
    stored = repr(sorted(row.items()))
    for known in (secret, code, token, page.token):
        assert known not in stored


async def test_repeated_code_revokes_its_token(
    client: Client, browser: httpx.AsyncClient, shield: Shield
) -> None:
    page = Page.of(await client.authorize(browser))
    await sign(shield, page)
    code = sent(await browser.get(page.done))["code"]
    token = (await client.token(code)).json()["access_token"]
    assert (await client.user_info(token)).status_code == 200
    assert (await client.token(code)).json()["error"] == "invalid_grant"
    assert (await client.user_info(token)).status_code == 401


async def test_wrong_token_requests_are_refused(
    client: Client, browser: httpx.AsyncClient, shield: Shield
) -> None:
    page = Page.of(await client.authorize(browser))
    await sign(shield, page)
    cookies = dict(browser.cookies)
    for changed, error, spent in _WRONG:
        browser.cookies.update(cookies)
        code = sent(await browser.get(page.done))["code"]
        answer = await client.token(code, **changed)
        assert (answer.status_code, answer.json()["error"]) == (400, error), changed
        assert answer.headers["cache-control"] == "no-store"
        if spent:  # otherwise a thief could try verifiers
            assert (await client.token(code)).json()["error"] == "invalid_grant", changed
            client.application.clock.advance(seconds=31)
            page = Page.of(await client.authorize(browser))
            await sign(shield, page)
            cookies = dict(browser.cookies)


_WRONG: Final[tuple[tuple[dict[str, str | None], str, bool], ...]] = (
    ({"grant_type": "refresh_token"}, "unsupported_grant_type", False),
    ({"grant_type": None}, "unsupported_grant_type", False),
    ({"code": None}, "invalid_request", False),
    ({"code": "x" * 43}, "invalid_grant", False),
    ({"code_verifier": "w" * 43}, "invalid_grant", True),
    ({"code_verifier": None}, "invalid_request", True),
    ({"code_verifier": "short"}, "invalid_request", True),
    ({"redirect_uri": f"{REDIRECT}/"}, "invalid_grant", True),
    ({"redirect_uri": None}, "invalid_grant", True),
)
"""The fault, the answer, and whether it consumes the code."""


async def test_code_of_another_client_is_refused(
    application: Application, client: Client, browser: httpx.AsyncClient, shield: Shield
) -> None:
    other = await client.other()
    page = Page.of(await client.authorize(browser))
    await sign(shield, page)
    back = sent(await browser.get(page.done))
    assert back["iss"] == ORIGIN  # lets a client of several providers detect a mix-up (RFC 9207)
    data = {
        "grant_type": "authorization_code",
        "code": back["code"],
        "redirect_uri": REDIRECT,
        "code_verifier": "v" * 43,
    }
    answer = await application.http.post("/oidc/token", data=data, auth=other)
    assert answer.json()["error"] == "invalid_grant"
    assert (await client.token(back["code"])).status_code == 200  # the other client couldn't consume it


async def test_codes_and_tokens_expire(
    application: Application, client: Client, browser: httpx.AsyncClient, shield: Shield
) -> None:
    clock = application.clock
    page = Page.of(await client.authorize(browser))
    await sign(shield, page)
    code = sent(await browser.get(page.done))["code"]
    clock.advance(seconds=CODE_MS / 1000)
    assert (await client.token(code)).json()["error"] == "invalid_grant"

    page = Page.of(await client.authorize(browser))
    await sign(shield, page)
    token = (await client.token(sent(await browser.get(page.done))["code"])).json()["access_token"]
    clock.advance(seconds=TOKEN_MS / 1000 - 1)
    assert (await client.user_info(token)).status_code == 200
    clock.advance(seconds=1)
    assert (await client.user_info(token)).status_code == 401

    page = Page.of(await client.authorize(browser))
    clock.advance(seconds=AUTHORIZATION_MS / 1000)
    assert _OVER in (await browser.get(page.again)).text


async def test_an_expired_code_is_replaced_in_the_same_login(
    application: Application, client: Client, browser: httpx.AsyncClient, shield: Shield
) -> None:
    page = Page.of(await client.authorize(browser))
    application.clock.advance(seconds=121)
    assert Page.of(await browser.get(page.done)).request_id == page.request_id
    renewed = Page.of(await browser.get(page.again))
    assert renewed.request_id != page.request_id
    assert renewed.done == page.done
    await sign(shield, renewed)
    assert (await client.token(sent(await browser.get(page.done))["code"])).status_code == 200


@pytest.mark.parametrize("way", ["done", "again", "cancel"])
async def test_r15_not_me_ends_the_login_and_is_reported(
    client: Client, browser: httpx.AsyncClient, shield: Shield, way: str
) -> None:
    page = Page.of(await client.authorize(browser))
    await decline(shield, page, "not_me")
    back = sent(await browser.get(getattr(page, way)))
    assert back["error"] == "access_denied"
    assert back["error_description"] == "The person reported that they did not begin this login."
    assert (back["state"], back["iss"]) == ("a state", ORIGIN)
    assert (await browser.get(page.done)).status_code == 400


async def test_declined_login_can_be_left_or_repeated(
    client: Client, browser: httpx.AsyncClient, shield: Shield
) -> None:
    page = Page.of(await client.authorize(browser))
    await decline(shield, page, "declined")
    assert Page.of(await browser.get(page.done)).request_id == page.request_id
    again = Page.of(await browser.get(page.again))
    assert again.request_id != page.request_id
    await decline(shield, again, "declined")
    back = sent(await browser.get(page.cancel))
    assert (back["error"], back["error_description"]) == ("access_denied", "The person declined.")


async def test_unknown_login_is_refused(client: Client, browser: httpx.AsyncClient) -> None:
    for name in ("a;b", "\n", "x" * 36, "一" * 36, "0" * 36, ""):
        for way in ("done", "again", "cancel"):
            answer = await browser.get(f"/oidc/authorize/{way}", params={"a": name})
            assert (answer.status_code, _OVER in answer.text) == (400, True), name
        back = sent(await client.authorize(browser, prompt="none", a=name))
        assert back["error"] == "login_required"


async def test_removed_redirect_address_is_refused(
    application: Application, client: Client, browser: httpx.AsyncClient, shield: Shield
) -> None:
    page = Page.of(await client.authorize(browser))
    await sign(shield, page)
    await client.register(redirect_uris=("https://singlewindow.example/other",))
    application.clock.advance(seconds=6)
    for address in (page.cancel, page.done):
        assert _OVER in (await browser.get(address)).text


async def test_cancelled_login_gives_no_code(
    application: Application, client: Client, browser: httpx.AsyncClient, shield: Shield
) -> None:
    page = Page.of(await client.authorize(browser))
    back = sent(await browser.get(page.cancel))
    assert (back["error"], back["state"]) == ("access_denied", "a state")
    watched = await application.business("GET", f"/api/business/requests/{page.request_id}")
    assert watched.json()["state"] == "cancelled"


async def test_held_certificate_ends_userinfo(
    application: Application, client: Client, browser: httpx.AsyncClient, shield: Shield
) -> None:
    page = Page.of(await client.authorize(browser))
    await sign(shield, page)
    token = (await client.token(sent(await browser.get(page.done))["code"])).json()["access_token"]
    application.clock.advance(seconds=31)
    page = Page.of(await client.authorize(browser))
    await sign(shield, page)
    code = sent(await browser.get(page.done))["code"]
    await _hold(application)
    answer = await client.user_info(token)
    assert answer.status_code == 401
    assert 'error="invalid_token"' in answer.headers["www-authenticate"]
    assert (await client.token(code)).json()["error"] == "invalid_grant"


async def _hold(application: Application) -> None:
    db = application.context.db
    row = await fetch(db, "SELECT serial FROM certificates WHERE state = 'active'")
    await change(db, str(row["serial"]), CertificateEvent.REPORT_LOSS, now=application.clock())
