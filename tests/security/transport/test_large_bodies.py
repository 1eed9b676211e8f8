"""A business system's large bodies: one at a time, decoded outside the event loop."""

import asyncio
import base64
import threading
from typing import Any

import pytest
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Message

from mshield.server.errors import InvalidRequest
from mshield.server.http.answers import no_content
from mshield.server.http.business import requests
from mshield.server.http.caller import note_caller
from mshield.server.http.edge import bodies
from mshield.server.http.edge.dispatch import Dispatch
from mshield.server.http.router import Router
from mshield.server.requests import ask
from tests.support.application import Application
from tests.support.assertions import assert_refused
from tests.support.factories import REQUESTS, document_message
from tests.support.serving import serving


class _Calls:
    """An application whose only operation accepts large bodies and is answered once `release` is set."""

    def __init__(self) -> None:
        self.release = asyncio.Event()
        self.received: list[str] = []
        router = Router("console", security=())
        router.post(
            "/filing/imports", summary="", operation_id="importFiling", answers={}, known_first=self._known
        )(self._take)
        self.app: Dispatch = serving(router.routes)

    async def _known(self, request: Request) -> None:
        note_caller(request, "system", request.headers["authorization"])

    async def _take(self, _: Request) -> Response:
        await self.release.wait()
        return no_content()

    async def call(self, caller: str, *, octets: int = bodies.LARGE, is_cut: bool = False) -> int:
        """Sends a body and returns the status of the answer."""
        statuses: list[int] = []

        async def receive() -> Message:
            self.received.append(caller)
            return {"type": "http.disconnect"} if is_cut else {"type": "http.request", "body": bytes(octets)}

        async def send(message: Message) -> None:
            if message["type"] == "http.response.start":
                statuses.append(message["status"])

        headers = [(b"content-length", b"%d" % octets), (b"authorization", caller.encode())]
        scope = {"type": "http", "method": "POST", "path": "/api/console/filing/imports", "query_string": b""}
        await self.app(scope | {"headers": headers, "client": ("192.0.2.1", 1)}, receive, send)
        return next(iter(statuses), 0)


async def _begun(calls: _Calls, *callers: str, octets: int = bodies.LARGE) -> list[asyncio.Task[int]]:
    tasks = [asyncio.create_task(calls.call(caller, octets=octets)) for caller in callers]
    await asyncio.sleep(0.05)
    return tasks


async def test_second_large_body_of_a_caller_is_not_read_before_the_first_is_answered() -> None:
    calls = _Calls()
    tasks = await _begun(calls, "hostile", "hostile", "hostile", "bank")
    assert calls.received == ["hostile", "bank"]
    tasks += await _begun(calls, "hostile", octets=bodies.LARGE - 1)
    assert calls.received == ["hostile", "bank", "hostile"], "a smaller body doesn't wait"
    calls.release.set()
    assert await asyncio.gather(*tasks) == [204] * 5
    assert calls.app._bodies.known.octets == 0


async def test_callers_large_bodies_that_wait_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    calls = _Calls()
    tasks = await _begun(calls, *["hostile"] * bodies.MOST_WAITING)
    assert await calls.call("hostile") == 503
    calls.release.set()
    assert await asyncio.gather(*tasks) == [204] * bodies.MOST_WAITING
    monkeypatch.setattr(bodies, "TURN_SECONDS", 0.05)
    calls.release.clear()
    tasks = await _begun(calls, "hostile")
    assert await calls.call("hostile") == 503, "it waited too long"
    calls.release.set()
    assert await asyncio.gather(*tasks) == [204]


async def test_turn_of_an_aborted_upload_ends() -> None:
    calls = _Calls()
    calls.release.set()
    await calls.call("bank", is_cut=True)
    assert await calls.call("bank") == 204


async def test_memory_of_large_bodies_is_held_until_they_are_answered() -> None:
    calls, size = _Calls(), bodies.KNOWN_HOLD // 8
    tasks = await _begun(calls, *map(str, range(3)), octets=size)
    assert calls.app._bodies.known.octets == 3 * size
    assert await calls.call("bank", octets=size) == 503, "its address has used its part"
    calls.release.set()
    assert await asyncio.gather(*tasks) == [204] * 3


async def test_large_body_is_decoded_and_hashed_outside_the_event_loop(
    application: Application, monkeypatch: pytest.MonkeyPatch
) -> None:
    threads: list[threading.Thread] = []

    def noting(work: Any) -> Any:
        def noted(*given: Any, **more: Any) -> Any:
            threads.append(threading.current_thread())
            return work(*given, **more)

        return noted

    for module, name in ((requests, "decode"), (requests, "_decoded"), (ask, "task_of")):
        monkeypatch.setattr(module, name, noting(getattr(module, name)))
    document = document_message(b"1.00 " * 100_000, media_type="text/plain", format="cms")
    answer = await application.business("POST", REQUESTS, {"kind": "signature", "documents": [document]})
    assert answer.status_code == 201, answer.text
    assert len(threads) == 3
    assert threading.current_thread() not in threads


async def test_body_of_escapes_is_malformed(application: Application) -> None:
    """Python's reader takes 0.3 s for 26 MB of them, and no other thread can run meanwhile."""
    answer = await application.http.post(
        REQUESTS,
        content=b'{"kind":"' + b"\\n" * 2_600_000 + b'"}',
        headers={"Content-Type": "application/json"},
        auth=(application.client_id, application.client_secret),
    )
    assert_refused(answer, "malformed", 400)
    assert answer.json()["reason"] == "escapes"


@pytest.mark.parametrize("size", [0, 1, 2, 3, 1000])
def test_base64_in_pieces_decodes_as_a_whole(monkeypatch: pytest.MonkeyPatch, size: int) -> None:
    monkeypatch.setattr(requests, "_PIECE", 8)
    octets = bytes(number % 256 for number in range(size + 18))
    assert requests._decoded(base64.b64encode(octets).decode()) == octets


@pytest.mark.parametrize("text", ["QUJDRA==QUJDREVG", "QUJDREVGQUJ", "QUJDREVG QUJD", "QUJDREVGQUJDQ==="])
def test_invalid_base64_in_pieces_is_refused(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setattr(requests, "_PIECE", 8)
    with pytest.raises(InvalidRequest):
        requests._decoded(text)
