"""Migrations: numbered files in migrations/, applied by yoyo to both databases, each once and under a lock."""

from collections.abc import Iterator
from contextlib import contextmanager
from importlib.resources import as_file, files
from typing import Any

from yoyo import get_backend, read_migrations


def migrate(url: str) -> list[str]:
    """Brings the schema up to date and returns the names of the migrations that were applied."""
    with _opened(url) as (backend, migrations), backend.lock():
        missing = backend.to_apply(migrations)
        backend.apply_migrations(missing)
        return [migration.id for migration in missing]


def pending(url: str) -> list[str]:
    """The names of the migrations that are still to be applied."""
    with _opened(url) as (backend, migrations):
        return [migration.id for migration in backend.to_apply(migrations)]


@contextmanager
def _opened(url: str) -> Iterator[tuple[Any, Any]]:
    with as_file(files(__package__) / "migrations") as folder, get_backend(_with_driver(url)) as backend:
        yield backend, read_migrations(str(folder))


def _with_driver(url: str) -> str:
    scheme, _, rest = url.partition("://")
    return f"postgresql+psycopg://{rest}" if scheme in {"postgresql", "postgres"} else url
