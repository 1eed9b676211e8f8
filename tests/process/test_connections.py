"""A connection has an end: where no head comes, where one grows too large, where a rest is none, where nobody reads.

And what one peer sends at once is bounded: calls ahead, lines, what stands about a body.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
import uvicorn
from starlette.types import Receive, Scope, Send

from mshield.web.edge import connection
from mshield.web.edge.connection import MOST_AHEAD, MOST_HEAD, MOST_LINES, Connection

_LARGE = 8 * 1024 * 1024
_SOON = 5.0


async def _app(scope: Scope, receive: Receive, send: Send) -> None:
    """Answers without taking the body."""
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


@pytest.fixture
async def server(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[_Server]:
    """Times are short here; looked after often."""
    for name, seconds in (("HEAD", 0.3), ("IDLE", 0.6), ("UNREAD", 0.3), ("_LOOK", 0.05)):
        monkeypatch.setattr(connection, f"{name}_SECONDS", seconds)
    config = uvicorn.Config(_app, port=0, http=Connection, ws="none", lifespan="off", log_config=None)
    running = uvicorn.Server(config)
    task = asyncio.create_task(running.serve())
    while not running.started:  # noqa: ASYNC110  # the server sets no event
        await asyncio.sleep(0.01)
    yield _Server(running.servers[0].sockets[0].getsockname()[1])
    running.should_exit = True
    await task


async def _end(reader: asyncio.StreamReader) -> bytes:
    """What came until the connection ended; fails where it doesn't."""
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
    """Ten thousand in one piece held the process up for seconds, and took gigabytes from sixty connections."""
    call = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
    for count, answers in ((MOST_AHEAD, MOST_AHEAD), (10_000, 0)):
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
async def test_what_stands_about_a_body_is_bounded(
    server: _Server, monkeypatch: pytest.MonkeyPatch, beginning: bytes, more: bytes
) -> None:
    """Without end it was kept, and copied for each piece that came: one peer held all others up."""
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
        assert sent < 100 * MOST_HEAD  # what the system's own buffers take


async def test_small_chunks_come_through(server: _Server) -> None:
    body = b"8\r\n12345678\r\n" * 50_000 + b"0\r\na: b\r\n\r\n"
    async with server.peer(_CHUNKED + body + b"GET / HTTP/1.1\r\nHost: x\r\n\r\n") as (reader, _):
        assert (await _end(reader)).count(b"200 OK") == 2


async def test_a_rest_is_no_way_to_stay(server: _Server) -> None:
    """The server's own timer ends with any octet, and an empty line begins no call."""
    async with server.peer(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n") as (reader, writer):
        await asyncio.sleep(0.1)
        writer.write(b"\r\n")
        assert (await _end(reader)).endswith(b"ok")


async def test_a_body_that_nobody_waits_for_does_not_go_on_for_ever(server: _Server) -> None:
    async with server.peer(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n") as (
        reader,
        writer,
    ):
        ended = asyncio.create_task(_end(reader))
        while not ended.done():
            writer.write(b"x")
            await asyncio.sleep(0.05)
        assert b"200 OK" in await ended


async def test_who_does_not_read_is_left(server: _Server) -> None:
    async with server.peer(b"GET /large HTTP/1.1\r\nHost: x\r\n\r\n", limit=1024) as (reader, _):
        await asyncio.sleep(1.5)
        try:
            came = len(await asyncio.wait_for(reader.read(), _SOON))
        except ConnectionResetError:
            came = 0
        assert came < _LARGE


async def test_who_reads_slowly_gets_all(server: _Server) -> None:
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
async def test_a_call_of_two_lengths_is_none(server: _Server, head: bytes) -> None:
    """Whatever stands in front may have taken the other: the next call would be whose is hidden in this one."""
    hidden = b"0\r\n\r\nGET /hidden HTTP/1.1\r\nHost: x\r\n\r\n"
    async with server.peer(b"POST / HTTP/1.1\r\nHost: x\r\n" + head + b"\r\n\r\n" + hidden) as (reader, _):
        answered = await _end(reader)
    assert answered.startswith(b"HTTP/1.1 400 ")
    assert b"200 OK" not in answered
