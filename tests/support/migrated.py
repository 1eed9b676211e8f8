"""A migrated SQLite file, made once in a run, to be copied."""

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

from mshield.store.database.migrate import migrate
from tests.support.once import once


def migrated_file() -> Path:
    """Where it is."""
    return once("template.db", _make)


def put_migrated(file: Path) -> None:
    """A copy of it, as private as the service's own; after it, `mshield migrate` has nothing to do."""
    file.parent.mkdir(mode=0o700, exist_ok=True)
    shutil.copy(migrated_file(), file)
    file.chmod(0o600)


def _make(file: Path) -> None:
    migrate(f"sqlite:///{file}")
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
