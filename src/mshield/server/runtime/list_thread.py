"""Runs long work on whole lists or large contents in a thread, without delaying the event loop.

By default a Python thread holds the interpreter lock for five milliseconds, and every step of every call
would wait that long; a login has a hundred steps. While such work runs, the interval is half a millisecond,
which slows the work only a little. A single call into C holds the lock for its whole duration, so large data
must be processed by pieces.
"""

import asyncio
import sys
from collections.abc import Callable
from concurrent.futures import Executor
from functools import partial
from threading import Lock
from typing import Final, ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")

TURN_SECONDS: Final = 0.0005
_lock: Final = Lock()
_intervals: list[float] = []
"""Previous switch interval, once per running piece of work."""


async def run_in_thread(work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Runs `work` in a thread and returns its result; raises what it raises.

    The work runs to its end even if the caller is cancelled.
    """
    return await asyncio.to_thread(_run_with_short_interval, partial(work, *args, **kwargs))


async def run_in_pool(pool: Executor, work: Callable[[], T]) -> T:
    """Runs `work` like `run_in_thread`, in a thread of `pool`."""
    return await asyncio.get_running_loop().run_in_executor(pool, _run_with_short_interval, work)


def _run_with_short_interval(work: Callable[[], T]) -> T:
    with _lock:
        _intervals.append(_intervals[0] if _intervals else sys.getswitchinterval())
        sys.setswitchinterval(TURN_SECONDS)
    try:
        return work()
    finally:
        with _lock:
            before = _intervals.pop()
            if not _intervals:
                sys.setswitchinterval(before)
