"""Calls that are held while a request waits, lean: one timer for all, no task and no buffer for one that only waits.

A held call waits for nothing but the end of its connection. It is written to by a task that lives as long as the
writing; news meanwhile only mark that there are more.
"""

import asyncio
import logging
from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Final, Literal, cast

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from mshield.domain import errors
from mshield.domain.requests import OPEN
from mshield.services.context import Context
from mshield.services.requests.follow import Followed

NEVER: Final = float("inf")
_TICK_SECONDS: Final = 0.2
_AGAIN_SECONDS: Final = 2.0
_JUST_AFTER_SECONDS: Final = 0.002
_RETRY_AFTER: Final = 5
Asker = Literal["page", "system"]
"""Who holds a call. Both have places of their own: somebody with a page's token can't shut out business systems.

A tenth of the process's places is for business systems alone: anybody may begin logins, with pages that wait.
"""

Look = Callable[[int], Awaitable[Followed]]
"""The request's state at a time (ms)."""

_log = logging.getLogger(__name__)


class HeldCalls:
    """All held calls of this process, and how many there may be."""

    def __init__(self) -> None:
        self._calls: set[Held] = set()
        self._pages = 0
        self._by_request: Counter[tuple[Asker, str]] = Counter()
        self._timer: asyncio.TimerHandle | None = None

    def __len__(self) -> int:
        return len(self._calls)

    async def hold(self, held: "Held") -> Response:
        """The call as an answer. Raises what looking raises, TooManyRequests, Unavailable where too many are held."""
        self._admit(held)
        held.context.events.watch(held.request_id, held.stir)
        try:
            await held.look_first()
        except BaseException:
            self.dismiss(held)
            raise
        if self._timer is None:
            self._arm()
        return HeldAnswer(self, held)

    def dismiss(self, held: "Held") -> None:
        """Forgets a call."""
        self._calls.remove(held)
        self._pages -= held.asker == "page"
        held.context.events.unwatch(held.request_id, held.stir)
        place = held.asker, held.request_id
        self._by_request[place] -= 1
        if not self._by_request[place]:
            del self._by_request[place]

    def _admit(self, held: "Held") -> None:
        settings, place = held.context.settings, (held.asker, held.request_id)
        if self._by_request[place] >= settings.waiting_per_request:
            raise errors.TooManyRequests(retry_after=_RETRY_AFTER)
        most = settings.waiting_per_process
        is_full = len(self._calls) >= most or (held.asker == "page" and self._pages >= most * 9 // 10)
        if is_full or held.context.events.stopped:
            raise errors.Unavailable(retry_after=_RETRY_AFTER)
        self._calls.add(held)
        self._pages += held.asker == "page"
        self._by_request[place] += 1

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


class HeldAnswer(Response):
    """A held call as the framework takes it. It ends when it has said all, or when its caller goes."""

    def __init__(self, calls: HeldCalls, held: "Held") -> None:
        # Sets nothing of what Response.__init__ would: what is sent comes later.
        self._calls, self._held = calls, held

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Holds the call."""
        scope["headers"].clear()  # nobody reads them any more, and they are a fifth of what a call holds
        try:
            await self._held.begin(scope, receive, send)
            while (await receive())["type"] != "http.disconnect":
                pass
        finally:
            self._calls.dismiss(self._held)


class Held:
    """What is to be written and when; times are the loop's, in seconds. A kind of call says how, by `step`."""

    __slots__ = (
        "_busy",
        "_is_stale",
        "_look",
        "_look_at",
        "_task",
        "asker",
        "context",
        "due",
        "ended",
        "first",
        "request_id",
        "send",
    )

    def __init__(self, context: Context, request_id: str, look: Look, *, asker: Asker) -> None:
        self.context, self.request_id, self.asker = context, request_id, asker
        self.first: Followed | None = None
        self._is_stale = False  # whether `first` may be older than the last change
        self.due = NEVER
        self.ended = False
        self.send: Send | None = None
        self._look = look
        self._look_at = 0.0
        self._busy = True  # until there is where to write
        self._task: asyncio.Task[None] | None = None

    async def begin(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002  # some kinds need them
        """Writes what is due from the start."""
        self.send, self.due = send, 0.0
        await self._write()

    async def step(self, time: float) -> None:
        """Writes what is due, sets `due` anew, and `ended` after the last."""
        raise NotImplementedError

    async def failed(self) -> None:
        """Called where a step failed; by default the call is held on, and the step is tried again."""

    def stir(self) -> None:
        """There may be news."""
        self._is_stale = True
        self.due = self._look_at = 0.0
        self.write_soon()

    def write_soon(self) -> None:
        """Writes what is due, unless that is under way: then it goes on until nothing is."""
        if not self._busy:
            self._busy = True
            self._task = asyncio.get_running_loop().create_task(self._write())

    async def look_first(self) -> None:
        """The state before anything is answered, so that a refusal is still possible."""
        self.first = await self._look(self.context.clock())

    async def look(self, time: float) -> Followed | None:
        """The state, where it is time to look and the process isn't about to end."""
        events = self.context.events
        if time < self._look_at or events.stopped:
            return None
        self._look_at = (
            time + events.look_again_seconds
        )  # before looking: what happens meanwhile is news again
        now = self.context.clock()
        first, self.first = self.first, None
        followed = await self._look(now) if first is None or self._is_stale else first
        if followed.state in OPEN:
            over = time + (followed.expires_at - now) / 1000 + _JUST_AFTER_SECONDS
            self._look_at = min(self._look_at, over)
        return followed

    @property
    def look_at(self) -> float:
        """When it is time to look again."""
        return self._look_at

    async def _write(self) -> None:
        clock = asyncio.get_running_loop().time
        try:
            while not self.ended and self.due <= (time := clock()):
                try:
                    await self.step(time)
                except Exception as error:  # noqa: BLE001  # mostly the database's
                    _log.warning("a held call could not be brought up to date: %s", type(error).__name__)
                    self.due = self._look_at = clock() + _AGAIN_SECONDS
                    await self.failed()
        finally:
            self._busy, self._task = False, None


def held_calls_of(request: Request) -> HeldCalls:
    """The process's held calls."""
    return cast("HeldCalls", request.app.state.held_calls)
