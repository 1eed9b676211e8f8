"""What a whole check has seen, in a file, so that an interrupted one goes on: the root of each tile without a fault.

A line that says whose log it is, then 32 bytes for each tile of 256 entries. The file is the checker's own: whoever
writes it has what it speaks of passed over, up to the log's root, which is compared in any case.
"""

import os
from pathlib import Path

from mshield.pki.errors import LogFormError
from mshield.pki.tlog.merkle import HASH_BYTES
from mshield.pki.tlog.note import VerifierKey

_FORM = "mshield-log-check/v1"


class KeptRoots:
    """One such file; `roots` is what it said when it was opened."""

    def __init__(self, file: Path, key: VerifierKey) -> None:
        """Begins it where there is none. Raises LogFormError for another log's, OSError."""
        self._file, head = file, f"{_FORM} {key}\n".encode()
        content = file.read_bytes() if file.exists() else b""
        if not content:
            self._write("wb", head)
            content = head
        if not content.startswith(head):
            raise LogFormError("the file is that of another log's check, or of another form")
        held = content[len(head) :]
        whole = len(held) // HASH_BYTES * HASH_BYTES
        if whole < len(held):  # the last write was cut short
            with file.open("rb+") as cut:
                cut.truncate(len(head) + whole)
        self.roots = [held[at : at + HASH_BYTES] for at in range(0, whole, HASH_BYTES)]

    def add(self, roots: list[bytes]) -> None:
        """Those of the tiles that follow. Raises OSError."""
        self._write("ab", b"".join(roots))

    def end(self) -> None:
        """Takes the file away, as all was seen."""
        self._file.unlink(missing_ok=True)

    def _write(self, mode: str, content: bytes) -> None:
        with self._file.open(mode) as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
