"""A call that hangs is answered before its caller gives up, and frees its place."""

import asyncio
import logging
from dataclasses import replace
from typing import Final

import httpx
import pytest
from starlette.requests import Request
from starlette.responses import Response

from mshield.server.database.limits import own_seconds
from mshield.server.http.answers import no_content
from mshield.server.http.app import _ROUTERS
from mshield.server.http.router import Router
from mshield.server.runtime import time_limits
from mshield.server.runtime.time_limits import TimeLimit, time_limit_of
from tests.support.assertions import assert_refused
from tests.support.serving import serving

_PATIENCE_OF_CALLERS: Final = 30.0


async def test_a_call_that_hangs_is_refused_in_time(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(time_limits, "_USUAL", TimeLimit(0.2))
    router, cut_short = Router("phone", security=()), asyncio.Event()

    async def hang(request: Request) -> Response:
        try:
            await asyncio.Event().wait()
        finally:
            cut_short.set()
        return no_content()

    router.post("/task", summary="", operation_id="getTask", answers={})(hang)
    app = serving(router.routes, most=1)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://x") as http:
        for _ in range(2):  # the second call finds the place free
            cut_short.clear()
            refused = await asyncio.wait_for(http.post("/api/phone/task"), 10)
            assert_refused(refused, "unavailable", 503)
            assert 1 <= int(refused.headers["retry-after"]) <= 3
            assert cut_short.is_set()
    lines = [record for record in caplog.records if record.levelno >= logging.ERROR]
    assert [record.getMessage().endswith("took too long") for record in lines] == [True, True]
    assert not any(record.exc_info for record in lines)


async def test_slow_import_is_advised_to_be_split(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    limits = time_limits._OF_OPERATION
    monkeypatch.setattr(
        time_limits, "_OF_OPERATION", {"importFiling": replace(limits["importFiling"], call=0.1)}
    )
    router = Router("console", security=())

    async def hang(request: Request) -> Response:
        await asyncio.Event().wait()
        return no_content()

    async def known(request: Request) -> None:
        """Accepts any caller."""

    router.post("/filing/imports", summary="", operation_id="importFiling", answers={}, known_first=known)(
        hang
    )
    app = serving(router.routes)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://x") as http:
        refused = await asyncio.wait_for(http.post("/api/console/filing/imports"), 10)
    assert_refused(refused, "filing_too_long", 503)
    assert "split" in refused.json()["en"]
    assert "分成几份" in refused.json()["zh"]
    assert "took too long" in caplog.text


async def test_timeout_raised_by_the_call_is_no_refusal(caplog: pytest.LogCaptureFixture) -> None:
    router = Router("phone", security=())

    async def fail(request: Request) -> Response:
        raise TimeoutError

    router.post("/task", summary="", operation_id="getTask", answers={})(fail)
    app = serving(router.routes)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://x") as http:
        assert_refused(await http.post("/api/phone/task"), "internal", 500)
    assert "took too long" not in caplog.text


async def test_a_long_operation_has_longer_statements(monkeypatch: pytest.MonkeyPatch) -> None:
    router, seen = Router("phone", security=()), list[float | None]()

    async def ask(request: Request) -> Response:
        seen.append(own_seconds())
        return no_content()

    monkeypatch.setattr(time_limits, "_OF_OPERATION", {"scan": TimeLimit(25.0, 20.0)})
    for name in ("getTask", "scan"):
        router.post(f"/{name}", summary="", operation_id=name, answers={})(ask)
    app = serving(router.routes)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://x") as http:
        for name in ("getTask", "scan", "getTask"):
            await http.post(f"/api/phone/{name}")
    assert seen == [None, 20.0, None]


def test_limits_name_existing_operations_and_stay_below_callers_timeouts() -> None:
    operations = {route.operation_id for router in _ROUTERS for route in router.routes}
    assert time_limits._OF_OPERATION.keys() <= operations
    of_files = {name for name in operations if time_limit_of(name).call > _PATIENCE_OF_CALLERS}
    assert of_files == {
        *("importFiling", "exportActs", "exportFiling", "exportHistory", "exportPeople", "exportShields")
    }
    assert all((time_limit_of(name).statement or 0) <= time_limit_of(name).call for name in operations)
