"""Process that simulates many PCs waiting for requests: `python -m benches.waiting_readers`.

It reads its orders as one line of JSON. It answers with one line when all wait, and another with the time at
which each PC got its news.
"""

import asyncio
import json
import resource
import sys
import time
from typing import Any, Final

_OPENING: Final = 50
"""Number of connections opened concurrently."""

_HEADERS: Final = (
    "Host: localhost\r\n"
    "User-Agent: Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0\r\n"
    "Accept-Language: zh-CN,zh;q=0.9,en;q=0.8\r\n"
    "Accept-Encoding: gzip, deflate, br, zstd\r\n"
    "Origin: https://www.singlewindow.example\r\n"
    "Referer: https://www.singlewindow.example/\r\n"
    "Sec-Fetch-Site: cross-site\r\nSec-Fetch-Mode: cors\r\nSec-Fetch-Dest: empty\r\n"
)
"""Headers of about the size that a browser sends; the service keeps them in memory while the PC waits."""


class Pc(asyncio.Protocol):
    """One page that waits for one request."""

    def __init__(self, request_id: str, token: str, *, poll: bool) -> None:
        self.request_id, self._token, self._poll = request_id, token, poll
        self.waits: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.notified: asyncio.Future[float] = asyncio.get_running_loop().create_future()
        self._transport: Any = None
        self._text = b""
        self._known = "waiting"

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport
        self._ask()
        if self._poll:
            self.waits.set_result(None)

    def _ask(self) -> None:
        tail = f"?wait=60&state={self._known}" if self._poll else "/events"
        head = f"GET /api/pc/requests/{self.request_id}{tail} HTTP/1.1\r\n{_HEADERS}"
        self._transport.write(f"{head}Authorization: Bearer {self._token}\r\n\r\n".encode())

    def data_received(self, data: bytes) -> None:
        self._text += data
        if not self.waits.done():
            self.waits.set_result(None)
        if b'"state":"signed"' in self._text and not self.notified.done():
            self.notified.set_result(time.monotonic())
        if self._poll and self._text.endswith(b"}"):
            if b'"state":"scanned"' in self._text:
                self._known = "scanned"
            self._text = b""
            if not self.notified.done():
                self._ask()
        self._text = self._text[-2048:]


async def main() -> None:
    """Waits for the requests named in the orders."""
    resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
    loop = asyncio.get_running_loop()
    for line in sys.stdin:
        order = json.loads(line)
        pcs = [Pc(each["id"], each["token"], poll=order["poll"]) for each in order["requests"]]
        for first in range(0, len(pcs), _OPENING):
            group = pcs[first : first + _OPENING]
            made = iter(group)
            await asyncio.gather(
                *(loop.create_connection(made.__next__, "127.0.0.1", order["port"]) for _ in group)
            )
            await asyncio.gather(*(pc.waits for pc in group))
        print("waiting", flush=True)
        awaited = set(order["timed"])
        times = {pc.request_id: await pc.notified for pc in pcs if pc.request_id in awaited}
        print(json.dumps(times), flush=True)


if __name__ == "__main__":
    asyncio.run(main())
