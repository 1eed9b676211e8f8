"""Storage folder of the virtual phone: private (0700, files 0600), each file replaced atomically and durably.

A write is a temporary file, fsync, rename, fsync of the folder: after a crash the old or the new content
remains, never a mixture. This is the protocol's `durability: "strict"`. One operation at a time holds the
lock.
"""

import fcntl
import os
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from mshield.client.errors import PhoneError

_LOCK: Final = "lock"
_POLL_SECONDS: Final = 0.05


@dataclass(frozen=True, slots=True)
class Folder:
    """A private folder; names are plain file names inside it."""

    path: Path

    def create(self) -> None:
        """Creates the folder, or removes other users' access to an existing one."""
        self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.path.chmod(0o700)

    def read(self, name: str) -> bytes | None:
        """Returns the content of a file, or None if it doesn't exist."""
        try:
            return (self.path / name).read_bytes()
        except FileNotFoundError:
            return None

    def write(self, name: str, content: bytes) -> None:
        """Replaces the file; returns when the new content would survive a power failure."""
        temporary = self.path / f".{name}.{secrets.token_hex(8)}"
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(self.path / name)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
        self._sync()

    def remove(self, name: str) -> None:
        """Removes the file durably; does nothing if it doesn't exist."""
        (self.path / name).unlink(missing_ok=True)
        self._sync()

    @contextmanager
    def locked(self, *, patience: float) -> Iterator[None]:
        """Locks the folder for one operation. Raises: PhoneError (`phone_in_use`) after `patience` seconds."""
        descriptor = os.open(self.path / _LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            _acquire(descriptor, patience)
            self._sweep()
            yield
        finally:
            os.close(descriptor)  # releases the lock

    def _sweep(self) -> None:
        """Removes temporary files of a killed process; only the lock's holder may."""
        for left in self.path.glob(".*.*"):
            left.unlink(missing_ok=True)

    def _sync(self) -> None:
        descriptor = os.open(self.path, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _acquire(descriptor: int, patience: float) -> None:
    until = time.monotonic() + patience
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= until:
                raise PhoneError("phone_in_use") from None
            time.sleep(_POLL_SECONDS)
        else:
            return
