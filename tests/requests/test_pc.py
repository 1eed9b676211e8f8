"""Calls of a page in the PC's browser: the state of its request, by long poll, from any web site."""

import asyncio
import time
from typing import Any

import httpx
import pytest

from tests.support.application import ORIGIN, Application
from tests.support.assertions import assert_refused
from tests.support.cases import cases
from tests.support.event_stream_reader import calling
from tests.support.factories import REQUESTS, ask_login

SITE = "https://www.singlewindow.example"


async def _get(application: Application, request_id: str, query: str = "", **headers: str) -> httpx.Response:
    token = application.context.requests.follow.secrets.status_token(request_id)
    return await application.http.get(
        f"/api/pc/requests/{request_id}{query}", headers={"Authorization": f"Bearer {token}", **headers}
    )


async def test_state_names_the_requester_and_the_time_left(application: Application) -> None:
    asked = await ask_login(application)
    application.clock.advance(seconds=20)
    answer = await _get(application, asked["id"])
    told = answer.json()
    code = told.pop("qr")
    assert code["every"] == 1000
    assert len(code["texts"]) == 4
    assert code["texts"][0].startswith(f"{ORIGIN}/q/{asked['id']}?t=20&c=")
    assert told == {
        "id": asked["id"],
        "kind": "login",
        "state": "waiting",
        "reason": None,
        "number": asked["number"],
        "requester": {"name": "单一窗口", "domain": "singlewindow.example"},
        "expires_at": asked["expires_at"],
        "expires_in": 100_000,
    }
    assert answer.headers["cache-control"] == "no-store"
    application.clock.advance(seconds=100)
    over = (await _get(application, asked["id"])).json()
    assert (over["state"], over["expires_in"]) == ("expired", 0)
    assert "qr" not in over


async def test_a_long_poll_ends_with_the_change(application: Application) -> None:
    asked = await ask_login(application)
    start = time.monotonic()
    call = asyncio.create_task(_get(application, asked["id"], "?wait=30"))
    await asyncio.sleep(0.05)
    assert not call.done()
    await application.business("POST", f"{REQUESTS}/{asked['id']}/cancel")
    assert (await call).json()["state"] == "cancelled"
    assert time.monotonic() - start < 12
    known = await _get(application, asked["id"], "?wait=30&state=waiting")
    assert known.json()["state"] == "cancelled"
    assert len(application.app.state.held_calls) == 0


def _poll(application: Application, request_id: str) -> Any:
    token = application.context.requests.follow.secrets.status_token(request_id)
    path = f"/api/pc/requests/{request_id}"
    return calling(application.app, path, query="wait=60", Authorization=f"Bearer {token}")


async def test_poll_ends_if_the_process_stops_or_the_database_fails(
    application: Application, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail(*_: object, **__: object) -> None:
        raise OSError("no database")

    asked = await ask_login(application)
    async with _poll(application, asked["id"]) as page:
        await asyncio.sleep(0.01)
        with monkeypatch.context() as broken:
            broken.setattr(type(application.context.requests.follow), "state", fail)
            application.context.events.notify(asked["id"])
            await page.until_end()
        assert (page.status, page.headers["retry-after"]) == (503, "1")
    async with _poll(application, asked["id"]) as page:
        await asyncio.sleep(0.01)
        application.context.events.stop()
        await page.until_end()
        assert page.status == 200


@cases("wait", ["61", "-1", "x", "1.5", "", "٣", "100000"])
async def test_other_lengths_of_waiting_are_refused(application: Application, wait: str) -> None:
    asked = await ask_login(application)
    answer = await _get(application, asked["id"], f"?wait={wait}")
    assert_refused(answer, "invalid_request", 422)


async def test_the_token_is_this_requests_alone(application: Application) -> None:
    one, other = await ask_login(application), await ask_login(application)
    token = application.context.requests.follow.secrets.status_token(one["id"])
    for headers in ({}, {"Authorization": f"Bearer {token}"}, {"Authorization": f"Basic {token}"}):
        answer = await application.http.get(f"/api/pc/requests/{other['id']}", headers=headers)
        assert_refused(answer, "wrong_status_token", 401)


async def test_status_token_gives_no_access_to_business_calls(application: Application) -> None:
    asked = await ask_login(application)
    token = application.context.requests.follow.secrets.status_token(asked["id"])
    headers = {"Authorization": f"Bearer {token}"}
    for method, path in (("GET", ""), ("GET", "/result"), ("GET", "/events"), ("POST", "/cancel")):
        answer = await application.http.request(method, f"{REQUESTS}/{asked['id']}{path}", headers=headers)
        assert_refused(answer, "wrong_client")


async def test_pages_of_any_site_may_ask_and_read_refusals_too(application: Application) -> None:
    asked = await ask_login(application)
    path = f"/api/pc/requests/{asked['id']}"
    asks = {
        "Origin": SITE,
        "Access-Control-Request-Method": "GET",
        "Access-Control-Request-Headers": "authorization",
    }
    allowed = await application.http.options(path, headers=asks)
    assert allowed.status_code == 200
    assert allowed.headers["access-control-allow-origin"] == "*"
    assert "authorization" in allowed.headers["access-control-allow-headers"].lower()
    assert "access-control-allow-credentials" not in allowed.headers
    answer = await _get(application, asked["id"], Origin=SITE)
    refused = await application.http.get(path, headers={"Origin": SITE})
    assert (answer.status_code, refused.status_code) == (200, 401)
    assert {each.headers["access-control-allow-origin"] for each in (answer, refused)} == {"*"}


async def test_no_other_route_is_open_to_other_sites(application: Application) -> None:
    asks = {"Origin": SITE, "Access-Control-Request-Method": "POST"}
    for path in (REQUESTS, "/api/phone/sessions", "/api/portal/session", "/api/console/filing", "/api/pcx"):
        answer = await application.http.options(path, headers=asks)
        assert "access-control-allow-origin" not in answer.headers
        answer = await application.http.get(path, headers={"Origin": SITE})
        assert "access-control-allow-origin" not in answer.headers
