"""Calls over the limit are refused as soon as their headers arrive, with the application's answer, cheaply."""

import asyncio
from collections.abc import AsyncIterator

import httpx
import pytest
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from mshield.server.http.answers import no_content
from mshield.server.http.edge.admission import GATE, Gate
from mshield.server.http.edge.edge import NO_PAGE, secured
from mshield.server.http.router import Router
from tests.support.assertions import assert_refused
from tests.support.listening import listening
from tests.support.serving import serving

_MOST = 3
_LARGE = bytes(300_000)


class _Service:
    """Operations that run until released, on a server as in production."""

    port: int

    def __init__(self) -> None:
        self.open, self.asked = asyncio.Event(), 0
        self.counted: list[tuple[str, int]] = []
        self.watched: list[str] = []
        router, status = Router("phone", security=()), Router("service")

        async def answer(request: Request) -> Response:
            await self.open.wait()
            return no_content()

        for name in ("getTask", "finishSigning"):
            router.post(f"/{name}", summary="", operation_id=name, answers={})(answer)
        status.get("/healthz", summary="", operation_id="health", answers={})(answer)
        self._dispatch = serving((*router.routes, *status.routes), most=_MOST)
        self._gate = Gate(
            self._dispatch.room_of,
            headers=(*secured("https://shield.example"), NO_PAGE),
            measure=self._measure,
            watch=self._watch,
        )

    def http(self) -> httpx.AsyncClient:
        limits = httpx.Limits(max_connections=None)
        return httpx.AsyncClient(base_url=f"http://127.0.0.1:{self.port}/api/phone", limits=limits)

    def _measure(self, scope: Scope, status: int, _seconds: float) -> None:
        self.counted.append((scope["route"].operation_id, status))

    def _watch(self, scope: Scope, status: int) -> None:
        assert (status, scope["mshield.problem"]) == (503, "unavailable")
        self.watched.append(scope["mshield.request_id"])

    async def has_been_asked(self, count: int) -> None:
        """Waits until `count` calls have reached the application; fails if they don't."""
        async with asyncio.timeout(20):
            while self.asked < count:  # noqa: ASYNC110  # a count that the server's own task raises
                await asyncio.sleep(0.01)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            assert (await receive())["type"] == "lifespan.startup"
            scope["state"][GATE] = self._gate
            await send({"type": "lifespan.startup.complete"})
            assert (await receive())["type"] == "lifespan.shutdown"
            await send({"type": "lifespan.shutdown.complete"})
            return
        self.asked += 1
        scope["mshield.request_id"] = "its own"
        await self._dispatch(scope, receive, send)


@pytest.fixture
async def service() -> AsyncIterator[_Service]:
    service = _Service()
    async with listening(service, lifespan="on") as service.port:
        yield service
        service.open.set()


async def test_application_gets_only_concurrent_calls_within_the_limit(service: _Service) -> None:
    async with service.http() as http:
        calls = [asyncio.create_task(http.post("/getTask", content=_LARGE[:1_000])) for _ in range(30)]
        done, waiting = await asyncio.wait(calls, timeout=1)
        while len(waiting) > _MOST:
            more, waiting = await asyncio.wait(waiting, timeout=1)
            done |= more
        service.open.set()
        assert {(await call).status_code for call in waiting} == {204}
        refused = [call.result() for call in done]
    assert service.asked == len(waiting) == _MOST
    assert service.counted == [("getTask", 503)] * len(refused)
    for answer in refused:
        assert_refused(answer, "unavailable", 503)
        assert answer.json()["retry_after"] == int(answer.headers["retry-after"]) in (1, 2, 3)
        assert answer.json()["request_id"] == answer.headers["x-request-id"]
        assert answer.headers["strict-transport-security"]
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert "default-src 'none'" in answer.headers["content-security-policy"]
        assert answer.headers["cache-control"] == "no-store"
    assert len({answer.headers["x-request-id"] for answer in refused}) == len(refused)
    assert sorted(service.watched) == sorted(answer.headers["x-request-id"] for answer in refused)


async def test_gate_answers_like_the_application(service: _Service) -> None:
    async with service.http() as http:
        calls = [asyncio.create_task(http.post("/getTask")) for _ in range(_MOST)]
        await service.has_been_asked(_MOST)
        refused = await http.post("/getTask")
        itself = httpx.ASGITransport(service)
        async with httpx.AsyncClient(transport=itself, base_url="http://x") as direct:
            by_application = await direct.post("/api/phone/getTask")
        service.open.set()
        await asyncio.gather(*calls)
    changing = {"retry_after", "request_id"}
    assert {key: value for key, value in refused.json().items() if key not in changing} == {
        key: value for key, value in by_application.json().items() if key not in changing
    }
    assert refused.headers["content-type"] == by_application.headers["content-type"]


async def test_refused_body_is_skipped_and_the_connection_continues(service: _Service) -> None:
    async with service.http() as http:
        calls = [asyncio.create_task(http.post("/getTask")) for _ in range(_MOST)]
        await service.has_been_asked(_MOST)
        reader, writer = await asyncio.open_connection("127.0.0.1", service.port)
        head = b"POST /api/phone/%s HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n"
        for _ in range(3):  # a first call, and more after a refused one
            writer.write(head % (b"getTask", len(_LARGE)))
            assert b" 503 " in await asyncio.wait_for(reader.readuntil(b"\r\n\r\n{"), 5)
            await asyncio.wait_for(reader.readuntil(b"}"), 5)
            writer.write(_LARGE)
            await writer.drain()
        service.open.set()
        writer.write(head % (b"getTask", 0))
        assert b" 204 " in await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 5)
        writer.close()
        await asyncio.gather(*calls)


async def _ask_on_and_on(writer: asyncio.StreamWriter) -> None:
    for _ in range(5_000):
        writer.write(b"POST /api/phone/getTask HTTP/1.1\r\n\r\n" * 16)
        await writer.drain()
        await asyncio.sleep(0)


async def test_unread_refusals_close_the_connection(service: _Service) -> None:
    """A refusal is longer than the request: refusals stored for peers that never read would fill the memory."""
    async with service.http() as http:
        calls = [asyncio.create_task(http.post("/getTask")) for _ in range(_MOST)]
        await service.has_been_asked(_MOST)
        _, writer = await asyncio.open_connection("127.0.0.1", service.port, limit=1024)
        with pytest.raises(ConnectionError):
            await _ask_on_and_on(writer)
        writer.close()
        service.open.set()
        await asyncio.gather(*calls)


async def test_operations_with_their_own_limit_continue_and_places_are_freed(service: _Service) -> None:
    async with service.http() as http:
        calls = [asyncio.create_task(http.post("/getTask")) for _ in range(_MOST)]
        await service.has_been_asked(_MOST)
        own = asyncio.create_task(http.post("/finishSigning"))
        await service.has_been_asked(_MOST + 1)
        assert (await http.post("/nothing")).status_code == 404
        service.open.set()
        await asyncio.gather(own, *calls)
        again = await asyncio.gather(*(http.post("/getTask") for _ in range(_MOST)))
    assert {answer.status_code for answer in again} == {204}


async def test_disconnected_peer_frees_its_place(service: _Service) -> None:
    service.open.set()
    head = b"POST /api/phone/getTask HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\n"
    for _ in range(3 * _MOST):
        _, writer = await asyncio.open_connection("127.0.0.1", service.port)
        writer.write(head)
        await writer.drain()
        writer.transport.abort()
    await service.has_been_asked(3 * _MOST)
    async with service.http() as http:
        assert (await http.post("/getTask")).status_code == 204
