"""Invalid requests: reported to the client at an address known to be its own, otherwise to the person."""

import asyncio
import html
from typing import Final
from urllib.parse import urlencode

import httpx

from mshield.server.oidc.rules import PUSHED_MS
from tests.oidc.client import REDIRECT, Client, Page, challenge, sent
from tests.support.application import ORIGIN, Application
from tests.support.signing import fetch

_TOLD: Final[tuple[tuple[dict[str, str | None], str], ...]] = (
    ({"response_type": "token"}, "unsupported_response_type"),
    ({"response_type": "code id_token"}, "unsupported_response_type"),
    ({"response_type": None}, "unsupported_response_type"),
    ({"scope": "profile"}, "invalid_scope"),
    ({"scope": None}, "invalid_scope"),
    ({"code_challenge": None}, "invalid_request"),
    ({"code_challenge": "short"}, "invalid_request"),
    ({"code_challenge_method": "plain"}, "invalid_request"),
    ({"code_challenge_method": None}, "invalid_request"),
    ({"code_challenge": None, "code_challenge_method": None}, "invalid_request"),
    ({"prompt": "none"}, "login_required"),
    ({"prompt": "none login"}, "invalid_request"),
    ({"response_mode": "fragment"}, "invalid_request"),
    ({"response_mode": "form_post"}, "invalid_request"),
    ({"request": "eyJhbGciOiJub25lIn0.e30."}, "request_not_supported"),
)
_KEPT_HERE: Final[tuple[dict[str, str | None], ...]] = (
    {"client_id": None},
    {"client_id": "bs-unknown"},
    {"client_id": "'; --"},
    {"redirect_uri": None},
    {"redirect_uri": f"{REDIRECT}/"},
    {"redirect_uri": f"{REDIRECT}?x=1"},
    {"redirect_uri": REDIRECT.upper()},
    {"redirect_uri": "https://evil.example/callback"},
    {"redirect_uri": "javascript:alert(1)"},
    {"redirect_uri": 'https://evil.example/"><script>'},
    {"redirect_uri": "https://evil.example/一"},
    {"redirect_uri": "https://evil.example/", "prompt": "none"},
    {"redirect_uri": "https://evil.example/", "response_type": "token"},
    {"response_type": 'x"\\'},
    {"state": "\N{CJK UNIFIED IDEOGRAPH-4E00}"},
    {"state": "a\nb"},
    {"scope": 'openid "'},
    {"max_age": "-1"},
    {"max_age": "1.5"},
    {"max_age": "60s"},
    {"max_age": "\N{FULLWIDTH DIGIT SIX}"},
    {"request_uri": "https://evil.example/request"},
    {"request_uri": "urn:ietf:params:oauth:request_uri:unknown"},
)


async def test_errors_reported_to_the_client(client: Client, browser: httpx.AsyncClient) -> None:
    for changed, error in _TOLD:
        back = sent(await client.authorize(browser, **changed))
        assert (back["error"], back["state"], back["iss"]) == (error, "a state", ORIGIN), changed
        assert "code" not in back


async def test_another_response_type_is_refused_in_one_sentence(
    client: Client, browser: httpx.AsyncClient
) -> None:
    said = "The 'response_type' must be 'code'."
    for kind in ("token", None):
        assert sent(await client.authorize(browser, response_type=kind))["error_description"] == said
        answer = await client.authorize(browser, response_type=kind, redirect_uri="https://evil.example/")
        assert f"unsupported_response_type: {said}" in html.unescape(answer.text)


async def test_errors_shown_on_our_own_page(client: Client, browser: httpx.AsyncClient) -> None:
    for changed in _KEPT_HERE:
        answer = await client.authorize(browser, **changed)
        assert answer.status_code == 400, changed
        assert answer.headers["content-type"] == "text/html; charset=utf-8"
        assert "default-src 'none'" in answer.headers["content-security-policy"]
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert "login_refused" in answer.text or "login_over" in answer.text
        assert "<script>" not in answer.text
        assert "set-cookie" not in answer.headers


async def test_an_error_page_speaks_one_language_and_leads_to_its_own_help(
    client: Client, browser: httpx.AsyncClient
) -> None:
    chinese = await client.authorize(browser, redirect_uri="https://elsewhere.example/cb")
    assert "无法登录" in chinese.text
    assert "Can't log in" not in html.unescape(chinese.text)
    english = await client.authorize(browser, redirect_uri="https://elsewhere.example/cb", ui_locales="en")
    text = html.unescape(english.text)
    assert "Can't log in" in text
    assert "无法登录" not in text
    assert "/app/faq/3.1" not in text  # that entry is about network failures
    assert 'href="/problems/login_refused?lang=en"' in text
    help_ = html.unescape((await browser.get("/problems/login_refused?lang=en")).text)
    assert "log in from the start" in help_
    assert "faq" not in help_


async def test_a_repeated_parameter_is_refused(client: Client, browser: httpx.AsyncClient) -> None:
    given = client.parameters(
        prompt="login", max_age="60", ui_locales="zh", acr_values="a", response_mode="query"
    )
    auth = (client.application.client_id, client.application.client_secret)
    for name, value in given.items():
        pairs = [*given.items(), (name, value)]
        answer = await browser.get("/oidc/authorize?" + urlencode(pairs))
        assert answer.status_code == 400, name
        form = {each: [value, value] if each == name else [value] for each, value in given.items()}
        answer = await client.application.http.post("/oidc/par", data=form, auth=auth)
        assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request"), name
    # An empty parameter counts as omitted, and unknown ones are ignored.
    ignored = [*given.items(), ("nonce", ""), ("x", "1"), ("x", "2")]
    assert (await browser.get("/oidc/authorize?" + urlencode(ignored))).status_code == 200


