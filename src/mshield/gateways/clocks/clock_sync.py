"""Whether this machine's clock is kept in time, as far as the kernel knows (adjtimex, Linux)."""

import ctypes
import sys
from functools import lru_cache
from typing import Any, Final

MOST_US: Final = 1_000_000
"""Microseconds by which the clock may be off; a kernel that nobody tells the time says sixteen seconds."""


class _Timex(ctypes.Structure):
    """The beginning of struct timex, and room for the rest."""

    _fields_ = (
        ("modes", ctypes.c_uint),
        ("offset", ctypes.c_long),
        ("freq", ctypes.c_long),
        ("maxerror", ctypes.c_long),
        ("esterror", ctypes.c_long),
        ("rest", ctypes.c_byte * 512),
    )


def may_be_off_us() -> int | None:
    """By how many microseconds the clock may be off; None where nothing tells."""
    library = _library()
    if library is None:
        return None
    timex = _Timex()  # modes 0: read alone
    return int(timex.maxerror) if library.adjtimex(ctypes.byref(timex)) >= 0 else None


def is_off() -> bool:
    """Whether the clock is known to be off by more than a second, or not to be kept at all."""
    off = may_be_off_us()
    return off is not None and off > MOST_US


@lru_cache(maxsize=1)
def _library() -> Any:  # ctypes has no type for one
    if not sys.platform.startswith("linux"):
        return None
    library = ctypes.CDLL(None, use_errno=True)
    return library if hasattr(library, "adjtimex") else None
