"""How long this machine runs: a clock that nobody sets, beside which a wall clock that jumps is seen.

Linux tells it in a file, the time of sleep included, to a hundredth of a second; elsewhere Python's own steady clock is
taken, whose begin means nothing to another process.
"""

import functools
import os
import time
from pathlib import Path
from typing import Final

_UPTIME: Final = Path("/proc/uptime")
_BOOT: Final = Path("/proc/sys/kernel/random/boot_id")


def steady_clock() -> int:
    """Milliseconds since this machine was started, or since some moment that stays the same in this process."""
    place = _opened()
    if place is None:
        return time.monotonic_ns() // 1_000_000
    return int(float(os.pread(place, 64, 0).split()[0]) * 1000)


def boot() -> str | None:
    """What tells this start of the machine from all others; None where `steady_clock` is of this process alone."""
    if _opened() is None:
        return None
    try:
        return _BOOT.read_text(encoding="ascii").strip() or None
    except OSError:
        return None


@functools.lru_cache(maxsize=1)
def _opened() -> int | None:
    """The file, open for as long as the process lives: whoever reads it again from its start gets the time then."""
    try:
        place = os.open(_UPTIME, os.O_RDONLY | os.O_CLOEXEC)
        os.pread(place, 64, 0).split()[0]
    except (OSError, IndexError):
        return None
    return place
