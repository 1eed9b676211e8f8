"""An answer whose headers wait for its body equals one sent in parts; a body received whole has the same limits.

The same holds for answers and bodies by uvicorn's own cycle, and by its own connection.
"""

import asyncio
import json
import re

import pytest
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Message, Receive, Scope, Send

from mshield.server.http.answers import JsonAnswer, no_content
from mshield.server.http.edge import bodies, connection, exchange
from mshield.server.http.edge.dispatch import Dispatch
from mshield.server.http.edge.edge import EXTRA_HEADERS, Edge
from mshield.server.http.router import Router
from tests.support.listening import listening
from tests.support.serving import serving

_OK = b"HTTP/1.1 200 OK\r\n"


@pytest.fixture(params=[None, exchange, connection], ids=["own", "plain-cycle", "plain"], autouse=True)
def plain(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> bool:
    """Reports whether a module leaves its work to uvicorn: first the cycle, then the connection."""
    if request.param is not None:
        monkeypatch.setattr(request.param, "_PLAIN", True)
    return request.param is not None


own = pytest.mark.parametrize("plain", [None], ids=["own"], indirect=True)


async def _app(scope: Scope, receive: Receive, send: Send) -> None:
    """Answers depending on its path."""
    path = scope["path"]
    length = {"/short": 3, "/long": 1, "/none": None, "/large": 3 * exchange._LARGE}.get(path, 2)
    headers = [] if length is None else [(b"Content-Length", b"%d" % length)]
    if path == "/split":
        headers.append((b"x-a", b"b\r\nx-c: d"))
    if path == "/named":
        headers.append((b"x a", b"b"))
    if path == "/closing":
        headers.append((b"connection", b"close"))
    if path == "/twice":
        headers.append((b"content-length", b"2"))
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    if path == "/broken":
        raise ValueError("after the head")
    if path == "/parts":
        await send({"type": "http.response.body", "body": b"o", "more_body": True})
        await send({"type": "http.response.body", "body": b"k"})
    else:
        body = bytes(length) if path == "/large" and length else b"ok"
        await send({"type": "http.response.body", "body": body})


async def _answered(port: int, sent: bytes) -> bytes:
    """Returns everything received until the connection ended."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(sent)
        return await asyncio.wait_for(reader.read(), 10)
    finally:
        writer.close()


def _call(path: str, method: str = "GET", *, version: str = "1.1", last: bool = True) -> bytes:
    end = "Connection: close\r\n" if last and version == "1.1" else ""
    return f"{method} {path} HTTP/{version}\r\nHost: x\r\n{end}\r\n".encode()


@pytest.mark.parametrize(
    ("sent", "answered"),
    [
        (_call("/"), _OK + b"content-length: 2\r\nconnection: close\r\n\r\nok"),
        (_call("/", version="1.0"), _OK + b"content-length: 2\r\nconnection: close\r\n\r\nok"),
        (_call("/", "HEAD"), _OK + b"content-length: 2\r\nconnection: close\r\n\r\n"),
        (_call("/parts"), _OK + b"content-length: 2\r\nconnection: close\r\n\r\nok"),
        (_call("/closing", last=False), _OK + b"content-length: 2\r\nconnection: close\r\n\r\nok"),
        (
            _call("/none"),
            _OK + b"connection: close\r\ntransfer-encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n",
        ),
        (
            _call("/", last=False) + _call("/parts", last=False) + _call("/"),
            2 * (_OK + b"content-length: 2\r\n\r\nok")
            + (_OK + b"content-length: 2\r\nconnection: close\r\n\r\nok"),
        ),
    ],
    ids=["whole", "old", "head", "parts", "closing", "chunked", "in a row"],
)
async def test_answer_is_complete(sent: bytes, answered: bytes) -> None:
    async with listening(_app) as port:
        assert await _answered(port, sent) == answered


async def test_a_large_body_comes_whole() -> None:
    async with listening(_app) as port:
        head, _, body = (await _answered(port, _call("/large"))).partition(b"\r\n\r\n")
    assert head.startswith(_OK.rstrip())
    assert body == bytes(3 * exchange._LARGE)


@pytest.mark.parametrize("path", ["/split", "/named"])
async def test_header_with_a_line_break_is_refused(path: str, *, plain: bool) -> None:
    async with listening(_app) as port:
        answered = await _answered(port, _call(path))
    assert answered[:13] == (
        b"" if plain else b"HTTP/1.1 500 "
    )  # uvicorn assumes that its answer has started
    assert b"x-c" not in answered
    assert b"x a" not in answered


@pytest.mark.parametrize(
    ("path", "answered"),
    [
        ("/short", _OK + b"content-length: 3\r\n\r\nok"),
        ("/long", _OK + b"content-length: 1\r\n\r\n"),
        ("/broken", b""),
    ],
    ids=["short", "long", "broken"],
)
async def test_an_answer_that_is_not_whole_ends_the_connection(
    path: str, answered: bytes, *, plain: bool
) -> None:
    if plain and path == "/broken":
        answered = _OK + b"content-length: 2\r\n\r\n"  # uvicorn sends headers at once
    async with listening(_app) as port:
        assert await _answered(port, _call(path, last=False)) == answered


@pytest.fixture
def took() -> Dispatch:
    router = Router("register")

    @router.post("/x", summary="", operation_id="x", answers={})
    async def take(request: Request) -> Response:
        assert await request.body() == b"x" * 100
        return no_content()

    return serving(router.routes)


def _post(octets: int, *, chunked: bool = False) -> bytes:
    head = b"POST /api/register/x HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
    if chunked:
        chunk = b"%x\r\n" % octets + b"x" * octets + b"\r\n0\r\n\r\n"
        return head + b"Transfer-Encoding: chunked\r\n\r\n" + chunk
    return head + b"Content-Length: %d\r\n\r\n" % octets + b"x" * octets


def _refusal(answered: bytes) -> tuple[bytes, str]:
    return answered[9:12], json.loads(answered.partition(b"\r\n\r\n")[2])["code"]


@pytest.mark.parametrize("chunked", [False, True])
async def test_whole_body_is_accepted_or_too_large(took: Dispatch, *, chunked: bool) -> None:
    async with listening(took) as port:
        assert (await _answered(port, _post(100, chunked=chunked))).startswith(b"HTTP/1.1 204 ")
        refused = await _answered(port, _post(40_000, chunked=chunked))
    assert _refusal(refused) == (b"413", "invalid_request")


async def test_a_body_that_came_whole_needs_room_too(took: Dispatch) -> None:
    held = took._bodies.strangers
    async with listening(took) as port:
        with held.account("127.0.0.1") as account:
            account.add(bodies.STRANGERS_HOLD // 8 - held.octets - bodies._EACH)
            refused = await _answered(port, _post(100))
        assert _refusal(refused) == (b"503", "unavailable")
        assert (await _answered(port, _post(100))).startswith(b"HTTP/1.1 204 ")
    assert held.octets == 0


async def _json(scope: Scope, receive: Receive, send: Send) -> None:
    """Answers in JSON, at once if the receiver supports it, otherwise in parts."""

    async def by_parts(message: Message) -> None:
        await send(message)

    path = scope["path"]
    if path.endswith("/extra"):
        scope[EXTRA_HEADERS] = ((b"x-extra", b"1"),)
    answer = JsonAnswer(b'{"a":"%s"}' % (b"x" * (2 * exchange._LARGE if path.endswith("/large") else 1)), 201)
    if path.endswith("/more"):
        answer.headers["X-More"] = "1"
    await answer(scope, receive, by_parts if path.startswith("/parts") else send)


@own  # only this one sends an answer at once
@pytest.mark.parametrize("origin", ["https://example.org", "http://localhost"])
@pytest.mark.parametrize(
    "calls",
    [
        (("GET", "1.1"),),
        (("GET", "1.0"),),
        (("HEAD", "1.1"),),
        (("GET", "1.1"), ("HEAD", "1.1"), ("GET", "1.1")),
    ],
    ids=["whole", "old", "head", "in a row"],
)
async def test_immediate_answer_equals_the_one_in_parts(
    origin: str, calls: tuple[tuple[str, str], ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    at_once: list[bool] = []
    answered = exchange.Exchange.answer

    def noted(self: exchange.Exchange, status: int, lines: bytes, body: bytes) -> bool:
        at_once.append(answered(self, status, lines, body))
        return at_once[-1]

    monkeypatch.setattr(exchange.Exchange, "answer", noted)
    noticed: list[int] = []
    edge = Edge(
        _json,
        origin=origin,
        access_log=False,
        measure=lambda _scope, status, _seconds: noticed.append(status),
        watch=lambda _scope, _status: None,
    )

    def sent(path: str) -> bytes:
        *before, last = calls
        return b"".join(_call(path, method, version=version, last=False) for method, version in before) + (
            _call(path, last[0], version=last[1])
        )

    async with listening(edge) as port:
        for path in ("", "/extra", "/more", "/large"):
            once, parts = [
                re.sub(
                    rb"x-request-id: [0-9a-f]{16}",
                    b"x-request-id: X",
                    await _answered(port, sent(way + path)),
                )
                for way in ("/once", "/parts")
            ]
            assert once == parts
            assert once.count(b"HTTP/1.1 201 Created\r\ncontent-length: ") == len(calls)
            assert once.count(b"x-request-id: X\r\n") == len(calls)
            assert once.count(b"x-extra: 1") == len(calls) * (path == "/extra")
            assert once.lower().count(b"x-more: 1") == len(calls) * (path == "/more")
    assert noticed == [201] * (8 * len(calls))
    gets = sum(method == "GET" for method, _ in calls)
    assert at_once == [method == "GET" for _ in range(2) for method, _ in calls]
    assert at_once.count(True) == 2 * gets


@own  # uvicorn uses an event instead
async def test_signal_wakes_each_waiter_once() -> None:
    signal, woken = exchange.Signal(), list[int]()

    async def wait(number: int) -> None:
        await signal.wait()
        woken.append(number)

    signal.set()
    await wait(1)
    signal.clear()
    waiting = asyncio.create_task(wait(2))
    await asyncio.sleep(0.01)
    assert woken == [1]
    signal.set()
    await waiting
    await wait(3)
    signal.clear()
    later = asyncio.create_task(wait(4))
    await asyncio.sleep(0.01)
    assert woken == [1, 2, 3]
    signal.set()
    await later
