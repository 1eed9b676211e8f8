"""Migrations: numbered files in migrations/, applied by yoyo to both databases, each once and under a lock."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.resources import as_file, files
from typing import Any

import psycopg
from yoyo import get_backend, read_migrations

from mshield.store.database.interface import Unavailable


def migrate(url: str) -> list[str]:
    """Brings the schema up to date and returns the names of the migrations that were applied. Raises Unavailable."""
    with _opened(url) as (backend, migrations), backend.lock():
        missing = backend.to_apply(migrations)
        backend.apply_migrations(missing)
        return [migration.id for migration in missing]


def pending(url: str) -> list[str]:
    """The names of the migrations that are still to be applied. Raises Unavailable."""
    with _opened(url) as (backend, migrations):
        return [migration.id for migration in backend.to_apply(migrations)]


@contextmanager
def _opened(url: str) -> Iterator[tuple[Any, Any]]:
    try:
        backend = get_backend(_with_driver(url))
    except (sqlite3.Error, psycopg.Error) as error:
        raise Unavailable(str(error)) from error
    with as_file(files("mshield.store") / "migrations") as folder, backend:
        yield backend, read_migrations(str(folder))


def _with_driver(url: str) -> str:
    scheme, _, rest = url.partition("://")
    return f"postgresql+psycopg://{rest}" if scheme in {"postgresql", "postgres"} else url
