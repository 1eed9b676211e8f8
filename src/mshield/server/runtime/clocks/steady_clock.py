"""Uptime of this machine: a clock that can't be set, used to detect jumps of the wall clock.

Linux provides it, including time asleep, in a file and by a call that costs a tenth as much (docs/adr/0073).
The file is used if a preloaded library could fake the call. On other systems Python's own monotonic clock is
used, whose start means nothing to another process.
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
"""Maximum difference in ms between the file, which has hundredths of a second, and the call right after it."""


def reader() -> Callable[[], int]:
    """Returns the clock: milliseconds since this machine was started, or since a moment fixed within this process."""
    return _reader()


def boot() -> str | None:
    """Returns an id of this boot of the machine; None if the clock is valid in this process only."""
    if _open_uptime() is None:
        return None
    try:
        return _BOOT.read_text(encoding="ascii").strip() or None
    except OSError:
        return None


@functools.lru_cache(maxsize=1)
def _reader() -> Callable[[], int]:
    if _open_uptime() is None:
        return _by_python
    by_call = _by_call()
    if by_call is None or has_preloaded_library() or abs(by_call() - _by_file()) > _APART_MS:
        return _by_file
    return by_call


def has_preloaded_library() -> bool:
    """Reports whether a library is preloaded into this process, which may fake its clocks."""
    try:
        of_machine = _PRELOADED.read_bytes().strip()
    except OSError:
        of_machine = b""
    return bool(os.environ.get("LD_PRELOAD") or of_machine)


def _by_python() -> int:
    return time.monotonic_ns() // _NS


def _by_file() -> int:
    place = _open_uptime()
    assert place is not None  # noqa: S101  # for the type checker: `_reader` has checked it
    return int(float(os.pread(place, 64, 0).split()[0]) * 1000)


def _by_call() -> Callable[[], int] | None:
    """Returns the clock that the file shows, read through the vDSO without a system call."""
    if sys.platform != "linux":
        return None
    return lambda: time.clock_gettime_ns(time.CLOCK_BOOTTIME) // _NS


@functools.lru_cache(maxsize=1)
def _open_uptime() -> int | None:
    """Opens the file for the life of the process: each read from its start returns the current time."""
    try:
        place = os.open(_UPTIME, os.O_RDONLY | os.O_CLOEXEC)
        os.pread(place, 64, 0).split()[0]
    except (OSError, IndexError):
        return None
    return place
