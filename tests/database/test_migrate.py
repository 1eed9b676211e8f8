"""Migrations of databases in use, changed by hand, or from before the first release."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import pytest

from mshield.server.database import migrate as module
from mshield.server.database.migrate import (
    DatabaseBusy,
    Migration,
    MigrationFailed,
    SchemaUnreleased,
    is_new,
    migrate,
    pending,
)
from tests.support import schema
from tests.support.old_schema import migrations_in, put_more, rows_of

_BASELINE: Final = "0001_baseline"
_NEXT: Final = "0002_noted"
_LAST: Final = "0003_tests"
_HALF: Final = "ALTER TABLE requests ADD COLUMN noted TEXT"
_WAIT_SECONDS: Final = 0.3


@pytest.fixture
def old_url(empty_url: str, tmp_path: Path) -> Iterator[str]:
    """A database that lacks two migrations."""
    migrate(empty_url)
    with migrations_in(put_more(tmp_path / "migrations")):
        yield empty_url


@contextmanager
def _in_use(url: str) -> Iterator[None]:
    """Locks rows that the next migration changes."""
    with rows_of(url) as connection:
        connection.execute("BEGIN IMMEDIATE" if url.startswith("sqlite") else "BEGIN")
        connection.execute("UPDATE requests SET state = state")
        yield
        connection.execute("COMMIT")


def test_database_of_the_last_release_is_migrated(old_url: str) -> None:
    assert pending(old_url) == [_NEXT, _LAST]
    assert migrate(old_url) == [_NEXT, _LAST]
    assert pending(old_url) == migrate(old_url) == []
    assert not is_new(old_url)


def test_postgresql_part_is_applied_only_there(empty_postgresql_url: str, tmp_path: Path) -> None:
    with migrations_in(put_more(tmp_path / "migrations")):
        assert migrate(empty_postgresql_url) == [_BASELINE, _NEXT, _LAST]
    assert "tests" in schema.unlogged(empty_postgresql_url)


def test_pending_check_reads_no_migration_file(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def read(_: Migration) -> str:
        raise AssertionError("each start would take longer")

    monkeypatch.setattr(Migration, "sqlite_statements", read)
    monkeypatch.setattr(Migration, "postgresql_script", read)
    module._migrations.cache_clear()
    assert pending(database_url) == migrate(database_url) == []


def test_a_database_from_before_the_first_release_is_refused(empty_url: str) -> None:
    with rows_of(empty_url) as connection:
        connection.execute("CREATE TABLE _yoyo_migration (migration_id TEXT)")
    for look in (pending, migrate, is_new):
        with pytest.raises(SchemaUnreleased, match="mshield init"):
            look(empty_url)
    with rows_of(empty_url) as connection, pytest.raises(Exception, match="accounts"):
        connection.execute("SELECT * FROM accounts")


def test_busy_database_is_refused_unchanged(old_url: str) -> None:
    missing = pending(old_url)
    with _in_use(old_url), pytest.raises(DatabaseBusy):
        migrate(old_url, wait_seconds=_WAIT_SECONDS)
    assert pending(old_url) == missing
    assert migrate(old_url) == missing


def test_migration_waits_for_a_busy_database(old_url: str) -> None:
    held = threading.Event()

    def hold() -> None:
        with _in_use(old_url):
            held.set()
            time.sleep(_WAIT_SECONDS)

    thread = threading.Thread(target=hold)
    thread.start()
    held.wait()
    assert migrate(old_url)[0] == _NEXT
    thread.join()


def test_half_a_migration_is_refused_with_its_name(old_url: str) -> None:
    missing = pending(old_url)
    with rows_of(old_url) as connection:
        connection.execute(_HALF)
    with pytest.raises(MigrationFailed, match=f"{_NEXT} .*noted") as refusal:
        migrate(old_url)
    assert (refusal.value.code, "docs/operations.md" in refusal.value.zh) == ("migration_failed", True)
    assert pending(old_url) == missing


def test_pending_check_creates_no_file(tmp_path: Path) -> None:
    assert pending(f"sqlite:///{tmp_path / 'none.db'}")[0] == _BASELINE
    assert list(tmp_path.iterdir()) == []


def test_one_of_several_hosts_is_enough(empty_postgresql_url: str) -> None:
    several = empty_postgresql_url.replace("127.0.0.1", "127.0.0.1:1,127.0.0.1")
    assert migrate(several)[0] == _BASELINE
