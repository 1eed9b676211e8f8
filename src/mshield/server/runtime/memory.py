"""Return of large blocks of memory to the system, which glibc otherwise keeps for later use."""

import ctypes
import sys
from typing import Final

_MMAP_THRESHOLD: Final = -3
"""Number of glibc's option M_MMAP_THRESHOLD."""
_LARGE: Final = 1024 * 1024


def return_large_blocks() -> bool:
    """Lets blocks from 1 MiB on be returned when they are freed; returns whether the C library can do that.

    By default glibc raises this limit to 32 MiB once a block of that size was freed, so a few bodies of 20 MB
    would occupy hundreds of MiB from then on.
    """
    if not sys.platform.startswith("linux"):
        return False
    library = ctypes.CDLL(None)
    return hasattr(library, "mallopt") and library.mallopt(_MMAP_THRESHOLD, _LARGE) == 1
