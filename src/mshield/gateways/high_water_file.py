"""How far the service has come, kept outside of the database: its last mark there, in a file that only goes on.

A database that is restored from an older copy lacks what this file knows of. Several processes may share it.
"""

import fcntl
import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from mshield.store.operations.known_mark import Mark

_DIGITS: Final = 20
TOKEN_BYTES: Final = 16
_FORM: Final = re.compile(rb"(\d{20}) ([0-9a-f]{32}) (\d{20})")


class BadHighWaterFile(Exception):
    """The file is there and can't be used; nothing was changed."""

    code = "bad_high_water_file"

    def __init__(self, path: Path) -> None:
        self.zh = f"水位文件 {path} 已损坏或不可写"
        self.en = f"the high-water file {path} is damaged or can't be written"
        super().__init__(self.en)


@dataclass(frozen=True, slots=True)
class HighWaterFile:
    """Number, token in hexadecimal and time of the last mark, 74 octets.

    Written in place and synced: one sector, so never half of it. At `path` itself an earlier release kept the number
    alone, and would again if it came back: the greater one counts.
    """

    path: Path

    def read(self) -> Mark | None:
        """The last mark, or None where there is no file yet. Raises BadHighWaterFile."""
        marks = (self._read(self._marks, _parse), self._read(self.path, _parse_number))
        return max((mark for mark in marks if mark is not None), default=None)

    def raise_to(self, mark: Mark) -> None:
        """Writes the mark unless the file has a later one; durable when it returns. Raises BadHighWaterFile."""
        text = f"{mark.number:0{_DIGITS}d} {mark.token.hex()} {mark.at:0{_DIGITS}d}".encode()
        try:
            self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            with self._locked() as descriptor:
                known = os.pread(descriptor, len(text) + 1, 0)
                if not known or self._parsed(known, _parse) < mark:
                    os.pwrite(descriptor, text, 0)
                    os.fsync(descriptor)
        except OSError as error:
            raise BadHighWaterFile(self.path) from error

    @property
    def _marks(self) -> Path:
        return self.path.with_name(f"{self.path.name}.mark")

    def _read(self, path: Path, parse: Callable[[bytes], Mark | None]) -> Mark | None:
        try:
            return self._parsed(path.read_bytes(), parse)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise BadHighWaterFile(path) from error

    @contextmanager
    def _locked(self) -> Iterator[int]:
        descriptor = os.open(self._marks, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield descriptor
        finally:
            os.close(descriptor)

    def _parsed(self, content: bytes, parse: Callable[[bytes], Mark | None]) -> Mark:
        mark = parse(content)
        if mark is None:
            raise BadHighWaterFile(self.path)
        return mark


def _parse(content: bytes) -> Mark | None:
    parts = _FORM.fullmatch(content)
    return None if parts is None else Mark(int(parts[1]), bytes.fromhex(parts[2].decode()), int(parts[3]))


def _parse_number(content: bytes) -> Mark | None:
    return Mark(int(content), b"", 0) if len(content) == _DIGITS and content.isdigit() else None
