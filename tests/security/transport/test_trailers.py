"""Lines after a chunked body never become headers (N13): a peer could choose its address or smuggle any header."""

import asyncio
import json
import re

import pytest
from starlette.types import Receive, Scope, Send

from mshield.server.http.edge import connection
from tests.support.listening import listening

_HEAD = b"POST / HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: 192.0.2.1\r\nTransfer-Encoding: chunked\r\n\r\n"
_TRAILERS = (
    b"X-Forwarded-For: 198.51.100.7\r\nAuthorization: Bearer t\r\nCookie: a=b\r\nIdempotency-Key: k\r\n"
    b"Expect: 100-continue\r\n"
)
_END = b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"


async def _app(scope: Scope, receive: Receive, send: Send) -> None:
    """Reads the body, then answers with the headers."""
    while (await receive()).get("more_body"):
        pass
    body = json.dumps([name.decode() for name, _ in scope["headers"]]).encode()
    headers = [(b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})


@pytest.mark.parametrize("plain", [False, True], ids=["own", "plain"])
@pytest.mark.parametrize("pause", [0.0, 0.1], ids=["in one piece", "in pieces"])
async def test_trailers_are_dropped(monkeypatch: pytest.MonkeyPatch, *, plain: bool, pause: float) -> None:
    monkeypatch.setattr(connection, "_PLAIN", plain)
    async with listening(_app) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for piece in (_HEAD, b"2\r\n{}\r\n", b"0\r\n" + _TRAILERS + b"\r\n", _END):
            writer.write(piece)
            if pause:
                await writer.drain()
                await asyncio.sleep(pause)
        answered = await asyncio.wait_for(reader.read(), 10)
        writer.close()
    assert b"100 Continue" not in answered
    heads = [json.loads(body) for body in re.findall(rb"\[[^\]]*\]", answered)]
    assert heads == [["host", "x-forwarded-for", "transfer-encoding"], ["host", "connection"]]
