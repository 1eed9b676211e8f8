"""A business system that opens streams and long polls without pause, itself or by its pages, leaves room to others."""

import asyncio
import base64
from contextlib import AsyncExitStack
from typing import Any

import pytest

from mshield.server.http.waiting.held import HeldCalls
from mshield.server.systems.register import register_system
from tests.support.application import Application
from tests.support.event_stream_reader import reading
from tests.support.factories import REQUESTS

PLACES = 40
Credentials = tuple[str, str]


@pytest.fixture
def narrow(application: Application) -> Application:
    changed = application.context.settings.changed(
        waiting_per_process=PLACES, waiting_per_request=8, requests_per_system=1000
    )
    object.__setattr__(application.context, "settings", changed)
    return application


async def _asked(application: Application, system: Credentials) -> str:
    answer = await application.http.post(REQUESTS, json={"kind": "login"}, auth=system)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


def _business(application: Application, request_id: str, system: Credentials) -> Any:
    basic = base64.b64encode(":".join(system).encode()).decode()
    return reading(application.app, f"{REQUESTS}/{request_id}/events", Authorization=f"Basic {basic}")


def _page(application: Application, request_id: str) -> Any:
    token = application.context.requests.follow.secrets.status_token(request_id)
    path = f"/api/pc/requests/{request_id}/events"
    return reading(application.app, path, Authorization=f"Bearer {token}")


async def _systems(application: Application) -> tuple[Credentials, Credentials]:
    other = await register_system(
        application.context.db, name="银行", domain="bank.example", now=application.clock()
    )
    return (application.client_id, application.client_secret), other


async def _flood(application: Application, stack: AsyncExitStack, open_one: Any) -> list[int]:
    """Opens twice as many calls as there are places, eight for each request, and returns the statuses."""
    hostile = (application.client_id, application.client_secret)
    statuses = []
    for _ in range(2 * PLACES // 8):
        request_id = await _asked(application, hostile)
        for _ in range(8):
            reader = await stack.enter_async_context(open_one(request_id))
            statuses.append(reader.status)
    return statuses


async def test_streams_of_one_system_leave_places_to_another(narrow: Application) -> None:
    hostile, other = await _systems(narrow)
    async with AsyncExitStack() as stack:
        statuses = await _flood(narrow, stack, lambda one: _business(narrow, one, hostile))
        assert set(statuses) == {200, 429}
        assert statuses.count(200) <= PLACES * 4 // 5 + 1
        request_id = await _asked(narrow, other)
        reader = await stack.enter_async_context(_business(narrow, request_id, other))
        assert reader.status == 200
        page = await stack.enter_async_context(_page(narrow, request_id))
        assert page.status == 200
        # The system's own long polls are refused like its streams.
        own = await _asked(narrow, hostile)
        poll = await narrow.http.get(f"{REQUESTS}/{own}?wait=5", auth=hostile)
        assert (poll.status_code, poll.json()["code"]) == (429, "too_many_requests")
    await asyncio.sleep(0)
    held: HeldCalls = narrow.app.state.held_calls
    assert (len(held), held._by_system, held._by_request) == (0, {}, {})


async def test_pages_of_one_system_leave_places_to_the_pages_of_another(narrow: Application) -> None:
    _, other = await _systems(narrow)
    async with AsyncExitStack() as stack:
        statuses = await _flood(narrow, stack, lambda one: _page(narrow, one))
        assert set(statuses) == {200, 429}
        page = await stack.enter_async_context(_page(narrow, await _asked(narrow, other)))
        assert page.status == 200


async def test_streams_opened_and_closed_without_pause_leave_nothing(narrow: Application) -> None:
    hostile, other = await _systems(narrow)
    request_id, theirs = await _asked(narrow, hostile), await _asked(narrow, other)

    async def churn() -> None:
        for _ in range(50):
            async with _business(narrow, request_id, hostile) as reader:
                assert reader.status in {200, 429}

    flood = [asyncio.create_task(churn()) for _ in range(20)]
    while not all(task.done() for task in flood):
        async with asyncio.timeout(5), _business(narrow, theirs, other) as reader:
            assert reader.status == 200
        await asyncio.sleep(0.01)
    await asyncio.gather(*flood)
    held: HeldCalls = narrow.app.state.held_calls
    assert (len(held), held._by_system, held._by_request) == (0, {}, {})
    assert narrow.context.events._waiting == {}