async def test_unknown_parameters_are_ignored(client: Client, browser: httpx.AsyncClient) -> None:
    answer = await client.authorize(
        browser, login_hint="林知远", max_age="0", acr_values="urn:x", prompt="login", claims="{}"
    )
    page = Page.of(answer)
    assert page.request_id
    assert 'lang="zh-CN"' in answer.text
    assert 'lang="en"' in (await client.authorize(browser, ui_locales="fr en-GB zh")).text


async def test_request_by_form_is_accepted(client: Client, browser: httpx.AsyncClient) -> None:
    answer = await browser.post("/oidc/authorize", data=client.parameters())
    assert Page.of(answer).request_id
    assert (await browser.post("/oidc/authorize", json=client.parameters())).status_code == 400


async def test_page_lets_nothing_foreign_in(client: Client, browser: httpx.AsyncClient) -> None:
    headers = (await client.authorize(browser)).headers
    assert "script-src 'self'" in headers["content-security-policy"]
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert (headers["referrer-policy"], headers["cache-control"]) == ("no-referrer", "no-store")
    assert "access-control-allow-origin" not in headers


async def test_logins_are_limited_per_address(application: Application, client: Client) -> None:
    most = application.context.settings.requests.requests_per_address
    async with client.browser() as browser:
        answers = [(await client.authorize(browser)).status_code for _ in range(most + 1)]
    assert answers == [200] * most + [429]


# ---- pushed requests (RFC 9126) ----


async def test_a_pushed_request_begins_one_login_in_one_browser(
    client: Client, browser: httpx.AsyncClient
) -> None:
    answer = await client.push()
    assert (answer.status_code, answer.json()["expires_in"]) == (201, 60)
    assert answer.headers["cache-control"] == "no-store"
    page = Page.of(await browser.get(client.pushed(answer)))
    # The same browser may load it again, another one may not.
    assert Page.of(await browser.get(client.pushed(answer))) == page
    async with client.browser() as other:
        assert (await other.get(client.pushed(answer))).status_code == 400


async def test_pushed_request_over_a_limit_starts_later(application: Application, client: Client) -> None:
    async with client.browser() as others:
        for _ in range(application.context.settings.requests.requests_per_address):
            assert (await client.authorize(others)).status_code == 200
    application.clock.advance(seconds=30)
    pushed = client.pushed(await client.push())
    async with client.browser() as browser:
        refused = await browser.get(pushed)
        assert refused.status_code == 429
        wait = int(refused.headers["retry-after"])
        assert wait <= 30
        application.clock.advance(seconds=wait)
        page = Page.of(await browser.get(pushed))
        assert Page.of(await browser.get(pushed)) == page
        async with client.browser() as other:
            assert (await other.get(pushed)).status_code == 400


async def test_pushed_request_starts_in_one_of_two_browsers(application: Application, client: Client) -> None:
    pushed = client.pushed(await client.push())
    async with client.browser() as one, client.browser() as other:
        browsers = (one, other)
        answers = await asyncio.gather(*(browser.get(pushed) for browser in browsers))
        assert sorted(answer.status_code for answer in answers) == [200, 400]
        for browser, answer in zip(browsers, answers, strict=True):
            assert (await browser.get(pushed)).status_code == answer.status_code
    row = await fetch(
        application.context.db,
        "SELECT SUM(CASE WHEN state = 'waiting' THEN 1 ELSE 0 END) AS waiting FROM requests",
    )
    assert row["waiting"] == 1  # the losing browser's request is cancelled


async def test_pushed_request_expires_after_a_minute(
    application: Application, client: Client, browser: httpx.AsyncClient
) -> None:
    answer = await client.push()
    application.clock.advance(seconds=PUSHED_MS / 1000)
    assert (await browser.get(client.pushed(answer))).status_code == 400


async def test_pushed_request_ignores_later_parameters(client: Client, browser: httpx.AsyncClient) -> None:
    answer = await client.push()
    changed = client.pushed(answer) + "&" + urlencode({"redirect_uri": "https://evil.example/"})
    page = Page.of(await browser.get(changed))
    assert sent(await browser.get(page.cancel))["error"] == "access_denied"


async def test_wrong_pushes_are_refused(client: Client) -> None:
    application = client.application
    wrong_pushes: tuple[tuple[dict[str, str | None], str], ...] = (
        *_TOLD,
        ({"redirect_uri": "https://evil.example/"}, "invalid_request"),
        ({"client_id": "bs-other"}, "unauthorized_client"),
        ({"request_uri": "urn:ietf:params:oauth:request_uri:x"}, "invalid_request"),
        ({"state": "\n"}, "invalid_request"),
        ({"max_age": "-1"}, "invalid_request"),
    )
    for changed, error in wrong_pushes:
        answer = await client.push(**changed)
        assert (answer.status_code, answer.json()["error"]) == (400, error), changed
    answer = await application.http.post("/oidc/par", data=client.parameters())
    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")
    wrong = (application.client_id, "wrong")
    answer = await application.http.post("/oidc/par", data=client.parameters(), auth=wrong)
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"].startswith("Basic ")


async def test_client_may_require_pushed_requests(client: Client, browser: httpx.AsyncClient) -> None:
    await client.register(par_required=True)
    client.application.clock.advance(seconds=6)
    assert sent(await client.authorize(browser))["error"] == "invalid_request"
    assert Page.of(await browser.get(client.pushed(await client.push()))).request_id


async def test_s256_matches_the_standard() -> None:
    # RFC 7636, appendix B.
    assert (
        challenge("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk")
        == "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
    )
