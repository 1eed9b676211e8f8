"""Database of this system: SQLite, one connection, statements short enough for the event loop."""

import json
import sqlite3
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

Lines = tuple[tuple[str, str], ...]
_MOST: Final = 2**63 - 1
"""Largest id: SQLite's integers have 64 bits."""
_SCHEMA: Final = Path(__file__).with_name("schema.sql")
_OF: Final = "SELECT id, title, lines, state, reason, signer, cms, evidence, changed_at FROM tasks"


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """A task to sign; `lines` are the signed content, label and value."""

    id: int
    title: str
    lines: Lines
    state: str
    reason: str | None
    signer: str | None
    cms: bytes | None
    evidence: bytes | None
    changed_at: int


class Store:
    """Store of everything."""

    def __init__(self, path: Path) -> None:
        self._db = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        self._db.row_factory = sqlite3.Row
        self._db.executescript("PRAGMA journal_mode = WAL;")
        self._db.executescript(_SCHEMA.read_text("utf-8"))

    def close(self) -> None:
        """Closes the file."""
        self._db.close()

    def put_session(
        self,
        id_hash: bytes,
        *,
        csrf: str,
        asked: bytes | None,
        task_id: int | None,
        person: str | None,
        until: int,
    ) -> None:
        """Stores a session, and deletes those that have ended."""
        self._db.execute("DELETE FROM sessions WHERE expires_at <= ?", (now(),))
        self._db.execute(
            "INSERT INTO sessions (id_hash, csrf, asked, task_id, person, expires_at) VALUES (?, ?, ?, ?, ?, ?)"
            " ON CONFLICT (id_hash) DO UPDATE"
            " SET asked = excluded.asked, task_id = excluded.task_id, person = excluded.person",
            (id_hash, csrf, asked, task_id, person, until),
        )

    def session(self, id_hash: bytes) -> sqlite3.Row | None:
        """Returns a session that hasn't ended."""
        found: sqlite3.Row | None = self._db.execute(
            "SELECT csrf, asked, task_id, person, expires_at FROM sessions WHERE id_hash = ? AND expires_at > ?",
            (id_hash, now()),
        ).fetchone()
        return found

    def end_session(self, id_hash: bytes) -> None:
        """Deletes the session."""
        self._db.execute("DELETE FROM sessions WHERE id_hash = ?", (id_hash,))

    def offer(self, credit_code: str, title: str, lines: Lines) -> None:
        """Adds a task for this enterprise, unless it exists."""
        self._db.execute(
            "INSERT INTO tasks (credit_code, title, lines, changed_at) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING",
            (credit_code, title, json.dumps(lines, ensure_ascii=False), now()),
        )

    def tasks(self, credit_code: str) -> list[Task]:
        """Returns the tasks of an enterprise, in order."""
        rows = self._db.execute(f"{_OF} WHERE credit_code = ? ORDER BY id", (credit_code,))
        return [_task(row) for row in rows]

    def task(self, task_id: int, credit_code: str) -> Task | None:
        """Returns the record with this id, if it is the enterprise's."""
        if task_id > _MOST:
            return None
        row = self._db.execute(f"{_OF} WHERE id = ? AND credit_code = ?", (task_id, credit_code)).fetchone()
        return None if row is None else _task(row)

    def end_task(
        self,
        task_id: int,
        state: str,
        *,
        reason: str | None = None,
        signer: str | None = None,
        cms: bytes | None = None,
        evidence: bytes | None = None,
    ) -> None:
        """Stores the outcome; a signed task stays signed."""
        self._db.execute(
            "UPDATE tasks SET state = ?, reason = ?, signer = ?, cms = ?, evidence = ?, changed_at = ?"
            " WHERE id = ? AND state <> 'signed'",
            (state, reason, signer, cms, evidence, now(), task_id),
        )


def now() -> int:
    """Returns the time in ms since 1970."""
    return time.time_ns() // 1_000_000


def _task(row: sqlite3.Row) -> Task:
    lines = tuple((label, value) for label, value in json.loads(row["lines"]))
    return Task(**{**dict(row), "lines": lines})
