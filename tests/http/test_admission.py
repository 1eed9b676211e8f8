"""So many calls are under way at once; one more is refused at once. Health and `finish` have room of their own."""

import asyncio
import contextlib

import httpx
import pytest
from starlette.requests import Request
from starlette.responses import Response

from mshield.domain import errors
from mshield.web import body_limits
from mshield.web.answers import no_content
from mshield.web.app import _ROUTERS
from mshield.web.edge import admission
from mshield.web.edge.admission import Place, Room
from mshield.web.edge.dispatch import Dispatch
from mshield.web.router import Router
from tests.support.assertions import assert_refused
from tests.support.serving import serving

_MOST = 3


class _Doors:
    """Operations that don't end before they are told to."""

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


async def test_one_more_than_fits_is_told_at_once_to_come_again() -> None:
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
async def test_what_has_room_of_its_own_goes_on(name: str) -> None:
    """`finish`, where the try is spent already, and health; a login waits for hashes, and takes no place of others."""
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


async def test_a_call_that_fails_gives_its_place_back() -> None:
    router = Router("phone", security=())

    @router.post("/x", summary="", operation_id="x", answers={})
    async def fails(request: Request) -> Response:
        raise ZeroDivisionError

    app = serving(router.routes, most=1)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://x") as http:
        assert [(await http.post("/api/phone/x")).status_code for _ in range(3)] == [500] * 3


class _Flood:
    """A room of eight places, and calls of one route that take so long as they are said to."""

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
        """How many calls fit at once; one more is refused."""
        with contextlib.ExitStack() as under_way:
            for count in range(9):
                try:
                    under_way.enter_context(Place(self.room, None))
                except errors.Unavailable:
                    return count
        raise AssertionError("nobody was refused")


def test_a_flood_narrows_a_room_where_calls_take_longer_than_usual() -> None:
    flood = _Flood()
    flood.calls(100, seconds=0.01)
    assert flood.places() == 8  # a burst, of which one was refused
    flood.calls(20, seconds=0.03)
    assert flood.places() == 4
    flood.calls(20, seconds=0.01)
    assert flood.places() == 8


def test_a_flood_leaves_a_room_as_it_is_where_calls_take_as_long_as_always() -> None:
    """They wait for a database that is far away: fewer at once would be fewer a second."""
    flood = _Flood()
    flood.calls(100, seconds=0.05)
    assert flood.places() == 8
    flood.calls(15, seconds=0.06)
    assert flood.places() == 8


def test_after_a_flood_a_room_is_as_wide_as_before() -> None:
    flood = _Flood()
    flood.calls(100, seconds=0.01)
    assert flood.places() == 8
    flood.calls(20, seconds=0.03)
    assert flood.places() == 4
    flood.seconds += 1.0
    flood.calls(1, seconds=0.03)
    assert flood.places() == 8


def test_the_tables_name_operations_that_there_are() -> None:
    """A name that nothing has any more would be a bound that nothing has."""
    names = {route.operation_id for router in _ROUTERS for route in router.routes}
    assert body_limits._OF_OPERATION.keys() <= names
    assert {operation for operations in admission._OWN.values() for operation in operations} <= names
