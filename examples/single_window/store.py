"""This system's own database: SQLite, one connection, statements short enough for the event loop."""

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
"""States in which a declaration can be changed, and sent for signing."""

_MOST: Final = 2**63 - 1
"""No id is larger: SQLite's integers have 64 bits."""
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
    """A customs declaration (报关单) as it is stored; `declared` is the checked form."""

    id: int
    number: str
    credit_code: str
    declared: dict[str, Any]
    state: State
    signing_id: int | None
    changed_at: int

    @property
    def is_editable(self) -> bool:
        """Whether it can be changed and sent for signing."""
        return self.state in EDITABLE

    @property
    def is_import(self) -> bool:
        """Whether goods come in: then the XML itself is signed."""
        return bool(self.declared["direction"] == "import")


@dataclass(frozen=True, slots=True, kw_only=True)
class Signing:
    """One request to the shield."""

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
    """What was sent for signing, and what came of it."""

    position: int
    declaration_id: int
    title: str
    content: bytes
    display: tuple[tuple[str, str], ...]
    file: bytes | None = None
    """What was signed: the finished XML of an import, the CMS of an export."""
    evidence: bytes | None = None


class Store:
    """All that is stored. A write is one transaction."""

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
        """Keeps a session as it now is; forgets those that are over."""
        self._db.execute("DELETE FROM sessions WHERE expires_at <= ?", (now(),))
        self._db.execute(
            "INSERT INTO sessions (id_hash, csrf, login, person, expires_at) VALUES (?, ?, ?, ?, ?)"
            " ON CONFLICT (id_hash) DO UPDATE SET login = excluded.login, person = excluded.person",
            (id_hash, csrf, login, person, until),
        )

    def session(self, id_hash: bytes) -> sqlite3.Row | None:
        """A living session."""
        found: sqlite3.Row | None = self._db.execute(
            "SELECT csrf, login, person, expires_at FROM sessions WHERE id_hash = ? AND expires_at > ?",
            (id_hash, now()),
        ).fetchone()
        return found

    def end_session(self, id_hash: bytes) -> None:
        """Forgets it."""
        self._db.execute("DELETE FROM sessions WHERE id_hash = ?", (id_hash,))

    # Declarations

    def declarations(self, credit_code: str) -> list[Declaration]:
        """Those of an enterprise, newest first."""
        rows = self._db.execute(
            "SELECT * FROM declarations WHERE credit_code = ? ORDER BY id DESC LIMIT 200", (credit_code,)
        )
        return [_declaration(row) for row in rows]

    def declaration(self, declaration_id: int, credit_code: str) -> Declaration | None:
        """One of this enterprise."""
        if declaration_id > _MOST:
            return None
        row = self._db.execute(
            "SELECT * FROM declarations WHERE id = ? AND credit_code = ?", (declaration_id, credit_code)
        ).fetchone()
        return None if row is None else _declaration(row)

    def add_declaration(self, credit_code: str, declared: dict[str, Any]) -> int:
        """A new draft's id; it gets its number (统一编号) here."""
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
        """Whether it could be changed: not while it waits for a signature or has one."""
        done = self._db.execute(
            "UPDATE declarations SET declared = ?, state = 'draft', changed_at = ?"
            " WHERE id = ? AND credit_code = ? AND state IN ('draft', 'declined', 'expired', 'unverified')",
            (_json(declared), now(), declaration_id, credit_code),
        )
        return done.rowcount == 1

    def delete_declaration(self, declaration_id: int, credit_code: str) -> bool:
        """Whether it could be deleted: only one that was never sent for signing."""
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
        """The new signing's id; None where one of the declarations was changed or sent meanwhile."""
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
        """One of this enterprise."""
        if signing_id > _MOST:
            return None
        row = self._db.execute(
            "SELECT * FROM signings WHERE id = ? AND credit_code = ?", (signing_id, credit_code)
        ).fetchone()
        return None if row is None else Signing(**dict(row))

    def signing_of(self, request_id: str) -> Signing | None:
        """The one that a webhook tells of."""
        row = self._db.execute("SELECT * FROM signings WHERE request_id = ?", (request_id,)).fetchone()
        return None if row is None else Signing(**dict(row))

    def open_signings(self, credit_code: str) -> list[Signing]:
        """Those that wait."""
        rows = self._db.execute(
            "SELECT * FROM signings WHERE credit_code = ? AND state = 'waiting'", (credit_code,)
        )
        return [Signing(**dict(row)) for row in rows]

    def sent(self, signing_id: int) -> list[SentDocument]:
        """What was sent, in its order."""
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
        """Ends a waiting one, its declarations with it; False where browser or webhook was quicker.

        `files` by the documents' places. Of a signed one those that aren't there were left out on the phone.
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
        """The bundle, once fetched."""
        self._db.execute(
            "UPDATE signed_documents SET evidence = ? WHERE signing_id = ? AND position = ?",
            (evidence, signing_id, position),
        )


class _Changed(Exception):
    """A declaration isn't as it was when the user asked."""


def now() -> int:
    """Milliseconds since 1970."""
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
