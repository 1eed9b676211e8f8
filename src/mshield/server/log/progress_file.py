"""Progress file of a full check, for continuing an interrupted one: the roots of the tiles found intact.

A first line names the log; 32 bytes follow for each tile of 256 entries. Only the checker may have write
access to the file: another writer could make the check skip entries, though the log's root is always
compared.
"""

import os
from pathlib import Path

from mshield.pki.errors import LogFormError
from mshield.pki.tlog.merkle import HASH_BYTES
from mshield.pki.tlog.note import VerifierKey

_FORM = "mshield-log-check/v1"


class ProgressFile:
    """A progress file; `roots` is its content when it was opened."""

    def __init__(self, file: Path, key: VerifierKey) -> None:
        """Creates the file if there is none. Raises: LogFormError (another log's file), OSError."""
        self._file, head = file, f"{_FORM} {key}\n".encode()
        content = file.read_bytes() if file.exists() else b""
        if not content:
            self._write("wb", head)
            content = head
        if not content.startswith(head):
            raise LogFormError("the file belongs to the check of another log, or is malformed")
        stored = content[len(head) :]
        whole = len(stored) // HASH_BYTES * HASH_BYTES
        if whole < len(stored):  # The last write was interrupted.
            with file.open("rb+") as cut:
                cut.truncate(len(head) + whole)
        self.roots = [stored[at : at + HASH_BYTES] for at in range(0, whole, HASH_BYTES)]

    def add(self, roots: list[bytes]) -> None:
        """Appends the roots of the next tiles. Raises: OSError."""
        self._write("ab", b"".join(roots))

    def end(self) -> None:
        """Deletes the file after a complete check."""
        self._file.unlink(missing_ok=True)

    def _write(self, mode: str, content: bytes) -> None:
        with self._file.open(mode) as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
