"""A connection ends if no header comes, if one is too large, if it idles, or if nobody reads the answer.

What one peer sends at once is bounded too: pipelined calls, lines, data around a body. The same holds with
uvicorn's own methods.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from starlette.types import Receive, Scope, Send

from mshield.server.http.edge import connection
from mshield.server.http.edge.connection import MAX_PIPELINED, MOST_HEAD, MOST_LINES
from tests.support.listening import listening

_LARGE = 8 * 1024 * 1024
_SOON = 5.0


async def _app(scope: Scope, receive: Receive, send: Send) -> None:
    """Answers without reading the body."""
    body = bytes(_LARGE) if scope["path"] == "/large" else b"ok"
    headers = [(b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})


Peer = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class _Server:
    def __init__(self, port: int) -> None:
        self._port = port

    @asynccontextmanager
    async def peer(self, sent: bytes = b"", **options: int) -> AsyncIterator[Peer]:
        reader, writer = await asyncio.open_connection("127.0.0.1", self._port, **options)
        try:
            writer.write(sent)
            await writer.drain()
            yield reader, writer
        finally:
            writer.close()


@pytest.fixture(params=[False, True], ids=["own", "plain"], autouse=True)
def plain(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Runs uvicorn's own methods instead of the service's copies, or not."""
    monkeypatch.setattr(connection, "_PLAIN", request.param)


own = pytest.mark.parametrize("plain", [False], ids=["own"], indirect=True)


