"""A held call that answers once: when the state is another one than its caller knows, or after so many seconds."""

import asyncio
from collections.abc import Callable
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from mshield.domain import errors
from mshield.services.context import Context
from mshield.services.requests.follow import Followed
from mshield.web.problems import problem
from mshield.web.waiting.held import Asker, Held, Look

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
        "description": "the state that the caller knows",
        "schema": {"type": "string", "maxLength": 16, "default": "waiting"},
    },
]
"""OpenAPI's parameters of a call that waits for a change."""


def seconds_of(request: Request) -> int:
    """How long the caller wants to wait. Raises InvalidRequest."""
    text = request.query_params.get("wait", "0")
    if not (text.isascii() and text.isdecimal() and len(text) <= 2 and int(text) <= MOST_SECONDS):
        raise errors.InvalidRequest(fields=["wait"])
    return int(text)


class LongPoll(Held):
    """`tell` makes the answer of the state."""

    __slots__ = ("_call", "_found", "_known", "_seconds", "_tell", "_until")

    def __init__(
        self,
        context: Context,
        request_id: str,
        look: Look,
        *,
        asker: Asker,
        known: str,
        seconds: int,
        tell: Callable[[Followed], Response],
    ) -> None:
        super().__init__(context, request_id, look, asker=asker)
        self._known, self._seconds, self._tell = known, seconds, tell
        self._found: Followed | None = None
        self._until = 0.0
        self._call: tuple[Scope, Receive] | None = None

    async def begin(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers at once where there are news."""
        self._call = scope, receive
        self._until = asyncio.get_running_loop().time() + self._seconds
        self._found = self.first
        await super().begin(scope, receive, send)

    async def step(self, time: float) -> None:
        """Answers where it is time to."""
        self._found = await self.look(time) or self._found
        over = time >= self._until or self.context.events.stopped
        if self._found is not None and (over or self._found.state != self._known):
            await self._answer(self._tell(self._found))
            return
        self.due = min(self.look_at, self._until)

    async def failed(self) -> None:
        """The caller asks again when they may."""
        assert self._call is not None  # noqa: S101  # `begin` has set it
        await self._answer(problem(Request(self._call[0]), errors.Unavailable(retry_after=1)))

    async def _answer(self, answer: Response) -> None:
        assert self._call is not None  # noqa: S101  # `begin` has set both
        assert self.send is not None  # noqa: S101  # `begin` has set both
        self.ended = True
        await answer(*self._call, self.send)
