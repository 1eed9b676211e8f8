"""How far the service has come, kept outside of the database: a number in a file that only grows.

A database that is restored from an older copy lacks what this file knows of. Several processes may share it.
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_DIGITS: Final = 20


class BadHighWaterFile(Exception):
    """The file is there and can't be used; nothing was changed."""

    code = "bad_high_water_file"

    def __init__(self, path: Path) -> None:
        self.zh = f"水位文件 {path} 已损坏或不可写"
        self.en = f"the high-water file {path} is damaged or can't be written"
        super().__init__(self.en)


@dataclass(frozen=True, slots=True)
class HighWaterFile:
    """The number is 20 digits, written in place and synced: one sector, so never half of it."""

    path: Path

    def read(self) -> int | None:
        """The number, or None where there is no file yet. Raises BadHighWaterFile."""
        try:
            return self._parse(self.path.read_bytes())
        except FileNotFoundError:
            return None
        except OSError as error:
            raise BadHighWaterFile(self.path) from error

    def raise_to(self, mark: int) -> None:
        """Writes the number unless the file has a greater one; durable when it returns. Raises BadHighWaterFile."""
        try:
            self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            with self._locked() as descriptor:
                known = os.pread(descriptor, _DIGITS, 0)
                if not known or self._parse(known) < mark:
                    os.pwrite(descriptor, f"{mark:0{_DIGITS}d}".encode(), 0)
                    os.fsync(descriptor)
        except OSError as error:
            raise BadHighWaterFile(self.path) from error

    @contextmanager
    def _locked(self) -> Iterator[int]:
        descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield descriptor
        finally:
            os.close(descriptor)

    def _parse(self, content: bytes) -> int:
        if len(content) != _DIGITS or not content.isdigit():
            raise BadHighWaterFile(self.path)
        return int(content)
