"""Calls held open while a request waits, at little cost: one timer for all, no task and no buffer per waiting call.

A held call only listens for the end of its connection. A task exists only while the call is being written to;
changes that happen during that are noted and written afterwards.
"""

import asyncio
import logging
from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Final, Literal, cast

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from mshield.server.context import Context
from mshield.server.errors import TooManyRequests, Unavailable
from mshield.server.requests.follow import Followed
from mshield.server.requests.rules import OPEN

NEVER: Final = float("inf")
_TICK_SECONDS: Final = 0.2
_AGAIN_SECONDS: Final = 2.0
_JUST_AFTER_SECONDS: Final = 0.002
_RETRY_AFTER: Final = 5
Asker = Literal["page", "system"]
"""Kind of caller that holds a call. Each kind has its own limit per request, so that somebody with a page's token can't

shut out business systems. A tenth of the process's places is reserved for business systems: anyone can begin
logins, each with a waiting page. A business system's calls, and those of its pages, may occupy at most
`_OF_ONE_SYSTEM` times the places that are still free, so each further system finds some.
"""

_OF_ONE_SYSTEM: Final = 4
"""Maximum places of one business system per free place: alone it gets 80 % of all places, each of two 44 %."""

Look = Callable[[int], Awaitable[Followed]]
"""Function that returns the request's state at a time (ms)."""

_log = logging.getLogger(__name__)


