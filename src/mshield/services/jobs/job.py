"""What a job is: a name, a period, and a function of the running service."""

from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any, Final

from mshield.services.context import Context

LONGEST_WAIT_SECONDS: Final = 60
"""Between two tries of a job that keeps failing."""


@dataclass(frozen=True, slots=True)
class Job:
    """`run` gives how much it did, 0 for nothing; whatever it raises is a failure.

    It must bear being cut short anywhere and being run again: a process may be killed, or frozen past its lease.
    """

    name: str
    seconds: int
    run: Callable[[Context], Coroutine[Any, Any, int]]
    wanted: Callable[[Context], Coroutine[Any, Any, bool]] | None = None
    """Asked when a request changed: whether to run now, before it is due."""

    limit_seconds: float = 900.0
    """After which a run that hasn't ended is taken for hung, ended and told of."""


def seconds_after(failures: int) -> int:
    """How long a job waits after that many failures in a row: 2, 4, 8 … up to a minute."""
    return min(1 << min(failures, 10), LONGEST_WAIT_SECONDS)
