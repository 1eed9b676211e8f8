"""A migrated SQLite file, made once per run, to copy."""

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

from mshield.server.database.migrate import migrate
from tests.support.once import once


def migrated_file() -> Path:
    """Returns the path of the file, made at the first call."""
    return once("template.db", _make)


def put_migrated(file: Path) -> None:
    """Copies it with the service's own permissions; `mshield migrate` then has nothing to do."""
    file.parent.mkdir(mode=0o700, exist_ok=True)
    shutil.copy(migrated_file(), file)
    file.chmod(0o600)


def _make(file: Path) -> None:
    migrate(f"sqlite:///{file}")
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
