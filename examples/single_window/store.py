"""Database of this system: SQLite, one connection, statements short enough for the event loop."""

import json
import sqlite3
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

State = Literal["draft", "pending", "signed", "declined", "expired", "unverified"]
Outcome = Literal["signed", "declined", "expired", "cancelled", "unverified"]
EDITABLE: Final = frozenset({"draft", "declined", "expired", "unverified"})
"""States in which a declaration can be changed and sent for signing."""

_MOST: Final = 2**63 - 1
"""Largest id: SQLite's integers have 64 bits."""
_SCHEMA: Final = Path(__file__).with_name("schema.sql")
_AFTER: Final[dict[Outcome, State]] = {
    "signed": "signed",
    "declined": "declined",
    "expired": "expired",
    "cancelled": "draft",
    "unverified": "unverified",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Declaration:
    """A stored customs declaration (报关单); `declared` is the checked form."""

    id: int
    number: str
    credit_code: str
    declared: dict[str, Any]
    state: State
    signing_id: int | None
    changed_at: int

    @property
    def is_editable(self) -> bool:
        """True if it can be changed and sent for signing."""
        return self.state in EDITABLE

    @property
    def is_import(self) -> bool:
        """True for an import, whose XML itself is signed."""
        return bool(self.declared["direction"] == "import")


@dataclass(frozen=True, slots=True, kw_only=True)
class Signing:
    """A request to the shield."""

    id: int
    request_id: str
    created: bytes
    credit_code: str
    asked_by: str
    state: str
    reason: str | None
    signer: str | None
    asked_at: int
    ended_at: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SentDocument:
    """A document sent for signing, and its outcome."""

    position: int
    declaration_id: int
    title: str
    content: bytes
    display: tuple[tuple[str, str], ...]
    file: bytes | None = None
    """Signed file: the XML of an import with its signature, the CMS of an export."""
    evidence: bytes | None = None


class Store:
    """Store of everything; each write is one transaction."""

    def __init__(self, path: Path) -> None:
        self._db = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        self._db.row_factory = sqlite3.Row
        self._db.executescript("PRAGMA journal_mode = WAL; PRAGMA foreign_keys = ON;")
        self._db.executescript(_SCHEMA.read_text("utf-8"))

    def close(self) -> None:
        """Closes the file."""
        self._db.close()

    # Sessions

    def put_session(
        self, id_hash: bytes, *, csrf: str, login: bytes | None, person: str | None, until: int
    ) -> None:
        """Stores a session, and deletes those that have ended."""
        self._db.execute("DELETE FROM sessions WHERE expires_at <= ?", (now(),))
        self._db.execute(
            "INSERT INTO sessions (id_hash, csrf, login, person, expires_at) VALUES (?, ?, ?, ?, ?)"
            " ON CONFLICT (id_hash) DO UPDATE SET login = excluded.login, person = excluded.person",
            (id_hash, csrf, login, person, until),
        )

    def session(self, id_hash: bytes) -> sqlite3.Row | None:
        """Returns a session that hasn't ended."""
        found: sqlite3.Row | None = self._db.execute(
            "SELECT csrf, login, person, expires_at FROM sessions WHERE id_hash = ? AND expires_at > ?",
            (id_hash, now()),
        ).fetchone()
        return found

    def end_session(self, id_hash: bytes) -> None:
        """Deletes the session."""
        self._db.execute("DELETE FROM sessions WHERE id_hash = ?", (id_hash,))

    # Declarations

    def declarations(self, credit_code: str) -> list[Declaration]:
        """Returns the declarations of an enterprise, newest first."""
        rows = self._db.execute(
            "SELECT * FROM declarations WHERE credit_code = ? ORDER BY id DESC LIMIT 200", (credit_code,)
        )
        return [_declaration(row) for row in rows]

    def declaration(self, declaration_id: int, credit_code: str) -> Declaration | None:
        """Returns the record with this id, if it is the enterprise's."""
        if declaration_id > _MOST:
            return None
        row = self._db.execute(
            "SELECT * FROM declarations WHERE id = ? AND credit_code = ?", (declaration_id, credit_code)
        ).fetchone()
        return None if row is None else _declaration(row)

    def add_declaration(self, credit_code: str, declared: dict[str, Any]) -> int:
        """Adds a draft with a new number (统一编号), and returns its id."""
        moment = now()
        with self._db:
            self._db.execute("BEGIN IMMEDIATE")
            made = self._db.execute(
                "INSERT INTO declarations (number, credit_code, declared, state, changed_at)"
                " VALUES ('', ?, ?, 'draft', ?)",
                (credit_code, _json(declared), moment),
            ).lastrowid
            letter = "I" if declared["direction"] == "import" else "E"
            day = time.strftime("%Y%m%d", time.localtime(moment / 1000))
            self._db.execute(
                "UPDATE declarations SET number = ? WHERE id = ?", (f"{letter}{day}{made:09d}", made)
            )
        return made or 0

    def change_declaration(self, declaration_id: int, credit_code: str, declared: dict[str, Any]) -> bool:
        """Changes a declaration; False if it waits for a signature or has one."""
        done = self._db.execute(
            "UPDATE declarations SET declared = ?, state = 'draft', changed_at = ?"
            " WHERE id = ? AND credit_code = ? AND state IN ('draft', 'declined', 'expired', 'unverified')",
            (_json(declared), now(), declaration_id, credit_code),
        )
        return done.rowcount == 1

    def delete_declaration(self, declaration_id: int, credit_code: str) -> bool:
        """Deletes a declaration; False if it was ever sent for signing."""
        done = self._db.execute(
            "DELETE FROM declarations WHERE id = ? AND credit_code = ? AND signing_id IS NULL",
            (declaration_id, credit_code),
        )
        return done.rowcount == 1

    # Signings

    def add_signing(
        self,
        *,
        request_id: str,
        created: bytes,
        credit_code: str,
        asked_by: str,
        sent: Sequence[SentDocument],
    ) -> int | None:
        """Adds a signing and returns its id; None if a declaration was changed or sent meanwhile."""
        moment = now()
        try:
            with self._db:
                self._db.execute("BEGIN IMMEDIATE")
                made = self._db.execute(
                    "INSERT INTO signings (request_id, created, credit_code, asked_by, state, asked_at)"
                    " VALUES (?, ?, ?, ?, 'waiting', ?)",
                    (request_id, created, credit_code, asked_by, moment),
                ).lastrowid
                for each in sent:
                    self._send(made, each, credit_code, moment)
        except _Changed:
            return None
        return made

    def _send(self, signing_id: int | None, each: SentDocument, credit_code: str, moment: int) -> None:
        done = self._db.execute(
            "UPDATE declarations SET state = 'pending', signing_id = ?, changed_at = ?"
            " WHERE id = ? AND credit_code = ? AND state IN ('draft', 'declined', 'expired', 'unverified')",
            (signing_id, moment, each.declaration_id, credit_code),
        )
        if done.rowcount != 1:
            raise _Changed
        self._db.execute(
            "INSERT INTO signed_documents (signing_id, position, declaration_id, title, content, display)"
            " VALUES (?, ?, ?, ?, ?, ?)",
            (signing_id, each.position, each.declaration_id, each.title, each.content, _json(each.display)),
        )

    def signing(self, signing_id: int, credit_code: str) -> Signing | None:
        """Returns the record with this id, if it is the enterprise's."""
        if signing_id > _MOST:
            return None
        row = self._db.execute(
            "SELECT * FROM signings WHERE id = ? AND credit_code = ?", (signing_id, credit_code)
        ).fetchone()
        return None if row is None else Signing(**dict(row))

    def signing_of(self, request_id: str) -> Signing | None:
        """Returns the signing that a webhook names."""
        row = self._db.execute("SELECT * FROM signings WHERE request_id = ?", (request_id,)).fetchone()
        return None if row is None else Signing(**dict(row))

    def open_signings(self, credit_code: str) -> list[Signing]:
        """Returns the signings that wait."""
        rows = self._db.execute(
            "SELECT * FROM signings WHERE credit_code = ? AND state = 'waiting'", (credit_code,)
        )
        return [Signing(**dict(row)) for row in rows]

    def sent(self, signing_id: int) -> list[SentDocument]:
        """Returns the documents sent, in order."""
        rows = self._db.execute(
            "SELECT * FROM signed_documents WHERE signing_id = ? ORDER BY position", (signing_id,)
        )
        return [_sent(row) for row in rows]

    def end_signing(
        self,
        signing_id: int,
        outcome: Outcome,
        *,
        reason: str | None = None,
        signer: str | None = None,
        files: Mapping[int, bytes] | None = None,
    ) -> bool:
        """Ends a waiting signing and its declarations; False if browser or webhook was quicker.

        `files` are by document position. If it was signed, documents missing in `files` were excluded on the
        phone.
        """
        moment = now()
        with self._db:
            self._db.execute("BEGIN IMMEDIATE")
            done = self._db.execute(
                "UPDATE signings SET state = ?, reason = ?, signer = ?, ended_at = ?"
                " WHERE id = ? AND state = 'waiting'",
                (outcome, reason, signer, moment, signing_id),
            )
            if done.rowcount != 1:
                return False
            for position, each in (files or {}).items():
                self._db.execute(
                    "UPDATE signed_documents SET file = ? WHERE signing_id = ? AND position = ?",
                    (each, signing_id, position),
                )
            if outcome == "signed":
                self._db.execute(
                    "UPDATE declarations SET state = 'declined', changed_at = ? WHERE signing_id = ? AND id IN"
                    " (SELECT declaration_id FROM signed_documents WHERE signing_id = ? AND file IS NULL)",
                    (moment, signing_id, signing_id),
                )
            self._db.execute(
                "UPDATE declarations SET state = ?, changed_at = ? WHERE signing_id = ? AND state = 'pending'",
                (_AFTER[outcome], moment, signing_id),
            )
        return True

    def keep_evidence(self, signing_id: int, position: int, evidence: bytes) -> None:
        """Stores the evidence bundle."""
        self._db.execute(
            "UPDATE signed_documents SET evidence = ? WHERE signing_id = ? AND position = ?",
            (evidence, signing_id, position),
        )


class _Changed(Exception):
    """Error: a declaration has changed since the user requested its signature."""


def now() -> int:
    """Returns the time in ms since 1970."""
    return time.time_ns() // 1_000_000


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def _declaration(row: sqlite3.Row) -> Declaration:
    return Declaration(**{**dict(row), "declared": json.loads(row["declared"])})


def _sent(row: sqlite3.Row) -> SentDocument:
    display = tuple((label, value) for label, value in json.loads(row["display"]))
    kept = {
        name: row[name] for name in ("position", "declaration_id", "title", "content", "file", "evidence")
    }
    return SentDocument(display=display, **kept)