@pytest.fixture
async def server(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[_Server]:
    """A server with short timeouts and frequent checks."""
    for name, seconds in (("HEAD", 0.3), ("IDLE", 0.6), ("UNREAD", 0.3), ("_LOOK", 0.05)):
        monkeypatch.setattr(connection, f"{name}_SECONDS", seconds)
    async with listening(_app) as port:
        yield _Server(port)


async def _end(reader: asyncio.StreamReader) -> bytes:
    """Returns what came until the connection ended; fails if it doesn't end."""
    try:
        return await asyncio.wait_for(reader.read(), _SOON)
    except ConnectionResetError:
        return b""


@pytest.mark.parametrize(
    "sent",
    [b"", b"GET /", b"GET / HTTP/1.1\r\nHost: x\r\n", b"GET / HTTP/1.1\r\nHost: x\r\n\r\nGET /"],
    ids=["nothing", "line", "head", "second head"],
)
async def test_a_head_that_does_not_come_ends_the_connection(server: _Server, sent: bytes) -> None:
    async with server.peer(sent) as (reader, _):
        answered = await _end(reader)
    assert answered.count(b"200 OK") == sent.count(b"\r\n\r\n")


async def test_a_head_that_trickles_has_no_more_time(server: _Server) -> None:
    async with server.peer(b"GET / HTTP/1.1\r\n") as (reader, writer):
        ended = asyncio.create_task(_end(reader))
        while not ended.done():
            writer.write(b"a: b\r\n")
            await asyncio.sleep(0.05)
        assert await ended == b""


@pytest.mark.parametrize("end", [b"\r\n\r\n", b""], ids=["whole", "unfinished"])
async def test_a_head_has_a_largest_size(server: _Server, end: bytes) -> None:
    sent = b"GET / HTTP/1.1\r\na: " + b"b" * (2 * MOST_HEAD) + end
    async with server.peer(sent) as (reader, _):
        assert b"200 OK" not in await _end(reader)


async def test_a_head_has_so_many_lines(server: _Server) -> None:
    for lines, answer in ((MOST_LINES, b"200 OK"), (MOST_LINES + 1, b"400 Bad Request")):
        sent = b"GET / HTTP/1.1\r\n" + b"a: b\r\n" * lines + b"\r\nGET /"
        async with server.peer(sent) as (reader, _):
            assert answer in await _end(reader)


async def test_calls_sent_ahead_are_few(server: _Server) -> None:
    """Ten thousand in one piece would block the process for seconds, and take gigabytes with sixty connections."""
    call = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
    for count, answers in ((MAX_PIPELINED, MAX_PIPELINED), (10_000, 0)):
        async with server.peer(call * count) as (reader, _):
            assert (await _end(reader)).count(b"200 OK") == answers


_CHUNKED = b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"


@pytest.mark.parametrize(
    ("beginning", "more"),
    [
        (b"0\r\na: ", b"b" * 65_536),
        (b"0\r\n", b"a:\r\n" * 16_384),
        (b"1;a=", b"b" * 65_536),
        (b"", b"1;aaaaaaaaaaaa\r\nb\r\n" * 3_000),
    ],
    ids=["line after the body", "lines after the body", "words of a chunk", "words of chunks"],
)
async def test_data_around_a_body_are_bounded(
    server: _Server, monkeypatch: pytest.MonkeyPatch, beginning: bytes, more: bytes
) -> None:
    """Unbounded, it would be stored, and copied for each new piece: one peer would block all others."""
    monkeypatch.setattr(connection, "HEAD_SECONDS", 2.0)
    async with server.peer(_CHUNKED + beginning) as (reader, writer):
        ended, sent = asyncio.create_task(_end(reader)), 0
        with contextlib.suppress(ConnectionError):
            while not ended.done():
                writer.write(more)
                sent += len(more)
                await writer.drain()
                await asyncio.sleep(0.001)
        await ended
        assert sent < 100 * MOST_HEAD  # within the system's own buffers


async def test_small_chunks_come_through(server: _Server) -> None:
    body = b"8\r\n12345678\r\n" * 50_000 + b"0\r\na: b\r\n\r\n"
    async with server.peer(_CHUNKED + body + b"GET / HTTP/1.1\r\nHost: x\r\n\r\n") as (reader, _):
        assert (await _end(reader)).count(b"200 OK") == 2


async def test_trickled_bytes_do_not_keep_an_idle_connection(server: _Server) -> None:
    """The server's own timer is reset by any byte, but an empty line doesn't start a call."""
    async with server.peer(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n") as (reader, writer):
        await asyncio.sleep(0.1)
        writer.write(b"\r\n")
        assert (await _end(reader)).endswith(b"ok")


async def test_unread_body_ends_the_connection(server: _Server) -> None:
    async with server.peer(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n") as (
        reader,
        writer,
    ):
        ended = asyncio.create_task(_end(reader))
        while not ended.done():
            writer.write(b"x")
            await asyncio.sleep(0.05)
        assert b"200 OK" in await ended


@own  # the timer is the same in both, and this takes long
async def test_peer_that_does_not_read_is_disconnected(server: _Server) -> None:
    async with server.peer(b"GET /large HTTP/1.1\r\nHost: x\r\n\r\n", limit=1024) as (reader, _):
        await asyncio.sleep(1.5)
        try:
            came = len(await asyncio.wait_for(reader.read(), _SOON))
        except ConnectionResetError:
            came = 0
        assert came < _LARGE


@own  # the timer is the same in both, and this takes long
async def test_slow_reader_gets_everything(server: _Server) -> None:
    async with server.peer(b"GET /large HTTP/1.1\r\nHost: x\r\n\r\n") as (reader, _):
        came = 0
        while came < _LARGE:
            came += len(await reader.read(512 * 1024))
            await asyncio.sleep(0.03)
        assert came > _LARGE


async def test_connections_in_use_stay(server: _Server) -> None:
    async with server.peer() as (reader, writer):
        for _ in range(8):
            writer.write(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            assert b"200 OK" in await reader.readuntil(b"ok")
            await asyncio.sleep(0.2)


@pytest.mark.parametrize(
    "head",
    [
        b"Content-Length: 2\r\nTransfer-Encoding: chunked",
        b"Transfer-Encoding: chunked\r\nContent-Length: 2",
        b"Content-Length: 2\r\nContent-Length: 7",
        b"Transfer-Encoding: xchunked",
        b"Transfer-Encoding: chunked, identity",
        b"Content-Length: +2",
    ],
)
async def test_call_with_two_lengths_is_refused(server: _Server, head: bytes) -> None:
    """A proxy may use the other length, and take what is hidden in this call for the next one."""
    hidden = b"0\r\n\r\nGET /hidden HTTP/1.1\r\nHost: x\r\n\r\n"
    async with server.peer(b"POST / HTTP/1.1\r\nHost: x\r\n" + head + b"\r\n\r\n" + hidden) as (reader, _):
        answered = await _end(reader)
    assert answered.startswith(b"HTTP/1.1 400 ")
    assert b"200 OK" not in answered
