"""The last release can serve beside this one on the new schema: CONTRIBUTING.md has the rules."""

import re
from pathlib import Path
from typing import Final

import pytest

from mshield.server.database.sealed_columns import SEALED_COLUMNS
from tests.support import last_release
from tests.support.expanding import faults, unsealed

_RULES: Final = Path(__file__).parents[2] / "CONTRIBUTING.md"

_REFUSED: Final = {
    "a table is dropped": ("DROP TABLE webhook_deliveries", "is gone"),
    "a column is dropped": ("ALTER TABLE requests DROP COLUMN prolonged_at", "is gone"),
    "a column is renamed": ("ALTER TABLE requests RENAME COLUMN kind TO purpose", "is gone"),
    "a type changes": (
        "ALTER TABLE requests DROP COLUMN prolonged_at; ALTER TABLE requests ADD COLUMN prolonged_at TEXT",
        "of another type",
    ),
    "rows are changed": ("UPDATE requests SET state = state", "changes rows"),
    "rows are deleted": ("DELETE FROM acts", "changes rows"),
    "values must be new": ("CREATE UNIQUE INDEX one ON requests (client_id, kind)", "refuses rows"),
    "an index is built in everybody's way": ("CREATE INDEX one ON requests (kind)", "CONCURRENTLY"),
}


def test_last_release_works_on_the_new_schema() -> None:
    last = last_release.kept()
    release = last.release
    assert faults(release, *(() if last.commit else last.new_migrations().values())) == []
    assert unsealed(release, SEALED_COLUMNS) == []


@pytest.mark.parametrize(("statements", "said"), _REFUSED.values(), ids=_REFUSED)
def test_incompatible_migrations_are_named(statements: str, said: str) -> None:
    found = faults(last_release.kept().release, statements)
    assert any(said in fault for fault in found)


def test_compatible_migrations_pass() -> None:
    statements = """
      CREATE TABLE fresh (id TEXT PRIMARY KEY, asked_by TEXT NOT NULL REFERENCES requests (id));
      CREATE UNIQUE INDEX fresh_asked ON fresh (asked_by);
      UPDATE fresh SET id = id;
      ALTER TABLE requests ADD COLUMN noted TEXT;
      ALTER TABLE requests ADD COLUMN times BIGINT NOT NULL DEFAULT 0;
      CREATE INDEX IF NOT EXISTS requests_noted ON requests (noted);
    """
    assert faults(last_release.kept().release, statements) == []


def test_required_column_unknown_to_the_last_release_is_named() -> None:
    release = last_release.kept().release
    statements = """
      CREATE TABLE again (token TEXT PRIMARY KEY, need TEXT NOT NULL);
      DROP TABLE dpop_proofs;
      ALTER TABLE again RENAME TO dpop_proofs;
    """
    assert any("dpop_proofs.need is required" in fault for fault in faults(release, statements))


def test_unused_column_may_be_dropped() -> None:
    """The column may be dropped in the release after the one that stopped using it."""
    release = last_release.kept().release
    unused = release.used - {"requests.prolonged_at"}
    later = type(release)(release.migrations, unused, release.sealed)
    assert faults(later, "ALTER TABLE requests DROP COLUMN prolonged_at") == []


def test_a_seal_that_covers_more_is_named() -> None:
    """Otherwise each version would regard the other's rows as forged."""
    sealed = {**SEALED_COLUMNS, "accounts": (*SEALED_COLUMNS["accounts"], "phone_seen_at")}
    assert unsealed(last_release.kept().release, sealed) == ["accounts: the seal covers other columns"]


def test_last_release_is_the_newest_tag() -> None:
    """Without a tag, the file names no commit. A clone without tags can't be checked."""
    newest = last_release.newest_tag()
    assert newest in {None, last_release.kept().commit}, "python -m tests.support.last_release TAG"


def test_the_rules_are_written_down() -> None:
    written = _RULES.read_text("utf-8")
    assert re.search(r"tests/support/last_release\.json", written)
