"""A database as an earlier release left it, and a connection to put rows into it as they were then."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any

import psycopg
from yoyo import get_backend, read_migrations

from tests.support.schema import statements


def make_earlier(url: str, *, before: str) -> None:
    """Applies the migrations whose ids sort before this one to an empty database."""
    address = url.replace("postgresql://", "postgresql+psycopg://")
    with as_file(files("mshield.store") / "migrations") as folder, get_backend(address) as backend:
        earlier = read_migrations(str(folder)).filter(lambda migration: migration.id < before)
        backend.apply_migrations(backend.to_apply(earlier))


def earlier_schemas(url: str) -> dict[frozenset[str], list[str]]:
    """What each number of migrations, one after the other, makes of an empty SQLite file."""
    file = Path(url.removeprefix("sqlite:///"))
    schemas: dict[frozenset[str], list[str]] = {frozenset(): []}
    with as_file(files("mshield.store") / "migrations") as folder, get_backend(url) as backend:
        migrations = read_migrations(str(folder))
        applied: frozenset[str] = frozenset()
        for migration in backend.to_apply(migrations):
            backend.apply_one(migration)
            applied |= {migration.id}
            schemas[applied] = statements(file)
    return schemas


@contextmanager
def rows_of(url: str) -> Iterator[Any]:
    """A connection that commits each statement and wants no row that another refers to."""
    connection: Any
    if url.startswith("sqlite"):
        connection = sqlite3.connect(url.removeprefix("sqlite:///"), isolation_level=None)
    else:
        connection = psycopg.connect(url, autocommit=True)
        connection.execute("SET session_replication_role = replica")
    with closing(connection):
        yield connection


def marked(url: str, statement: str) -> str:
    """The statement, written with `?`, with this database's placeholders."""
    return statement if url.startswith("sqlite") else statement.replace("?", "%s")
