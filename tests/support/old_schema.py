"""Databases that lack migrations: the baseline in parts, and migrations that only tests have.

Only the baseline is shipped so far. What applies, waits for and is killed in migrations is tested with migrations made
here: the baseline's statements in several files, and small ones after it.
"""

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from importlib.resources import files
from itertools import count
from multiprocessing.synchronize import Event
from pathlib import Path
from typing import Any, Final
from unittest.mock import patch

import psycopg

from mshield.server.database import migrate

MORE: Final[Mapping[str, str]] = {
    "0002_noted.sql": "ALTER TABLE requests ADD COLUMN noted TEXT;\n",
    "0003_tests.sql": "CREATE TABLE tests (id TEXT PRIMARY KEY, at BIGINT NOT NULL);\n",
    "0003_tests.postgresql.sql": "ALTER TABLE tests SET UNLOGGED;\n",
}
"""Migrations after the baseline; the first one changes a table that services write."""


@contextmanager
def migrations_in(folder: Path) -> Iterator[None]:
    """Has this process migrate by the files of another folder."""
    with patch.object(migrate, "folder", lambda: folder):
        migrate._migrations.cache_clear()
        try:
            yield
        finally:
            migrate._migrations.cache_clear()


def put_more(folder: Path, more: Mapping[str, str] = MORE) -> Path:
    """Copies the shipped migrations into a new folder and adds others."""
    folder.mkdir()
    for file in (files("mshield.server.database") / "migrations").iterdir():
        (folder / file.name).write_text(file.read_text("utf-8"), "utf-8")
    for name, text in more.items():
        (folder / name).write_text(text, "utf-8")
    return folder


def put_baseline_in_parts(folder: Path, parts: int) -> Path:
    """Writes the baseline as so many migrations of about the same number of statements into a new folder."""
    folder.mkdir()
    (baseline,) = migrate._migrations()
    statements = list(baseline.sqlite_statements())
    for number in range(parts):
        first, last = (round(place * len(statements) / parts) for place in (number, number + 1))
        (folder / f"{number + 1:04}_part.sql").write_text("".join(statements[first:last]), "utf-8")
    assert baseline.postgresql is not None
    (folder / f"{parts:04}_part.postgresql.sql").write_text(baseline.postgresql.read_text("utf-8"), "utf-8")
    return folder


def migrate_to(
    folder: Path, url: str, last: frozenset[str], begun: Event | None = None, number: int = 0
) -> set[str]:
    """Applies these migrations of a folder and no more; returns which it applied.

    Sets `begun` when the `number`-th begins.
    """
    missing, counted = migrate._missing, count()

    def limited(recorded: set[str]) -> list[migrate.Migration]:
        left = [one for one in missing(recorded) if one.id in last]
        if begun is not None and next(counted) == number:
            begun.set()
        return left

    with migrations_in(folder), patch.object(migrate, "_missing", limited):
        return set(migrate.migrate(url))


@contextmanager
def rows_of(url: str) -> Iterator[Any]:
    """Opens a connection that commits each statement and checks no foreign key."""
    connection: Any
    if url.startswith("sqlite"):
        connection = sqlite3.connect(url.removeprefix("sqlite:///"), isolation_level=None)
    else:
        connection = psycopg.connect(url, autocommit=True)
        connection.execute("SET session_replication_role = replica")
    with closing(connection):
        yield connection
