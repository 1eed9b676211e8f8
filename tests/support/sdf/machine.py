"""The software cipher machine (`sdf.c`), compiled once per process; `sdf.c` describes its functions and faults."""

import atexit
import ctypes
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from enum import IntEnum
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from mshield.server.settings.settings import Settings

PASSWORD: Final = "right-of-use-1"
_SOURCE: Final = Path(__file__).parent / "sdf.c"


class Fault(IntEnum):
    """Faults to simulate; the numbers are those of `sdf.c`."""

    NONE = 0
    WRONG_SIGNATURE = 1
    LOST_SESSIONS = 2
    HANGS = 3
    FIELDS_OF_256_BITS = 4
    LEFT_ALIGNED = 5
    ZERO_SIGNATURE = 6
    GONE = 7


@dataclass(frozen=True)
class Machine:
    """The library, and its counters."""

    library: Path
    _c: ctypes.CDLL

    def settings(self, **changed: Any) -> Settings:
        """Returns settings with the library and its password."""
        return Settings.of(**{"sdf_library": self.library, "sdf_password": PASSWORD, **changed})

    def fault(self, kind: Fault) -> None:
        """Simulates this fault from now on."""
        self._c.STUB_fault(int(kind))

    @property
    def open(self) -> tuple[int, int]:
        """Numbers of open devices and sessions."""
        return self._c.STUB_count(0), self._c.STUB_count(1)

    @property
    def wrong_passwords(self) -> int:
        """Number of refused passwords."""
        return int(self._c.STUB_count(2))

    @property
    def signatures(self) -> int:
        """Number of signatures made."""
        return int(self._c.STUB_count(3))


@lru_cache(maxsize=1)
def compiled_machine() -> Machine:
    """Compiles the library with the system's compiler and OpenSSL."""
    folder = Path(tempfile.mkdtemp(prefix="sdf-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    library = folder / "libsdf.so"
    command = (
        "cc",
        "-Wall",
        "-Wextra",
        "-Werror",
        "-shared",
        "-fPIC",
        "-o",
        str(library),
        str(_SOURCE),
        "-lcrypto",
    )
    subprocess.run(command, check=True)
    return Machine(library, ctypes.CDLL(str(library)))
