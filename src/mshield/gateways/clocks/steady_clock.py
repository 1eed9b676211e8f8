"""How long this machine runs: a clock that nobody sets, beside which a wall clock that jumps is seen.

Linux tells it, the time of sleep included, in a file and by a call that costs a tenth as much (docs/adr/0073): the file
is asked where something could stand between this process and the call. Elsewhere Python's own steady clock is taken,
whose begin means nothing to another process.
"""

import functools
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

_UPTIME: Final = Path("/proc/uptime")
_BOOT: Final = Path("/proc/sys/kernel/random/boot_id")
_PRELOADED: Final = Path("/etc/ld.so.preload")
_NS: Final = 1_000_000
_APART_MS: Final = 1_000
"""Between the file, which tells hundredths of a second, and the call, right after it."""


def steady_clock() -> int:
    """Milliseconds since this machine was started, or since some moment that stays the same in this process."""
    return _reader()()


def reader() -> Callable[[], int]:
    """What `steady_clock` asks, for whoever asks at each call."""
    return _reader()


def boot() -> str | None:
    """What tells this start of the machine from all others; None where `steady_clock` is of this process alone."""
    if _opened() is None:
        return None
    try:
        return _BOOT.read_text(encoding="ascii").strip() or None
    except OSError:
        return None


@functools.lru_cache(maxsize=1)
def _reader() -> Callable[[], int]:
    if _opened() is None:
        return _own
    by_call = _by_call()
    if by_call is None or may_be_faked() or abs(by_call() - _by_file()) > _APART_MS:
        return _by_file
    return by_call


def may_be_faked() -> bool:
    """Whether a library was put before the system's own in this process, as those are that fake its clocks."""
    try:
        of_machine = _PRELOADED.read_bytes().strip()
    except OSError:
        of_machine = b""
    return bool(os.environ.get("LD_PRELOAD") or of_machine)


def _own() -> int:
    return time.monotonic_ns() // _NS


def _by_file() -> int:
    place = _opened()
    assert place is not None  # noqa: S101  # for the type: `_reader` has asked
    return int(float(os.pread(place, 64, 0).split()[0]) * 1000)


def _by_call() -> Callable[[], int] | None:
    """The clock that the file prints, from the kernel's page that each process has."""
    if sys.platform != "linux":
        return None
    return lambda: time.clock_gettime_ns(time.CLOCK_BOOTTIME) // _NS


@functools.lru_cache(maxsize=1)
def _opened() -> int | None:
    """The file, open for as long as the process lives: whoever reads it again from its start gets the time then."""
    try:
        place = os.open(_UPTIME, os.O_RDONLY | os.O_CLOEXEC)
        os.pread(place, 64, 0).split()[0]
    except (OSError, IndexError):
        return None
    return place
