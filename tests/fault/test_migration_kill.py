"""A migration that is killed at any point, or meets a busy database, leaves the old or the new schema and no lock."""

import contextlib
import random
import shutil
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Final

import pytest

from mshield.store.database.migrate import DatabaseBusy, migrate, pending
from tests.support import schema
from tests.support.forked import PROCESSES
from tests.support.live_service import LiveService
from tests.support.old_schema import earlier_schemas, make_earlier, rows_of
from tests.support.postgresql import Server

pytestmark = pytest.mark.slow

KILLS: Final = 50


@pytest.fixture(scope="module", autouse=True)
def _parent() -> None:
    """Starts the process that others are forked from, so that its imports are in nobody's time."""
    process = PROCESSES.Process(target=int)
    process.start()
    process.join()


@contextlib.contextmanager
def _migrating(url: str) -> Iterator[BaseProcess]:
    """A process that begins to migrate now, forked from one that has imported what that takes."""
    process = PROCESSES.Process(target=migrate, args=(url,))
    process.start()
    try:
        yield process
    finally:
        process.kill()
        process.join()


def _seconds(url: str) -> float:
    """How long a migration of this database takes when nobody kills it."""
    start = time.monotonic()
    with _migrating(url) as process:
        process.join()
    assert process.exitcode == 0
    return time.monotonic() - start


def _kill_within(url: str, seconds: float) -> None:
    with _migrating(url):
        time.sleep(seconds)


def _recorded(url: str) -> set[str]:
    with rows_of(url) as connection, contextlib.suppress(Exception):  # there is no table yet
        return {name for (name,) in connection.execute("SELECT migration_id FROM _yoyo_migration").fetchall()}
    return set()


@pytest.mark.long
def test_a_killed_migration_of_sqlite_leaves_a_schema_and_no_lock(tmp_path: Path) -> None:
    dice = random.Random(20181101)  # noqa: S311  # chooses when to kill
    schemas = earlier_schemas(f"sqlite:///{tmp_path / 'each.db'}")
    names = frozenset().union(*schemas)
    seconds = _seconds(f"sqlite:///{tmp_path / 'whole.db'}")
    between = 0
    for number in range(KILLS):
        file = tmp_path / f"{number}.db"
        url = f"sqlite:///{file}"
        _kill_within(url, dice.uniform(0, seconds))
        recorded = _recorded(url)
        between += 0 < len(recorded) < len(names)
        assert schema.statements(file) == schemas[frozenset(recorded)], f"kill {number}"
        assert recorded | set(migrate(url)) == names
        assert schema.statements(file) == schemas[names]
        file.unlink()
    assert between > KILLS // 5, "the kills came too early or too late to say anything"


@pytest.mark.long
def test_a_killed_migration_of_postgresql_leaves_a_schema_and_no_lock(
    postgresql_server: Server, postgresql_url: str
) -> None:
    dice = random.Random(20181102)  # noqa: S311  # chooses when to kill
    whole = schema.postgresql_schema(postgresql_url)
    seconds = _seconds(postgresql_server.create("killed_whole"))
    names = _recorded(postgresql_server.url("killed_whole"))
    postgresql_server.drop("killed_whole")
    for number in range(KILLS // 2):
        url = postgresql_server.create("killed")
        _kill_within(url, dice.uniform(0, seconds))
        recorded = _recorded(url)
        applied = set(migrate(url))
        assert names - recorded >= applied, f"kill {number}"
        assert _recorded(url) == names
        assert schema.postgresql_schema(url) == whole
        postgresql_server.drop("killed")


def test_two_that_migrate_at_once_wait_for_each_other(empty_url: str) -> None:
    with _migrating(empty_url) as one, _migrating(empty_url) as other:
        one.join()
        other.join()
    assert (one.exitcode, other.exitcode) == (0, 0)
    assert migrate(empty_url) == []


def test_a_service_that_writes_meanwhile_breaks_no_migration(tmp_path: Path) -> None:
    """Where it leaves no turn for ten seconds, the migration is refused and may be repeated."""
    make_earlier(f"sqlite:///{tmp_path / 'old.db'}", before="0026")
    with closing(sqlite3.connect(tmp_path / "old.db")) as connection:
        connection.execute("PRAGMA journal_mode=WAL")
    for number in range(10):
        file = tmp_path / f"{number}.db"
        shutil.copy(tmp_path / "old.db", file)
        with _writing(file):
            while pending(f"sqlite:///{file}"):
                with contextlib.suppress(DatabaseBusy):
                    migrate(f"sqlite:///{file}")


def test_the_command_says_that_the_database_is_busy(tmp_path: Path) -> None:
    service = LiveService(tmp_path, f"sqlite:///{tmp_path / 'mshield.db'}")
    make_earlier(service.database, before="0030")
    with rows_of(service.database) as connection:
        connection.execute("BEGIN IMMEDIATE")
        assert service.refused("migrate", "--wait", "1")["code"] == "database_busy"
        connection.execute("ROLLBACK")
    assert "0030_ends_told" in service.command("migrate")["applied"]


@contextlib.contextmanager
def _writing(file: Path) -> Iterator[None]:
    """Someone who writes row by row, as a service does, and looks at what it wrote."""
    over = threading.Event()
    refused: list[Exception] = []

    def write() -> None:
        with closing(sqlite3.connect(file, timeout=10, isolation_level=None)) as connection:
            number = 0
            while not over.is_set():
                number += 1
                connection.execute("INSERT INTO used_requests VALUES (?, 1)", (str(number),))
                connection.execute("SELECT COUNT(*) FROM used_requests").fetchone()
                time.sleep(0.001)

    def watch() -> None:
        try:
            write()
        except sqlite3.Error as error:
            refused.append(error)

    thread = threading.Thread(target=watch)
    thread.start()
    time.sleep(0.05)
    try:
        yield
    finally:
        over.set()
        thread.join()
    assert refused == []
