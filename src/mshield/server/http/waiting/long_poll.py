"""Held call that answers once: when the state differs from the one its caller knows, or after a timeout."""

import asyncio
from collections.abc import Callable
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from mshield.server.context import Context
from mshield.server.errors import InvalidRequest, Unavailable
from mshield.server.http.problems import problem
from mshield.server.http.waiting.held import Asker, Held, Look
from mshield.server.requests.follow import Followed

MOST_SECONDS: Final = 60
PARAMETERS: Final[list[dict[str, Any]]] = [
    {
        "name": "wait",
        "in": "query",
        "required": False,
        "description": "seconds to wait for a change",
        "schema": {"type": "integer", "minimum": 0, "maximum": MOST_SECONDS, "default": 0},
    },
    {
        "name": "state",
        "in": "query",
        "required": False,
        "description": "the state that the caller already has",
        "schema": {"type": "string", "maxLength": 16, "default": "waiting"},
    },
]
"""OpenAPI parameters of calls that wait for a change."""


def seconds_of(request: Request) -> int:
    """Returns how many seconds the caller wants to wait. Raises: InvalidRequest."""
    text = request.query_params.get("wait", "0")
    if not (text.isascii() and text.isdecimal() and len(text) <= 2 and int(text) <= MOST_SECONDS):
        raise InvalidRequest(fields=["wait"])
    return int(text)


class LongPoll(Held):
    """Long poll; `build` builds the answer from the state."""

    __slots__ = ("_build", "_call", "_found", "_known", "_seconds", "_until")

    def __init__(
        self,
        context: Context,
        request_id: str,
        look: Look,
        *,
        asker: Asker,
        known: str,
        seconds: int,
        build: Callable[[Followed], Response],
    ) -> None:
        super().__init__(context, request_id, look, asker=asker)
        self._known, self._seconds, self._build = known, seconds, build
        self._found: Followed | None = None
        self._until = 0.0
        self._call: tuple[Scope, Receive] | None = None

    async def begin(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers immediately if the state has already changed."""
        self._call = scope, receive
        self._until = asyncio.get_running_loop().time() + self._seconds
        self._found = self.first
        await super().begin(scope, receive, send)

    async def step(self, time: float) -> None:
        """Answers if the state has changed or the waiting time is over."""
        self._found = await self.look(time) or self._found
        over = time >= self._until or self.context.events.stopped
        if self._found is not None and (over or self._found.state != self._known):
            await self._answer(self._build(self._found))
            return
        self.due = min(self.look_at, self._until)

    async def failed(self) -> None:
        """Answers 503; the caller may retry after a second."""
        assert self._call is not None  # noqa: S101  # `begin` has set it
        await self._answer(problem(Request(self._call[0]), Unavailable(retry_after=1)))

    async def _answer(self, answer: Response) -> None:
        assert self._call is not None  # noqa: S101  # `begin` has set both
        assert self.send is not None  # noqa: S101  # `begin` has set both
        self.ended = True
        await answer(*self._call, self.send)
