"""Storage of a witness in an SQLite file of its own: its key, the logs it watches, and the last state of each.

A checkpoint is cosigned only after it is on disk, in the transaction that compared it with the last one: of
two concurrent ones the second is compared with the first. If the file is lost, the witness must start with a
new key.
"""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from mshield.pki.errors import LogError, LogFormError, LogProofError, LogSignatureError
from mshield.pki.tlog.add_checkpoint import AddCheckpoint
from mshield.pki.tlog.cosignature import WitnessKey, cosign
from mshield.pki.tlog.merkle import EMPTY_ROOT, check_consistency
from mshield.pki.tlog.note import Checkpoint, VerifierKey, open_checkpoint

_SCHEMA: Final = """
CREATE TABLE witness (id INTEGER PRIMARY KEY CHECK (id = 1), name TEXT NOT NULL, private BLOB NOT NULL);
CREATE TABLE logs (origin TEXT PRIMARY KEY, vkey TEXT NOT NULL, size INTEGER NOT NULL, root BLOB NOT NULL, note TEXT);
"""


class UnknownLog(LogError):
    """The witness doesn't watch this log."""

    code = "unknown_log"
    zh = "见证人不见证此日志"


class OtherSize(LogError):
    """The witness knows the log with another `size` than the caller assumes."""

    code = "other_size"
    zh = "见证人记录的日志长度不同"

    def __init__(self, size: int) -> None:
        self.size = size
        super().__init__(f"the witness knows the log with {size} entries")


class Memory:
    """Storage file of a witness; every call opens it again, so that threads and processes can share it."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def begin(self, name: str) -> WitnessKey:
        """Creates the file with a new key. Raises: FileExistsError, LogFormError (a name that no key can have)."""
        private = Ed25519PrivateKey.generate()
        key = WitnessKey(name, private.public_key().public_bytes_raw())
        os.close(os.open(self._file, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        with self._open() as connection:
            connection.executescript(_SCHEMA)
            connection.execute("INSERT INTO witness VALUES (1, ?, ?)", (name, private.private_bytes_raw()))
        return key

    def key(self) -> WitnessKey:
        """Returns the witness's own key. Raises: LogFormError (the file isn't a witness's)."""
        with self._open() as connection:
            name, private = self._own(connection)
        return WitnessKey(name, private.public_key().public_bytes_raw())

    def add_log(self, log: VerifierKey) -> None:
        """Watches a log from its beginning. Raises: LogFormError (its name is watched with another key)."""
        with self._open() as connection:
            connection.execute("BEGIN IMMEDIATE")
            connection.execute(
                "INSERT INTO logs (origin, vkey, size, root) VALUES (?, ?, 0, ?) ON CONFLICT (origin) DO NOTHING",
                (log.name, str(log), EMPTY_ROOT),
            )
            (vkey,) = connection.execute("SELECT vkey FROM logs WHERE origin = ?", (log.name,)).fetchone()
            connection.execute("COMMIT")
        if vkey != str(log):
            raise LogFormError(f"{log.name} is watched with another key")

    def logs(self) -> list[tuple[str, int]]:
        with self._open() as connection:
            return connection.execute("SELECT origin, size FROM logs ORDER BY origin").fetchall()

    def add(self, asked: AddCheckpoint, *, now: int) -> str:
        """Stores a checkpoint that continues the last one, and returns the line with the cosignature.

        Raises: UnknownLog, LogSignatureError, LogFormError, OtherSize, LogProofError (nothing is stored
        then).
        """
        with self._open() as connection:
            connection.execute("BEGIN IMMEDIATE")
            row = connection.execute(
                "SELECT vkey, size, root FROM logs WHERE origin = ?", (asked.origin,)
            ).fetchone()
            if row is None:
                raise UnknownLog(f"{asked.origin} is not watched here")
            checkpoint = open_checkpoint(asked.note, VerifierKey.parse(row[0]))
            _require_next(asked, checkpoint, size=row[1], root=row[2])
            name, private = self._own(connection)
            connection.execute(
                "UPDATE logs SET size = ?, root = ?, note = ? WHERE origin = ?",
                (checkpoint.size, checkpoint.root, asked.note, checkpoint.origin),
            )
            connection.execute("COMMIT")
        return cosign(asked.note, WitnessKey(name, private.public_key().public_bytes_raw()), private, now=now)

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        if not self._file.exists():
            raise LogFormError(f"{self._file} is not there: run `mshield witness init`")
        try:
            with closing(sqlite3.connect(self._file, timeout=30, isolation_level=None)) as connection:
                connection.execute("PRAGMA synchronous = FULL")
                yield connection
        except sqlite3.DatabaseError as error:
            raise LogFormError(
                f"{self._file} is not a witness's file, or can't be written: {error}"
            ) from error

    @staticmethod
    def _own(connection: sqlite3.Connection) -> tuple[str, Ed25519PrivateKey]:
        name, private = connection.execute("SELECT name, private FROM witness").fetchone()
        return name, Ed25519PrivateKey.from_private_bytes(private)


def _require_next(asked: AddCheckpoint, checkpoint: Checkpoint, *, size: int, root: bytes) -> None:
    """Checks that the checkpoint continues the last one, in the order of C2SP tlog-witness."""
    if asked.old > checkpoint.size:
        raise LogFormError("the old size is greater than the checkpoint's")
    if asked.old != size:
        raise OtherSize(size)
    if size == checkpoint.size and root != checkpoint.root:
        raise OtherSize(size)
    if size == 0 and checkpoint.size:  # every log begins with size 0, so there is nothing to prove
        if asked.proof:
            raise LogProofError("a proof from size 0 is empty")
        return
    check_consistency(old=size, size=checkpoint.size, old_root=root, root=checkpoint.root, proof=asked.proof)


__all__ = ["LogProofError", "LogSignatureError", "Memory", "OtherSize", "UnknownLog"]
