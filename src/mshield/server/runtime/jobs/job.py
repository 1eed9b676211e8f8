"""Definition of a job: a name, a period, and a function of the process that runs it."""

from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any, Final, Generic, Protocol, TypeVar

from mshield.server.database.interface import Database
from mshield.server.runtime.clocks.watch import ClockWatch
from mshield.server.runtime.events import Events

LONGEST_WAIT_SECONDS: Final = 60
"""Maximum wait between retries of a failing job."""


class Process(Protocol):
    """Process that runs jobs, as a job sees it; `clock` returns ms, `clock_watch` reports whether that is in doubt."""

    @property
    def db(self) -> Database: ...

    @property
    def clock(self) -> Callable[[], int]: ...

    @property
    def clock_watch(self) -> ClockWatch: ...

    @property
    def events(self) -> Events: ...


P = TypeVar("P", bound=Process)


@dataclass(frozen=True, slots=True)
class Job(Generic[P]):
    """A job; `run` returns how much it did (0: nothing), and any exception is a failure.

    It must tolerate being interrupted anywhere and run again: a process may be killed, or frozen past its lease.
    """

    name: str
    seconds: int
    run: Callable[[P], Coroutine[Any, Any, int]]
    wanted: Callable[[P], Coroutine[Any, Any, bool]] | None = None
    """Called when a request changed; reports whether to run now, before the job is due."""

    limit_seconds: float = 900.0
    """Time after which an unfinished run is considered hung; it is then cancelled and logged."""


def seconds_after(failures: int) -> int:
    """Returns a job's delay after this many failures in a row: 2, 4, 8 … s, up to a minute."""
    return min(1 << min(failures, 10), LONGEST_WAIT_SECONDS)
