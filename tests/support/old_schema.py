"""A database as an earlier release left it, and a connection to put rows into it as they were then."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from importlib.resources import as_file, files
from itertools import count
from multiprocessing.synchronize import Event
from typing import Any
from unittest.mock import patch

import psycopg
from yoyo import get_backend, read_migrations

from mshield.store.database import migrate


def make_earlier(url: str, *, before: str) -> None:
    """Applies the migrations whose ids sort before this one to an empty database."""
    address = url.replace("postgresql://", "postgresql+psycopg://")
    with as_file(files("mshield.store") / "migrations") as folder, get_backend(address) as backend:
        earlier = read_migrations(str(folder)).filter(lambda migration: migration.id < before)
        backend.apply_migrations(backend.to_apply(earlier))


def each_earlier(url: str) -> Iterator[frozenset[str]]:
    """Applies all migrations to an empty database by yoyo; says which are applied, at first and after each."""
    address = url.replace("postgresql://", "postgresql+psycopg://")
    applied: frozenset[str] = frozenset()
    yield applied
    with as_file(files("mshield.store") / "migrations") as folder, get_backend(address) as backend:
        for migration in backend.to_apply(read_migrations(str(folder))):
            backend.apply_one(migration)
            applied |= {migration.id}
            yield applied


def migrate_to(url: str, last: frozenset[str], begun: Event | None = None, number: int = 0) -> set[str]:
    """The service's own migration, of these and no more; which it applied. Sets `begun` when the `number`-th begins."""
    missing, counted = migrate._missing, count()

    def limited(recorded: set[str]) -> list[Any]:
        left = [one for one in missing(recorded) if one.id in last]
        if begun is not None and next(counted) == number:
            begun.set()
        return left

    with patch.object(migrate, "_missing", limited):
        return set(migrate.migrate(url))


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
