"""High-water file: the database's latest mark, kept outside the database in a file that only moves forward.

A database restored from an older copy lacks the mark in this file. Several processes may share the file.
"""

import fcntl
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from mshield.server.runtime.rows.known_mark import Mark

_DIGITS: Final = 20
TOKEN_BYTES: Final = 16
_FORM: Final = re.compile(rb"(\d{20}) ([0-9a-f]{32}) (\d{20})")


class BadHighWaterFile(Exception):
    """The file exists but can't be used; nothing was changed."""

    code = "bad_high_water_file"

    def __init__(self, path: Path) -> None:
        self.zh = f"水位文件 {path} 已损坏或不可写"
        self.en = f"the high-water file {path} is damaged or can't be written"
        super().__init__(self.en)


@dataclass(frozen=True, slots=True)
class HighWaterFile:
    """File with number, token in hexadecimal and time of the last mark, 74 bytes.

    Written in place and synced; it fits in one sector, so it is never half-written.
    """

    path: Path

    def read(self) -> Mark | None:
        """Returns the last mark, or None if there is no file yet. Raises: BadHighWaterFile."""
        try:
            return self._parsed(self.path.read_bytes())
        except FileNotFoundError:
            return None
        except OSError as error:
            raise BadHighWaterFile(self.path) from error

    def raise_to(self, mark: Mark) -> None:
        """Writes the mark unless the file has a later one; durable on return. Raises: BadHighWaterFile."""
        text = f"{mark.number:0{_DIGITS}d} {mark.token.hex()} {mark.at:0{_DIGITS}d}".encode()
        try:
            self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            with self._locked() as descriptor:
                current = os.pread(descriptor, len(text) + 1, 0)
                if not current or self._parsed(current) < mark:
                    os.pwrite(descriptor, text, 0)
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

    def _parsed(self, content: bytes) -> Mark:
        parts = _FORM.fullmatch(content)
        if parts is None:
            raise BadHighWaterFile(self.path)
        return Mark(int(parts[1]), bytes.fromhex(parts[2].decode()), int(parts[3]))
