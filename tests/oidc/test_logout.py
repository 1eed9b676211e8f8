"""RP-initiated logout: the token ends, and the browser is sent only to a registered address."""

import base64
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest

from tests.oidc.client import LOGOUT, REDIRECT, Client, Page, sent, sign
from tests.support.shield_over_http import Shield


@pytest.fixture
async def tokens(client: Client, browser: httpx.AsyncClient, shield: Shield) -> dict[str, Any]:
    page = Page.of(await client.authorize(browser))
    await sign(shield, page)
    found: dict[str, Any] = (await client.token(sent(await browser.get(page.done))["code"])).json()
    return found


def _token(head: str) -> str:
    return base64.urlsafe_b64encode(head.encode()).rstrip(b"=").decode() + ".e30.AAAA"


async def _log_out(browser: httpx.AsyncClient, **parameters: str) -> httpx.Response:
    return await browser.get("/oidc/logout?" + urlencode(parameters))


async def test_logout_redirects_at_once_and_ends_the_token(
    client: Client, browser: httpx.AsyncClient, tokens: dict[str, Any]
) -> None:
    client.application.clock.advance(seconds=660)  # the ID token has expired, but still identifies the client
    answer = await _log_out(
        browser, id_token_hint=tokens["id_token"], post_logout_redirect_uri=LOGOUT, state="s"
    )
    assert (answer.status_code, answer.headers["location"]) == (303, f"{LOGOUT}?state=s")


async def test_logout_ends_the_token(
    client: Client, browser: httpx.AsyncClient, tokens: dict[str, Any]
) -> None:
    assert (await client.user_info(tokens["access_token"])).status_code == 200
    data = {"id_token_hint": tokens["id_token"], "client_id": client.application.client_id}
    answer = await browser.post("/oidc/logout", data=data)
    assert (answer.status_code, "href" in answer.text) == (200, True)
    assert (await client.user_info(tokens["access_token"])).status_code == 401


async def test_an_address_that_is_not_registered(
    client: Client, browser: httpx.AsyncClient, tokens: dict[str, Any]
) -> None:
    for address in ("https://evil.example/", LOGOUT + "x", REDIRECT):
        answer = await _log_out(browser, id_token_hint=tokens["id_token"], post_logout_redirect_uri=address)
        assert (answer.status_code, address in answer.text) == (200, False)


async def test_logout_without_a_hint_shows_a_link(client: Client, browser: httpx.AsyncClient) -> None:
    known = client.application.client_id
    answer = await _log_out(browser, client_id=known, post_logout_redirect_uri=LOGOUT)
    assert answer.status_code == 200
    assert f'href="{LOGOUT}"' in answer.text
    answer = await _log_out(browser, client_id=known, post_logout_redirect_uri="https://evil.example/")
    assert "evil" not in answer.text
    answer = await _log_out(browser, client_id="\0", post_logout_redirect_uri=LOGOUT)
    assert (answer.status_code, LOGOUT in answer.text) == (200, False)
    assert (await _log_out(browser)).status_code == 200


@pytest.mark.parametrize("at_once", [False, True])
async def test_hint_signed_by_a_dropped_key_counts_as_none(
    client: Client, browser: httpx.AsyncClient, tokens: dict[str, Any], *, at_once: bool
) -> None:
    keys, clock = client.application.context.oidc.keys, client.application.clock
    await keys.rotate(clock(), at_once=at_once)
    if not at_once:  # a day until the next key signs, another until the old one is dropped
        clock.advance(seconds=2 * 86_400 + 60)
        await keys.keep(clock(), days=90)
    hint, known = tokens["id_token"], client.application.client_id
    answer = await _log_out(browser, id_token_hint=hint, client_id=known, post_logout_redirect_uri=LOGOUT)
    assert (answer.status_code, f'href="{LOGOUT}"' in answer.text) == (200, True)
    answer = await _log_out(browser, id_token_hint=hint, post_logout_redirect_uri=LOGOUT)
    assert (answer.status_code, LOGOUT in answer.text) == (200, False)


async def test_forged_hint_under_a_dropped_key_ends_nothing(
    client: Client, browser: httpx.AsyncClient, tokens: dict[str, Any]
) -> None:
    _, body, signature = tokens["id_token"].split(".")
    head = _token('{"alg":"ES256","kid":"gone"}').partition(".")[0]
    answer = await _log_out(
        browser, id_token_hint=f"{head}.{body}.{signature}", post_logout_redirect_uri=LOGOUT, state="s"
    )
    assert (answer.status_code, LOGOUT in answer.text) == (200, False)
    assert (await client.user_info(tokens["access_token"])).status_code == 200


async def test_hint_of_another_client_is_refused(
    client: Client, browser: httpx.AsyncClient, tokens: dict[str, Any]
) -> None:
    other, _ = await client.other()
    head, body, _ = tokens["id_token"].split(".")
    for hint, asking in (
        (tokens["id_token"], other),
        (f"{head}.{body}.AAAA", ""),
        ("x", ""),
        ("e30.e30.", ""),
        (_token('["alg"]'), ""),
        (_token('{"alg":"ES256","kid":1}'), ""),
    ):
        answer = await _log_out(
            browser, id_token_hint=hint, client_id=asking, post_logout_redirect_uri=LOGOUT
        )
        assert (answer.status_code, "logout_refused" in answer.text) == (400, True)
    assert (await client.user_info(tokens["access_token"])).status_code == 200
