"""Userinfo's answers to missing, malformed and invalid tokens (RFC 6750, 3)."""

import httpx

from tests.oidc.client import Client, Page, sent, sign
from tests.support.application import Application
from tests.support.cases import cases
from tests.support.shield_over_http import Shield


async def _answer(application: Application, authorization: str | None) -> tuple[int, str, object]:
    headers = {} if authorization is None else {"Authorization": authorization}
    answer = await application.http.get("/oidc/userinfo", headers=headers)
    assert answer.headers["cache-control"] == "no-store"
    return answer.status_code, answer.headers["www-authenticate"], answer.json()


@cases("authorization", [None, "", "Basic YTpi", "DPoP x", "bearerx y"])
async def test_missing_token_gets_the_scheme_and_no_error(
    application: Application, authorization: str | None
) -> None:
    assert await _answer(application, authorization) == (401, "Bearer", {})


@cases("authorization", ["Bearer", "Bearer ", "Bearer a b", 'Bearer "x"', "Bearer =", "Bearer ä"])
async def test_malformed_token_is_an_invalid_request(application: Application, authorization: str) -> None:
    answer = await application.http.get(
        "/oidc/userinfo", headers=[(b"Authorization", authorization.encode())]
    )
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")
    assert answer.headers["www-authenticate"].startswith('Bearer error="invalid_request"')


async def test_invalid_token_is_refused(application: Application) -> None:
    status, challenge, body = await _answer(application, "Bearer " + "x" * 43)
    assert (status, challenge.startswith('Bearer error="invalid_token", error_description="')) == (401, True)
    assert isinstance(body, dict)
    assert body["error"] == "invalid_token"


async def test_scheme_is_accepted_in_any_case(
    client: Client, browser: httpx.AsyncClient, shield: Shield
) -> None:
    page = Page.of(await client.authorize(browser))
    await sign(shield, page)
    token = (await client.token(sent(await browser.get(page.done))["code"])).json()["access_token"]
    for scheme in ("Bearer", "bearer", "BEARER"):
        headers = {"Authorization": f"{scheme} {token}"}
        assert (await client.application.http.get("/oidc/userinfo", headers=headers)).status_code == 200
