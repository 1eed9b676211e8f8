"""Migrations on databases as they are found: busy, half migrated, locked by a process that is gone."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import pytest
from yoyo import migrations as yoyo_migrations

from mshield.store.database import migrate as module
from mshield.store.database.migrate import DatabaseBusy, MigrationFailed, migrate, pending
from tests.support import schema
from tests.support.old_schema import make_earlier, rows_of

_BEFORE: Final = "0030"
_NEXT: Final = "0030_ends_told"
_HALF: Final = "ALTER TABLE requests ADD COLUMN oidc TEXT"
_WAIT_SECONDS: Final = 0.3


@pytest.fixture
def old_url(empty_url: str) -> str:
    """A database that an earlier release migrated by yoyo alone."""
    make_earlier(empty_url, before=_BEFORE)
    return empty_url


@contextmanager
def _in_use(url: str) -> Iterator[None]:
    """Someone holds what the next migration changes."""
    with rows_of(url) as connection:
        connection.execute("BEGIN IMMEDIATE" if url.startswith("sqlite") else "BEGIN")
        connection.execute("UPDATE requests SET state = state")
        yield
        connection.execute("COMMIT")


def test_what_an_earlier_release_migrated_goes_on(old_url: str) -> None:
    missing = pending(old_url)
    assert missing[0] == _NEXT
    assert migrate(old_url) == missing
    assert pending(old_url) == migrate(old_url) == []


def test_whether_all_are_applied_is_known_without_parsing_any(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def parse(_: object) -> None:
        raise AssertionError("each start would take longer")

    monkeypatch.setattr(yoyo_migrations, "read_sql_migration", parse)
    for read in (module._files, module._migrations):  # none was parsed before
        read.cache_clear()
    assert pending(database_url) == migrate(database_url) == []


def test_a_lock_that_a_killed_process_left_is_in_nobodys_way(old_url: str) -> None:
    with rows_of(old_url) as connection:
        connection.execute("INSERT INTO yoyo_lock VALUES (1, '2026-11-27', 4711)")
    assert migrate(old_url, wait_seconds=_WAIT_SECONDS)[0] == _NEXT


def test_a_busy_database_is_refused_as_it_was(old_url: str) -> None:
    missing = pending(old_url)
    with _in_use(old_url), pytest.raises(DatabaseBusy):
        migrate(old_url, wait_seconds=_WAIT_SECONDS)
    assert pending(old_url) == missing
    assert migrate(old_url) == missing


def test_a_database_that_is_busy_for_a_while_is_waited_for(old_url: str) -> None:
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


@pytest.mark.parametrize(
    ("before", "name"),
    [
        ("0001_j", "0001_initial"),
        ("0004", "0003_certificate_life"),
        ("0031", _NEXT),
        ("0039", "0038_askers_of_then"),
    ],
)
def test_a_migration_that_sqlite_has_without_its_record_is_recorded(
    tmp_path: Path, before: str, name: str
) -> None:
    url = f"sqlite:///{tmp_path / 'old.db'}"
    make_earlier(url, before=before)
    with rows_of(url) as connection:
        assert connection.execute("DELETE FROM _yoyo_migration WHERE migration_id = ?", (name,)).rowcount == 1
    assert migrate(url)[0] == name
    assert "\n".join(schema.statements(tmp_path / "old.db")) in schema.SNAPSHOT.read_text("utf-8")


def test_half_a_migration_is_refused_with_its_name(old_url: str) -> None:
    missing = pending(old_url)
    with rows_of(old_url) as connection:
        connection.execute(_HALF)
    with pytest.raises(MigrationFailed, match=f"{_NEXT} .*oidc") as refusal:
        migrate(old_url)
    assert (refusal.value.code, "docs/operations.md" in refusal.value.zh) == ("migration_failed", True)
    assert pending(old_url) == missing


def test_to_look_makes_no_file(tmp_path: Path) -> None:
    assert pending(f"sqlite:///{tmp_path / 'none.db'}")[0] == "0001_initial"
    assert list(tmp_path.iterdir()) == []


def test_one_of_several_hosts_is_enough(empty_postgresql_url: str) -> None:
    several = empty_postgresql_url.replace("127.0.0.1", "127.0.0.1:1,127.0.0.1")
    assert migrate(several)[0] == "0001_initial"
