"""A business system follows a request by a stream, and by polling if streams break off or don't get through."""

import json
from collections.abc import AsyncIterator, Iterator
from typing import Any

import httpx
import pytest

from mshield.client import AsyncBusinessClient, BusinessClient, ProblemError, ProtocolError

URL = "https://shield.example.cn"
STREAM = {"Content-Type": "text/event-stream"}
PROBLEM = {"Content-Type": "application/problem+json"}


class Parts(httpx.SyncByteStream, httpx.AsyncByteStream):
    """A response body in parts, which may break off."""

    def __init__(self, *parts: bytes, lost: type[httpx.TransportError] | None = None) -> None:
        self.parts, self.lost = parts, lost

    def __iter__(self) -> Iterator[bytes]:
        yield from self.parts
        if self.lost is not None:
            raise self.lost("lost")

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for part in self:
            yield part


class Service:
    """A service that answers in turn and records the calls."""

    def __init__(self, *answers: httpx.Response) -> None:
        self.answers = list(answers)
        self.asked: list[str] = []
        self.pauses: list[float] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(
            request.url.path.rpartition("/")[2]
            + (f"?{request.url.query.decode()}" if request.url.query else "")
        )
        return self.answers.pop(0)

    def states(self) -> list[str]:
        """Returns the states from the sync client."""
        with BusinessClient(
            URL,
            client_id="c",
            client_secret="s",
            transport=httpx.MockTransport(self),
            sleep=self.pauses.append,
        ) as business:
            return [status.state for status in business.events("r1")]

    async def async_states(self) -> list[str]:
        """Returns the states from the async client."""

        async def sleep(seconds: float) -> None:
            self.pauses.append(seconds)

        async with AsyncBusinessClient(
            URL, client_id="c", client_secret="s", transport=httpx.MockTransport(self), sleep=sleep
        ) as business:
            return [status.state async for status in business.events("r1")]


def _status(state: str) -> dict[str, Any]:
    return {"id": "r1", "kind": "login", "state": state, "reason": None, "expires_at": 1, "number": "07"}


def _event(state: str) -> bytes:
    return f"event: state\ndata: {json.dumps(_status(state))}\n\n".encode()


def _stream(*parts: bytes, lost: type[httpx.TransportError] | None = None) -> httpx.Response:
    return httpx.Response(200, headers=STREAM, stream=Parts(*parts, lost=lost))


def _poll(state: str) -> httpx.Response:
    return httpx.Response(200, json=_status(state))


async def test_stream_delivers_every_change() -> None:
    body = (
        b"retry: 1\n\n"
        + _event("waiting")
        + b": keep-alive\n\n"
        + _event("waiting")
        + _event("scanned")
        + _event("signed")
    )
    for parts in ([body], [body[at : at + 1] for at in range(len(body))]):
        for work in ("sync", "async"):
            service = Service(_stream(*parts))
            told = service.states() if work == "sync" else await service.async_states()
            assert told == ["waiting", "scanned", "signed"]
            assert service.asked == ["events"]


async def test_poll_fills_the_gap_of_a_broken_stream() -> None:
    for work in ("sync", "async"):
        service = Service(
            _stream(_event("waiting"), lost=httpx.ReadError),
            _poll("scanned"),
            _stream(_event("scanned"), _event("signed")),
        )
        told = service.states() if work == "sync" else await service.async_states()
        assert told == ["waiting", "scanned", "signed"]
        assert service.asked == ["events", "r1?wait=1&state=waiting", "events"]


async def test_polls_replace_blocked_streams() -> None:
    for work in ("sync", "async"):
        service = Service(_stream(lost=httpx.ReadTimeout), *map(_poll, ("waiting", "waiting", "declined")))
        told = service.states() if work == "sync" else await service.async_states()
        assert told == ["waiting", "declined"]
        held = "r1?wait=60&state=waiting"
        assert service.asked == ["events", "r1", held, held]
        assert any(
            pause > 0.5 for pause in service.pauses
        )  # a poll answered at once is not repeated in a tight loop


@pytest.mark.parametrize("status", [429, 503])
async def test_following_outlasts_an_outage(status: int) -> None:
    for work in ("sync", "async"):
        away = [httpx.Response(status, headers=PROBLEM, json={"code": "x"}) for _ in range(8)]
        service = Service(_stream(_event("waiting")), *away, _poll("signed"))
        told = service.states() if work == "sync" else await service.async_states()
        assert told == ["waiting", "signed"]


async def test_late_follower_gets_the_end_at_once() -> None:
    service = Service(_stream(_event("expired")))
    assert service.states() == ["expired"]


def test_refused_stream_raises_like_any_call() -> None:
    problem = {"code": "not_found", "zh": "无", "en": "none"}
    refused = [httpx.Response(404, headers=PROBLEM, json=problem) for _ in range(2)]
    with pytest.raises(ProblemError) as error:
        Service(*refused).states()
    assert error.value.code == "not_found"


@pytest.mark.parametrize("body", [b"event: state\ndata: {}\n\n", b"event: state\ndata: x\n\n", b"x" * 70_000])
def test_malformed_stream_is_refused(body: bytes) -> None:
    with pytest.raises(ProtocolError):
        Service(_stream(body)).states()
