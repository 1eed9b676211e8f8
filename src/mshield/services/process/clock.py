"""The clock of this process; whatever is done takes the time from its caller."""

import time
from collections.abc import Callable

Clock = Callable[[], int]
"""Tells milliseconds since 1970."""


def wall_clock() -> int:
    """Milliseconds since 1970."""
    return time.time_ns() // 1_000_000
