"""Ends calls whose time is over: one timer for all that are under way, since one for each costs more than its call.

As `asyncio.timeout` otherwise: the call's task is cancelled, and what was cancelled by somebody else stays so.
"""

import asyncio
from types import TracebackType
from typing import Final

from mshield.web.problems import TookTooLong

_LOOK_SECONDS: Final = 0.1
"""So much later than its time a call may be ended."""


class Deadlines:
    """Of one process's calls."""

    def __init__(self) -> None:
        self._open: dict[Deadline, None] = {}
        self._timer: asyncio.TimerHandle | None = None

    def within(self, seconds: float, late: type[Exception] = TookTooLong) -> "Deadline":
        """A context in which the task that enters it has so long. It raises `late` where that is over."""
        return Deadline(self, seconds, late)

    def add(self, deadline: "Deadline", loop: asyncio.AbstractEventLoop) -> None:
        """Looks after one more."""
        self._open[deadline] = None
        if self._timer is None:
            self._timer = loop.call_later(_LOOK_SECONDS, self._look, loop)

    def remove(self, deadline: "Deadline") -> None:
        """It has ended."""
        del self._open[deadline]

    def _look(self, loop: asyncio.AbstractEventLoop) -> None:
        now = loop.time()
        for deadline in self._open:
            deadline.end_if_over(now)
        self._timer = loop.call_later(_LOOK_SECONDS, self._look, loop) if self._open else None


class Deadline:
    """One call's, as a context manager."""

    __slots__ = ("_among", "_cancelling", "_due", "_is_over", "_late", "_seconds", "_task")

    _task: asyncio.Task[object]

    def __init__(self, among: Deadlines, seconds: float, late: type[Exception]) -> None:
        self._among, self._seconds, self._late = among, seconds, late
        self._due, self._cancelling, self._is_over = 0.0, 0, False

    def __enter__(self) -> None:
        task = asyncio.current_task()
        assert task is not None  # noqa: S101  # for the type
        loop = task.get_loop()
        self._task, self._cancelling, self._due = task, task.cancelling(), loop.time() + self._seconds
        self._among.add(self, loop)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._among.remove(self)
        if not self._is_over:
            return
        # Where others cancelled the task as well, it ends for them.
        if self._task.uncancel() <= self._cancelling and isinstance(
            error, asyncio.CancelledError | TimeoutError
        ):
            raise self._late from error

    def end_if_over(self, now: float) -> None:
        """Cancels the task once, where its time is over."""
        if now >= self._due and not self._is_over:
            self._is_over = True
            self._task.cancel()
