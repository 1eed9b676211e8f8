"""Where the tests' files lie: in memory, where there is room, so that no test waits for a disk that others use too.

What a commit's way to the disk is worth no test can see: those that kill a process lose nothing of the system's cache.
"""

import os
import shutil
from pathlib import Path
from typing import Final

_MEMORY: Final = Path("/dev/shm")  # noqa: S108  # only looked at; pytest makes its own closed folder in it
_ROOM: Final = 4 << 30
"""Bytes that a run of all tests may come to fill, a failed one's files of before with them."""


def folder_in_memory() -> str | None:
    """One whose files are in memory, may be run as programs and have enough room; None where there is none."""
    if not os.access(_MEMORY, os.W_OK) or not os.path.ismount(_MEMORY):
        return None
    if os.statvfs(_MEMORY).f_flag & os.ST_NOEXEC or shutil.disk_usage(_MEMORY).free < _ROOM:
        return None
    return str(_MEMORY) if _available() >= _ROOM else None


def _available() -> int:
    """Bytes of memory that programs may still take; none where the system doesn't tell."""
    try:
        lines = Path("/proc/meminfo").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) << 10 for line in lines if line.startswith("MemAvailable:")), 0)
