"""Files made once per test run for all its processes, in a folder that is deleted afterwards."""

import fcntl
import os
from collections.abc import Callable
from pathlib import Path
from typing import Final

_FOLDER: Final = "TESTS_RUN_FOLDER"


def share(folder: Path) -> None:
    """Sets the folder; call it before the first use."""
    os.environ[_FOLDER] = str(folder)


def is_shared() -> bool:
    """Reports whether this is a test run with such a folder."""
    return _FOLDER in os.environ


def once(name: str, make: Callable[[Path], object]) -> Path:
    """Returns the file or folder of this name; if no process has made it yet, `make` makes it at the path it gets."""
    place = Path(os.environ[_FOLDER]) / name
    with place.with_name(f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not place.exists():
            new = place.with_name(f"{name}.new")
            make(new)
            new.rename(place)
    return place
