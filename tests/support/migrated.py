"""A migrated SQLite file, made once in a run, to be copied."""

import sqlite3
from contextlib import closing
from pathlib import Path

from mshield.store.database.migrate import migrate
from tests.support.once import once


def migrated_file() -> Path:
    """Where it is."""
    return once("template.db", _make)


def _make(file: Path) -> None:
    migrate(f"sqlite:///{file}")
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
