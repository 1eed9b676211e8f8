"""A reader of server-sent events connected directly to the application; it can read slowly and disconnect."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from starlette.types import ASGIApp, Message


@dataclass(slots=True)
class Reader:
    """One connection."""

    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    ended: bool = False
    started: asyncio.Event = field(default_factory=asyncio.Event)
    gone: asyncio.Event = field(default_factory=asyncio.Event)
    reads: asyncio.Event = field(default_factory=asyncio.Event)
    """While cleared, the reader accepts nothing from the service."""
    _asked: bool = False
    _text: str = ""
    _news: asyncio.Event = field(default_factory=asyncio.Event)

    async def receive(self) -> Message:
        if not self._asked:
            self._asked = True
            return {"type": "http.request", "body": b"", "more_body": False}
        await self.gone.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: Message) -> None:
        await self.reads.wait()
        if message["type"] == "http.response.start":
            self.status = message["status"]
            self.headers = {name.decode(): value.decode() for name, value in message["headers"]}
            self.started.set()
            return
        self._text += message["body"].decode()
        if not message.get("more_body", False):
            self.ended = True
            self.gone.set()
        self._news.set()

    async def block(self) -> str:
        """Returns the next block up to an empty line."""
        async with asyncio.timeout(12):
            while "\n\n" not in self._text:
                self._news.clear()
                await self._news.wait()
        block, _, self._text = self._text.partition("\n\n")
        return block

    async def event(self) -> tuple[str, Any]:
        """Returns name and data of the next event."""
        name, data = (await self.block()).split("\n")
        return name.removeprefix("event: "), json.loads(data.removeprefix("data: "))

    async def until_end(self) -> None:
        """Waits for the end of the response."""
        async with asyncio.timeout(12):
            await self.gone.wait()
        assert self.ended


@asynccontextmanager
async def calling(app: ASGIApp, path: str, *, query: str = "", **headers: str) -> AsyncIterator[Reader]:
    """Like `reading`, but doesn't wait for the response to begin."""
    async with _connected(app, path, query, headers) as reader:
        yield reader


@asynccontextmanager
async def reading(app: ASGIApp, path: str, *, query: str = "", **headers: str) -> AsyncIterator[Reader]:
    """Reads from `path`; when the body ends, the reader disconnects, and the service's call must end."""
    async with _connected(app, path, query, headers) as reader:
        async with asyncio.timeout(12):
            await reader.started.wait()
        yield reader


@asynccontextmanager
async def _connected(app: ASGIApp, path: str, query: str, headers: dict[str, str]) -> AsyncIterator[Reader]:
    reader = Reader()
    reader.reads.set()
    scope = {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "server": ("shield.example", 80),
        "client": ("192.0.2.1", 1234),
        "scheme": "http",
        "method": "GET",
        "root_path": "",
        "path": path,
        "raw_path": path.encode(),
        "query_string": query.encode(),
        "headers": [(name.lower().encode(), value.encode()) for name, value in headers.items()],
    }
    call = asyncio.ensure_future(app(scope, reader.receive, reader.send))
    try:
        yield reader
    finally:
        reader.gone.set()
        reader.reads.set()
        async with asyncio.timeout(12):
            await call
