"""New migrations leave the last release able to serve beside this one: CONTRIBUTING.md has the rules."""

import re
from pathlib import Path
from typing import Final

import pytest

from mshield.store.database.sealed_columns import SEALED_COLUMNS
from mshield.store.signing import outcome
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


def test_the_last_release_serves_on_the_schema_of_this_one() -> None:
    release = last_release.kept().release
    assert faults(release) == []
    assert unsealed(release, SEALED_COLUMNS) == []


@pytest.mark.parametrize(("statements", "said"), _REFUSED.values(), ids=_REFUSED)
def test_what_it_would_not_bear_is_named(statements: str, said: str) -> None:
    found = faults(last_release.kept().release, statements)
    assert any(said in fault for fault in found)


def test_what_it_bears_passes() -> None:
    statements = """
      CREATE TABLE fresh (id TEXT PRIMARY KEY, asked_by TEXT NOT NULL REFERENCES requests (id));
      CREATE UNIQUE INDEX fresh_asked ON fresh (asked_by);
      UPDATE fresh SET id = id;
      ALTER TABLE requests ADD COLUMN noted TEXT;
      ALTER TABLE requests ADD COLUMN times BIGINT NOT NULL DEFAULT 0;
      CREATE INDEX IF NOT EXISTS requests_noted ON requests (noted);
    """
    assert faults(last_release.kept().release, statements) == []


def test_a_required_column_that_it_does_not_write_is_named() -> None:
    release = last_release.kept().release
    statements = """
      CREATE TABLE again (token TEXT PRIMARY KEY, need TEXT NOT NULL);
      DROP TABLE dpop_proofs;
      ALTER TABLE again RENAME TO dpop_proofs;
    """
    assert any("dpop_proofs.need is required" in fault for fault in faults(release, statements))


def test_what_it_no_longer_uses_may_go() -> None:
    """The release after the one that uses it no more contracts."""
    release = last_release.kept().release
    unused = release.used - {"requests.prolonged_at"}
    later = type(release)(release.migrations, unused, release.sealed)
    assert faults(later, "ALTER TABLE requests DROP COLUMN prolonged_at") == []


def test_a_seal_that_covers_more_is_named() -> None:
    """Each version would take the rows of the other for forged."""
    sealed = {**SEALED_COLUMNS, "accounts": (*SEALED_COLUMNS["accounts"], "phone_seen_at")}
    assert unsealed(last_release.kept().release, sealed) == ["accounts: the seal covers other columns"]


def test_it_can_log_what_this_one_signs() -> None:
    """Either may run the job that logs: a new form of rows is read by one release, and written by the next."""
    written = {form for name, form in vars(outcome).items() if name.startswith("_ROW_FORM")}
    assert written
    assert written <= last_release.kept().release.row_forms


def test_it_is_the_newest_tag() -> None:
    """Until there is one: a commit of the history, named in the file. A clone without tags can't say."""
    newest = last_release.newest_tag()
    assert newest in {None, last_release.kept().commit}, "python -m tests.support.last_release TAG"


def test_the_rules_are_written_down() -> None:
    written = _RULES.read_text("utf-8")
    assert re.search(r"tests/support/last_release\.json", written)
