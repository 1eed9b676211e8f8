"""What a run makes once for all of its processes, in a folder that goes with it."""

import fcntl
import os
from collections.abc import Callable
from pathlib import Path
from typing import Final

_FOLDER: Final = "TESTS_RUN_FOLDER"


def share(folder: Path) -> None:
    """Says where, before the first that asks."""
    os.environ[_FOLDER] = str(folder)


def is_shared() -> bool:
    """Whether this is a run of tests, which has such a folder."""
    return _FOLDER in os.environ


def once(name: str, make: Callable[[Path], object]) -> Path:
    """The file or folder of this name, which `make` makes at the path that it gets where no process has made it yet."""
    place = Path(os.environ[_FOLDER]) / name
    with place.with_name(f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not place.exists():
            new = place.with_name(f"{name}.new")
            make(new)
            new.rename(place)
    return place
