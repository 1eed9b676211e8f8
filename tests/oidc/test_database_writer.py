"""Write access to the database doesn't give anybody another person's signature, name, code or token."""

import httpx
import pytest

from mshield.wire.tokens import token_hash
from tests.oidc.client import Client, Page, sent, sign
from tests.support.intruder import Intruder
from tests.support.shield_over_http import Shield


async def signed(client: Client, browser: httpx.AsyncClient, shield: Shield) -> Page:
    """Returns the page of a login that a person has signed."""
    page = Page.of(await client.authorize(browser))
    await sign(shield, page)
    return page


async def test_attackers_browser_gets_no_code_by_an_earlier_signature(
    client: Client, browser: httpx.AsyncClient, shield: Shield, intruder: Intruder
) -> None:
    theirs = await signed(client, browser, shield)
    async with client.browser() as other:
        own = Page.of(await client.authorize(other))
        intruder.run(
            "UPDATE oidc_authorizations SET request_id = ? WHERE request_id = ?",
            theirs.request_id,
            own.request_id,
        )
        answer = await other.get(own.done)
    assert answer.status_code == 409
    assert answer.headers["content-type"].startswith("text/html")
    assert "record_changed" in answer.text
    assert "location" not in answer.headers


@pytest.mark.parametrize("column", ["person_id", "common_name", "organisation", "credit_code", "role"])
async def test_briefly_renamed_certificate_gives_no_tokens(
    client: Client, browser: httpx.AsyncClient, shield: Shield, intruder: Intruder, column: str
) -> None:
    page = await signed(client, browser, shield)
    code = sent(await browser.get(page.done))["code"]
    intruder.run(f"UPDATE certificates SET {column} = 'legal_person'")  # noqa: S608  # named above
    assert (await client.token(code)).json()["code"] == "record_changed"


async def test_signature_of_another_key_is_refused(
    client: Client, browser: httpx.AsyncClient, shield: Shield, intruder: Intruder
) -> None:
    page = await signed(client, browser, shield)
    code = sent(await browser.get(page.done))["code"]
    intruder.run("UPDATE signatures SET uid = ?", b"\1" * 16)
    assert (await client.token(code)).json()["code"] == "record_changed"


async def test_code_and_token_are_bound_to_their_login(
    client: Client, browser: httpx.AsyncClient, shield: Shield, intruder: Intruder
) -> None:
    theirs = await signed(client, browser, shield)
    async with client.browser() as other:
        own = await signed(client, other, shield)
        code = sent(await other.get(own.done))["code"]
    await browser.get(theirs.done)
    put = "UPDATE oidc_authorizations SET {0} = ? WHERE request_id = ?"
    intruder.run("UPDATE oidc_authorizations SET code_hash = NULL WHERE request_id = ?", own.request_id)
    intruder.run(put.format("code_hash"), token_hash(code), theirs.request_id)
    assert (await client.token(code)).status_code == 400

    async with client.browser() as other:
        own = await signed(client, other, shield)
        token = (await client.token(sent(await other.get(own.done))["code"])).json()["access_token"]
    assert (await client.user_info(token)).status_code == 200
    intruder.run("UPDATE oidc_authorizations SET token_hash = NULL WHERE request_id = ?", own.request_id)
    intruder.run(put.format("state = 'used', token_hash"), token_hash(token), theirs.request_id)
    assert (await client.user_info(token)).status_code == 401
