"""The cipher machine in software (`sdf.c`), compiled once for a process; see there what it does and what goes wrong."""

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

from mshield.settings import Settings

PASSWORD: Final = "right-of-use-1"
_SOURCE: Final = Path(__file__).parent / "sdf.c"


class Fault(IntEnum):
    """What goes wrong from now on; the numbers are those of `sdf.c`."""

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
    """The library, and what it tells of itself."""

    library: Path
    _c: ctypes.CDLL

    def settings(self, **changed: Any) -> Settings:
        """Settings that name it, with its password."""
        return Settings(**{"sdf_library": self.library, "sdf_password": PASSWORD, **changed})

    def fault(self, kind: Fault) -> None:
        """Has it go wrong."""
        self._c.STUB_fault(int(kind))

    @property
    def open(self) -> tuple[int, int]:
        """Open devices and sessions."""
        return self._c.STUB_count(0), self._c.STUB_count(1)

    @property
    def wrong_passwords(self) -> int:
        """How often it refused a password."""
        return int(self._c.STUB_count(2))

    @property
    def signatures(self) -> int:
        """How many it made."""
        return int(self._c.STUB_count(3))


@lru_cache(maxsize=1)
def compiled_machine() -> Machine:
    """The library, made with the system's compiler and OpenSSL."""
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
