"""Calls that wait for a request: they miss no change, and a call that ends leaves nothing behind."""

import asyncio
import base64
import time
from typing import Any, Literal

import pytest

from mshield.server.requests.follow import Follow, Followed
from tests.support.application import Application
from tests.support.clock import Clock
from tests.support.event_stream_reader import calling
from tests.support.factories import REQUESTS, ask_login

Way = Literal["page's events", "page's poll", "system's events", "system's poll"]
WAYS: tuple[Way, ...] = ("page's events", "page's poll", "system's events", "system's poll")


async def _asked(application: Application) -> str:
    return str((await ask_login(application))["id"])


async def _cancel(application: Application, request_id: str) -> None:
    answer = await application.business("POST", f"{REQUESTS}/{request_id}/cancel")
    assert answer.status_code == 204


def _waits(application: Application, request_id: str, way: Way, *, seconds: int = 60) -> Any:
    whose, _, how = way.partition(" ")
    if whose == "page's":
        path = f"/api/pc/requests/{request_id}"
        credentials = f"Bearer {application.context.requests.follow.secrets.status_token(request_id)}"
    else:
        path = f"{REQUESTS}/{request_id}"
        pair = f"{application.client_id}:{application.client_secret}".encode()
        credentials = f"Basic {base64.b64encode(pair).decode()}"
    if how == "events":
        return calling(application.app, f"{path}/events", Authorization=credentials)
    return calling(application.app, path, query=f"wait={seconds}", Authorization=credentials)


@pytest.mark.parametrize("way", WAYS)
async def test_change_before_the_wait_is_returned_at_once(
    application: Application, monkeypatch: pytest.MonkeyPatch, way: Way
) -> None:
    request_id = await _asked(application)
    look, has_changed = Follow.state, False

    async def change_after(self: Follow, request_id: str, **more: Any) -> Followed:
        nonlocal has_changed
        found = await look(self, request_id, **more)
        if not has_changed:
            has_changed = True
            await _cancel(application, request_id)
        return found

    monkeypatch.setattr(Follow, "state", change_after)
    start = time.monotonic()
    async with _waits(application, request_id, way) as caller:
        await caller.until_end()
    assert time.monotonic() - start < 12
    assert "cancelled" in caller._text


@pytest.mark.parametrize("way", WAYS)
async def test_change_wakes_waiting_calls(application: Application, way: Way) -> None:
    request_id = await _asked(application)
    async with _waits(application, request_id, way) as caller:
        await asyncio.sleep(0.05)
        assert not caller.ended
        start = time.monotonic()
        await _cancel(application, request_id)
        await caller.until_end()
    assert time.monotonic() - start < 12
    assert "cancelled" in caller._text


@pytest.mark.parametrize("way", WAYS)
async def test_expiry_is_returned_when_it_happens(application: Application, clock: Clock, way: Way) -> None:
    request_id = await _asked(application)
    clock.advance(seconds=119.6)
    async with _waits(application, request_id, way) as caller:
        await asyncio.sleep(0.2)
        assert not caller.ended
        clock.advance(seconds=0.4)
        start = time.monotonic()
        await caller.until_end()
    assert time.monotonic() - start < 12
    assert "expired" in caller._text


@pytest.mark.parametrize("way", ["page's poll", "system's poll"])
async def test_wait_without_change_ends_after_its_timeout(application: Application, way: Way) -> None:
    request_id = await _asked(application)
    start = time.monotonic()
    async with _waits(application, request_id, way, seconds=1) as caller:
        await caller.until_end()
    assert 0.9 < time.monotonic() - start < 12
    assert "waiting" in caller._text


@pytest.mark.parametrize("way", WAYS)
async def test_disconnected_caller_frees_its_place(application: Application, way: Way) -> None:
    request_id = await _asked(application)
    for _ in range(3 * application.context.settings.requests.waiting_per_request):
        async with _waits(application, request_id, way):
            await asyncio.sleep(0.01)
            assert len(application.app.state.held_calls) == 1
    assert len(application.app.state.held_calls) == 0
    assert not application.context.events._waiting


@pytest.mark.parametrize("way", WAYS)
async def test_stopping_process_ends_all_waits(application: Application, way: Way) -> None:
    request_id = await _asked(application)
    async with _waits(application, request_id, way) as caller:
        await asyncio.sleep(0.05)
        application.context.events.stop()
        await caller.until_end()
    assert caller.status == 200
