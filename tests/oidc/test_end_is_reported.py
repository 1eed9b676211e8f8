"""The business system's own server is notified how a login ended, whatever the starting browser does.

In an attack that browser is the attacker's, so the notification must not depend on its next call.
"""

import json
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from urllib.parse import urlencode

import httpx
import pytest

from mshield.client import Event
from tests.oidc.client import Client, Page, challenge, decline, sign
from tests.support.application import Application
from tests.support.clock import Clock
from tests.support.outside_systems import OutsideServer, Reply, serving
from tests.support.shield_over_http import Shield
from tests.support.signing import fetch
from tests.support.webhook_receivers import Hooked, hooked


@pytest.fixture
async def hook(database_url: str, tmp_path: Path, clock: Clock) -> AsyncIterator[Hooked]:
    async with hooked(database_url, tmp_path, clock) as made:
        yield made


@pytest.fixture
def application(hook: Hooked) -> Application:
    """The application whose webhooks may go to this machine."""
    return hook.application


@pytest.fixture
def receiver() -> Iterator[OutsideServer]:
    with serving(lambda _: Reply()) as server:
        yield server


async def _told(hook: Hooked, receiver: OutsideServer, endpoint: str) -> list[Event]:
    """Returns the webhooks that the business system's server received since."""
    receiver.asked.clear()
    await hook.webhooks()
    return [hook.event(asked, endpoint) for asked in receiver.asked]


async def _page(client: Client, browser: httpx.AsyncClient, way: str) -> Page:
    """Returns the login page as the attacker got it."""
    if way == "pushed":
        application = client.application
        auth = (application.client_id, application.client_secret)
        pushed = await application.http.post("/oidc/par", data=client.parameters(), auth=auth)
        asked = {"client_id": application.client_id, "request_uri": pushed.json()["request_uri"]}
        return Page.of(await browser.get("/oidc/authorize?" + urlencode(asked)))
    page = Page.of(await client.authorize(browser))
    if way == "again":
        client.application.clock.advance(seconds=121)
        page = Page.of(await browser.get(page.again))
    return page


@pytest.mark.parametrize("way", ["asked", "pushed", "again"])
async def test_r15_not_me_is_reported_without_another_call_of_the_browser(
    hook: Hooked, client: Client, receiver: OutsideServer, shield: Shield, way: str
) -> None:
    endpoint = await hook.endpoint(receiver.url)
    async with client.browser() as attacker:
        page = await _page(client, attacker, way)
    await decline(shield, page, "not_me")
    events = await _told(hook, receiver, endpoint)
    (event,) = (each for each in events if each.type == "request.declined")
    assert [each.type for each in events if each is not event] == ["request.expired"] * (way == "again")
    assert (event.request_id, event.kind, event.reason) == (page.request_id, "login", "not_me")
    assert event.oidc is not None
    assert event.oidc.has_state("a state")
    assert not event.oidc.has_state("another state")
    assert event.oidc.code_challenge == challenge()
    assert all(each.oidc == event.oidc for each in events)  # the same value for each code of the login
    for asked in receiver.asked:  # the client's session secrets stay with the client
        assert "a state" not in json.dumps(json.loads(asked.body))
        assert b"a nonce" not in asked.body


async def test_each_end_of_a_login_is_reported_with_its_state(
    hook: Hooked, client: Client, receiver: OutsideServer, browser: httpx.AsyncClient, shield: Shield
) -> None:
    endpoint = await hook.endpoint(receiver.url)
    await sign(shield, Page.of(await client.authorize(browser)))
    await decline(shield, Page.of(await client.authorize(browser)), "declined")
    await browser.get(Page.of(await client.authorize(browser)).cancel)
    await client.authorize(browser)
    hook.application.clock.advance(seconds=121)
    events = await _told(hook, receiver, endpoint)
    assert {each.state for each in events} == {"signed", "declined", "cancelled", "expired"}
    assert all(each.oidc is not None and each.oidc.has_state("a state") for each in events)


async def test_client_without_state_identifies_its_login_by_the_challenge(
    hook: Hooked, client: Client, receiver: OutsideServer, browser: httpx.AsyncClient, shield: Shield
) -> None:
    endpoint = await hook.endpoint(receiver.url)
    await decline(shield, Page.of(await client.authorize(browser, state=None)), "not_me")
    (event,) = await _told(hook, receiver, endpoint)
    assert event.oidc is not None
    assert (event.oidc.state_sha256, event.oidc.code_challenge) == (None, challenge())
    assert not event.oidc.has_state("")


async def test_systems_own_requests_are_reported_by_id(hook: Hooked, receiver: OutsideServer) -> None:
    endpoint = await hook.endpoint(receiver.url)
    request_id = await hook.ended()
    (event,) = await _told(hook, receiver, endpoint)
    assert (event.request_id, event.oidc) == (request_id, None)


async def test_nothing_is_stored_for_a_client_without_webhooks(
    hook: Hooked, client: Client, browser: httpx.AsyncClient, shield: Shield
) -> None:
    await decline(shield, Page.of(await client.authorize(browser)), "not_me")
    row = await fetch(hook.application.context.db, "SELECT oidc FROM requests")
    assert row["oidc"] is None
    await hook.webhooks()
    assert await hook.deliveries() == []