class HeldCalls:
    """All held calls of this process, within the limits on their number."""

    def __init__(self) -> None:
        self._calls: set[Held] = set()
        self._pages = 0
        self._by_system: Counter[tuple[Asker, str]] = Counter()
        self._by_request: Counter[tuple[Asker, str]] = Counter()
        self._timer: asyncio.TimerHandle | None = None

    def __len__(self) -> int:
        return len(self._calls)

    async def hold(self, held: "Held") -> Response:
        """Holds a call and returns it as an answer.

        Raises: as `held.read_first`; TooManyRequests (limit per request or business system), Unavailable (limit
        per process, or stopping).
        """
        self._admit(held)
        held.context.events.watch(held.request_id, held.wake)
        try:
            await held.read_first()
            self._admit_system(held)
        except BaseException:
            self.dismiss(held)
            raise
        if self._timer is None:
            self._arm()
        return HeldAnswer(self, held)

    def dismiss(self, held: "Held") -> None:
        """Removes a call and releases its place."""
        self._calls.remove(held)
        self._pages -= held.asker == "page"
        held.context.events.unwatch(held.request_id, held.wake)
        _release(self._by_request, (held.asker, held.request_id))
        if held.client_id is not None:
            _release(self._by_system, (held.asker, held.client_id))

    def _admit(self, held: "Held") -> None:
        settings, place = held.context.settings, (held.asker, held.request_id)
        if self._by_request[place] >= settings.requests.waiting_per_request:
            raise TooManyRequests(retry_after=_RETRY_AFTER)
        most = settings.process.waiting_per_process
        is_full = len(self._calls) >= most or (held.asker == "page" and self._pages >= most * 9 // 10)
        if is_full or held.context.events.stopped:
            raise Unavailable(retry_after=_RETRY_AFTER)
        self._calls.add(held)
        self._pages += held.asker == "page"
        self._by_request[place] += 1

    def _admit_system(self, held: "Held") -> None:
        """Counts a call, whose place is taken, for the system of its request. Raises: TooManyRequests."""
        assert held.first is not None  # noqa: S101  # `read_first` has set it
        most = held.context.settings.process.waiting_per_process
        free = most - len(self._calls)
        if held.asker == "page":
            free = min(free, most * 9 // 10 - self._pages)
        place = held.asker, held.first.client_id
        if self._by_system[place] >= _OF_ONE_SYSTEM * (free + 1):
            raise TooManyRequests(retry_after=_RETRY_AFTER)
        held.client_id = held.first.client_id
        self._by_system[place] += 1

    def _arm(self) -> None:
        self._timer = asyncio.get_running_loop().call_later(_TICK_SECONDS, self._tick)

    def _tick(self) -> None:
        time = asyncio.get_running_loop().time()
        for held in self._calls:
            if held.due <= time:
                held.write_soon()
        self._timer = None
        if self._calls:
            self._arm()


def _release(places: Counter[tuple[Asker, str]], place: tuple[Asker, str]) -> None:
    places[place] -= 1
    if not places[place]:
        del places[place]


class HeldAnswer(Response):
    """Held call as a Starlette response; ends when the caller disconnects, which also follows a complete answer."""

    def __init__(self, calls: HeldCalls, held: "Held") -> None:
        # Doesn't call `Response.__init__`: status, headers and body are sent by the held call.
        self._calls, self._held = calls, held

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Holds the call until its connection ends."""
        scope["headers"].clear()  # not needed any more, and a fifth of a held call's memory
        try:
            await self._held.begin(scope, receive, send)
            while (await receive())["type"] != "http.disconnect":
                pass
        finally:
            self._calls.dismiss(self._held)


class Held:
    """Base class of held calls: a subclass writes due data in `step`. Times are the loop's, in seconds."""

    __slots__ = (
        "_busy",
        "_is_stale",
        "_look",
        "_look_at",
        "_task",
        "asker",
        "client_id",
        "context",
        "due",
        "ended",
        "first",
        "request_id",
        "send",
    )

    def __init__(self, context: Context, request_id: str, look: Look, *, asker: Asker) -> None:
        self.context, self.request_id, self.asker = context, request_id, asker
        self.client_id: str | None = None  # the request's system, once its share admitted the call
        self.first: Followed | None = None
        self._is_stale = False  # whether `first` may be older than the last change
        self.due = NEVER
        self.ended = False
        self.send: Send | None = None
        self._look = look
        self._look_at = 0.0
        self._busy = True  # until `begin` provides `send`
        self._task: asyncio.Task[None] | None = None

    async def begin(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002  # subclasses need them
        """Writes the data that are due at the start."""
        self.send, self.due = send, 0.0
        await self._write()

    async def step(self, time: float) -> None:
        """Writes the data that are due, then sets the next `due`, and `ended` after the last write."""
        raise NotImplementedError

    async def failed(self) -> None:
        """Handles a failed step; by default the call stays open and the step is retried."""

    def wake(self) -> None:
        """Notifies the call that its request may have changed."""
        self._is_stale = True
        self.due = self._look_at = 0.0
        self.write_soon()

    def write_soon(self) -> None:
        """Writes due data in a task; a task that is already running continues until nothing is due."""
        if not self._busy:
            self._busy = True
            self._task = asyncio.get_running_loop().create_task(self._write())

    async def read_first(self) -> None:
        """Reads the state before anything is answered, while an error can still be reported."""
        self.first = await self._look(self.context.clock())

    async def look(self, time: float) -> Followed | None:
        """Returns the request's state if a read is due; None if it isn't, or if the process is stopping."""
        events = self.context.events
        if time < self._look_at or events.stopped:
            return None
        self._look_at = (
            time + events.look_again_seconds
        )  # set before reading, so that a change during the read triggers another one
        now = self.context.clock()
        first, self.first = self.first, None
        followed = await self._look(now) if first is None or self._is_stale else first
        if followed.state in OPEN:
            over = time + (followed.expires_at - now) / 1000 + _JUST_AFTER_SECONDS
            self._look_at = min(self._look_at, over)
        return followed

    @property
    def look_at(self) -> float:
        """Time of the next read."""
        return self._look_at

    async def _write(self) -> None:
        clock = asyncio.get_running_loop().time
        try:
            while not self.ended and self.due <= (time := clock()):
                try:
                    await self.step(time)
                except Exception as error:  # noqa: BLE001  # usually a database error
                    _log.warning("a held call could not be brought up to date: %s", type(error).__name__)
                    self.due = self._look_at = clock() + _AGAIN_SECONDS
                    await self.failed()
        finally:
            self._busy, self._task = False, None


def held_calls_of(request: Request) -> HeldCalls:
    return cast("HeldCalls", request.app.state.held_calls)
