"""Work on whole lists in a thread, beside the loop: it takes seconds, in which the loop gets its turns soon enough.

Python's own five milliseconds until a thread hands the interpreter's lock over are waited for at each step of each
call: a login has a hundred steps. While such work goes on it is one millisecond, which slows the work by little.
"""

import asyncio
import sys
from collections.abc import Callable
from functools import partial
from threading import Lock
from typing import Final, ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")

TURN_SECONDS: Final = 0.001
_lock: Final = Lock()
_under_way: list[float] = []
"""The interval of before, once for each that goes on."""


async def aside(work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """What `work` gives, of a thread; raises what it raises. It goes on to its end where its caller has gone."""
    return await asyncio.to_thread(_in_short_turns, partial(work, *args, **kwargs))


def _in_short_turns(work: Callable[[], T]) -> T:
    with _lock:
        _under_way.append(_under_way[0] if _under_way else sys.getswitchinterval())
        sys.setswitchinterval(TURN_SECONDS)
    try:
        return work()
    finally:
        with _lock:
            before = _under_way.pop()
            if not _under_way:
                sys.setswitchinterval(before)
