"""The number of concurrent calls is limited; one more is refused at once. Health and `finish` have separate limits."""

import asyncio
import contextlib

import httpx
import pytest
from starlette.requests import Request
from starlette.responses import Response

from mshield.server.errors import Unavailable
from mshield.server.http import body
from mshield.server.http.answers import no_content
from mshield.server.http.app import _ROUTERS
from mshield.server.http.edge import admission
from mshield.server.http.edge.admission import Place, Room
from mshield.server.http.edge.dispatch import Dispatch
from mshield.server.http.router import Router
from tests.support.assertions import assert_refused
from tests.support.serving import serving

_MOST = 3


class _Doors:
    """Operations that run until released."""

    def __init__(self) -> None:
        self.open = asyncio.Event()
        router, status = Router("phone", security=()), Router("service")

        async def answer(request: Request) -> Response:
            await self.open.wait()
            return no_content()

        for name in ("getTask", "finishSigning", "logIn"):
            router.post(f"/{name}", summary="", operation_id=name, answers={})(answer)
        status.get("/healthz", summary="", operation_id="health", answers={})(answer)
        self.app: Dispatch = serving((*router.routes, *status.routes), most=_MOST)
        self.http = httpx.AsyncClient(transport=httpx.ASGITransport(self.app), base_url="http://x")

    def call(self, name: str) -> asyncio.Task[httpx.Response]:
        return asyncio.create_task(self.http.post(f"/api/phone/{name}"))


async def test_call_over_the_limit_is_refused_at_once_with_retry_after() -> None:
    doors = _Doors()
    under_way = [doors.call("getTask") for _ in range(_MOST)]
    await asyncio.sleep(0.05)
    refused = await doors.call("getTask")
    assert_refused(refused, "unavailable", 503)
    assert 1 <= int(refused.headers["retry-after"]) <= 3
    doors.open.set()
    assert {(await call).status_code for call in under_way} == {204}
    assert (await doors.call("getTask")).status_code == 204


@pytest.mark.parametrize("name", ["finishSigning", "logIn"])
async def test_operations_with_their_own_limit_continue(name: str) -> None:
    """`finish` has its PIN attempt counted already; a login waits for hashes and so takes no general place."""
    doors = _Doors()
    under_way = [doors.call("getTask") for _ in range(_MOST)]
    await asyncio.sleep(0.05)
    own, health = doors.call(name), asyncio.create_task(doors.http.get("/healthz"))
    await asyncio.sleep(0.05)
    assert not own.done()
    assert not health.done()
    doors.open.set()
    answers = [await call for call in (*under_way, own, health)]
    assert {answer.status_code for answer in answers} == {204}


async def test_failed_call_frees_its_place() -> None:
    router = Router("phone", security=())

    @router.post("/x", summary="", operation_id="x", answers={})
    async def fails(request: Request) -> Response:
        raise ZeroDivisionError

    app = serving(router.routes, most=1)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://x") as http:
        assert [(await http.post("/api/phone/x")).status_code for _ in range(3)] == [500] * 3


class _Flood:
    """A limiter with eight places, and calls of one route with given durations."""

    def __init__(self) -> None:
        self.seconds = 100.0
        self.room = Room(8, now=lambda: self.seconds)
        router = Router("phone", security=())

        @router.post("/x", summary="", operation_id="x", answers={})
        async def answer(request: Request) -> Response:
            raise NotImplementedError

        (self.route,) = router.routes

    def calls(self, count: int, *, seconds: float) -> None:
        for _ in range(count):
            with Place(self.room, self.route):
                self.seconds += seconds

    def places(self) -> int:
        """Counts how many concurrent calls are admitted."""
        with contextlib.ExitStack() as under_way:
            for count in range(9):
                try:
                    under_way.enter_context(Place(self.room, None))
                except Unavailable:
                    return count
        raise AssertionError("nobody was refused")


def test_flood_with_slow_calls_lowers_the_limit() -> None:
    flood = _Flood()
    flood.calls(100, seconds=0.01)
    assert flood.places() == 8  # a burst with one refusal
    flood.calls(20, seconds=0.03)
    assert flood.places() == 4
    flood.calls(20, seconds=0.01)
    assert flood.places() == 8


def test_flood_with_usual_durations_keeps_the_limit() -> None:
    """They wait for a distant database: a lower limit would only reduce throughput."""
    flood = _Flood()
    flood.calls(100, seconds=0.05)
    assert flood.places() == 8
    flood.calls(15, seconds=0.06)
    assert flood.places() == 8


def test_limit_recovers_after_a_flood() -> None:
    flood = _Flood()
    flood.calls(100, seconds=0.01)
    assert flood.places() == 8
    flood.calls(20, seconds=0.03)
    assert flood.places() == 4
    flood.seconds += 1.0
    flood.calls(1, seconds=0.03)
    assert flood.places() == 8


def test_limit_tables_name_existing_operations() -> None:
    """A limit for a renamed operation would have no effect."""
    names = {route.operation_id for router in _ROUTERS for route in router.routes}
    assert body._OF_OPERATION.keys() <= names
    assert {operation for operations in admission._OWN.values() for operation in operations} <= names
