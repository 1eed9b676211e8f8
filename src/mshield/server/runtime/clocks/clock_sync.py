"""Synchronisation of this machine's clock, as far as the kernel knows (adjtimex, Linux)."""

import ctypes
import sys
from functools import lru_cache
from typing import Any, Final

MOST_US: Final = 1_000_000
"""Maximum accepted error in microseconds. The kernel reports 16 s if nothing synchronises the clock."""


class _Timex(ctypes.Structure):
    """Beginning of struct timex, padded to its full size."""

    _fields_ = (
        ("modes", ctypes.c_uint),
        ("offset", ctypes.c_long),
        ("freq", ctypes.c_long),
        ("maxerror", ctypes.c_long),
        ("esterror", ctypes.c_long),
        ("rest", ctypes.c_byte * 512),
    )


def max_error_us() -> int | None:
    """Returns the clock's maximum error in microseconds; None if unknown."""
    library = _library()
    if library is None:
        return None
    timex = _Timex()  # modes 0: read only
    return int(timex.maxerror) if library.adjtimex(ctypes.byref(timex)) >= 0 else None


def is_off() -> bool:
    """Reports whether the clock is known to be off by more than a second, or not synchronised at all."""
    off = max_error_us()
    return off is not None and off > MOST_US


@lru_cache(maxsize=1)
def _library() -> Any:  # ctypes has no type for a library.
    if not sys.platform.startswith("linux"):
        return None
    library = ctypes.CDLL(None, use_errno=True)
    return library if hasattr(library, "adjtimex") else None
