"""Clock type and wall clock of this process; services receive the time from their callers."""

import time
from collections.abc import Callable

Clock = Callable[[], int]
"""Clock function: returns ms since 1970."""


def wall_clock() -> int:
    """Returns ms since 1970."""
    return time.time_ns() // 1_000_000
