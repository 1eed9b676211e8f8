"""Folder for the tests' files: in memory if there is room, so that tests don't wait for a shared disk.

No test depends on commits reaching the disk: killing a process loses nothing from the system's cache.
"""

import os
import shutil
from pathlib import Path
from typing import Final

_MEMORY: Final = Path("/dev/shm")  # noqa: S108  # only inspected; pytest makes its own closed folder in it
_ROOM: Final = 4 << 30
"""Bytes that a full test run may need, including files left by an earlier failed run."""


def folder_in_memory() -> str | None:
    """Returns a folder in memory with enough room that allows running programs; None if there is none."""
    if not os.access(_MEMORY, os.W_OK) or not os.path.ismount(_MEMORY):
        return None
    if os.statvfs(_MEMORY).f_flag & os.ST_NOEXEC or shutil.disk_usage(_MEMORY).free < _ROOM:
        return None
    return str(_MEMORY) if _available() >= _ROOM else None


def _available() -> int:
    """Returns the bytes of memory available to programs; 0 if unknown."""
    try:
        lines = Path("/proc/meminfo").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) << 10 for line in lines if line.startswith("MemAvailable:")), 0)
