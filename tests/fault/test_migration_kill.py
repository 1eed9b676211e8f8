"""A migration killed at any point, or with a busy database, leaves the old or the new schema and no lock."""

import contextlib
import random
import shutil
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from itertools import pairwise
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Final

import pytest

from mshield.server.database.migrate import DatabaseBusy, migrate, pending
from tests.support import schema
from tests.support.forked import PROCESSES
from tests.support.live_service import LiveService
from tests.support.old_schema import migrate_to, migrations_in, put_baseline_in_parts, rows_of
from tests.support.postgresql import Server

pytestmark = pytest.mark.slow

KILLS: Final = 50
WINDOWS: Final = 25
PARTS: Final = 75
"""Parts into which the baseline is split: three for each window."""

_SECONDS: Final = 60


@pytest.fixture(scope="module", autouse=True)
def _parent() -> None:
    """Starts the process from which others are forked, so that its imports don't affect measured times."""
    process = PROCESSES.Process(target=int)
    process.start()
    process.join()


@contextlib.contextmanager
def _process(target: Callable[..., object], *args: object) -> Iterator[BaseProcess]:
    """Yields a forked process that starts at once, with its imports done."""
    process = PROCESSES.Process(target=target, args=args)
    process.start()
    try:
        yield process
    finally:
        process.kill()
        process.join()


def _recorded(url: str) -> set[str]:
    with rows_of(url) as connection, contextlib.suppress(Exception):  # there is no table yet
        return {name for (name,) in connection.execute("SELECT id FROM migrations").fetchall()}
    return set()


@dataclass(frozen=True, slots=True)
class _Window:
    """Consecutive migrations: those applied before them, and these together with them."""

    number: int
    before: frozenset[str]
    after: frozenset[str]

    def kill_in(self, folder: Path, url: str, dice: random.Random, pace: float) -> bool:
        """Kills a process during the window's migrations; reports whether it was still between its ends."""
        begun = PROCESSES.Event()
        number = dice.randrange(len(self.after - self.before))
        with _process(migrate_to, folder, url, self.after, begun, number):
            assert begun.wait(_SECONDS)
            time.sleep(dice.uniform(0, pace))
        return self.before < _recorded(url) < self.after


def _windows(names: list[str]) -> list[_Window]:
    """Splits the migrations into WINDOWS of about equal size."""
    places = [round(number * len(names) / WINDOWS) for number in range(WINDOWS + 1)]
    ends = [frozenset(names[:place]) for place in places]
    return [_Window(number, *both) for number, both in enumerate(pairwise(ends))]


def _pace(folder: Path, url: str, names: list[str]) -> float:
    """Returns the duration in s of migrating this empty database without a kill."""
    begun = PROCESSES.Event()
    with _process(migrate_to, folder, url, frozenset(names), begun) as process:
        assert begun.wait(_SECONDS)
        start = time.monotonic()
        process.join()
    assert process.exitcode == 0
    return (time.monotonic() - start) / len(names)


@pytest.mark.long
def test_a_killed_migration_of_sqlite_leaves_a_schema_and_no_lock(tmp_path: Path) -> None:
    """Each window starts from its own state, so a kill doesn't have to wait for earlier migrations."""
    dice = random.Random(20181101)  # noqa: S311  # chooses when to kill
    folder = put_baseline_in_parts(tmp_path / "migrations", PARTS)
    whole = tmp_path / "whole.db"
    whole.touch()
    schemas: dict[frozenset[str], list[str]] = {}
    with migrations_in(folder):
        names = pending(f"sqlite:///{tmp_path / 'none.db'}")
    for number in range(len(names) + 1):
        applied = frozenset(names[:number])
        migrate_to(folder, f"sqlite:///{whole}", applied)
        schemas[applied] = schema.statements(whole)
        shutil.copy(whole, tmp_path / f"{number}.db")
    pace = _pace(folder, f"sqlite:///{tmp_path / 'new.db'}", names)
    between = 0
    for window in _windows(names):
        for _ in range(KILLS // WINDOWS):
            file = tmp_path / "killed.db"
            shutil.copy(tmp_path / f"{len(window.before)}.db", file)
            url = f"sqlite:///{file}"
            between += window.kill_in(folder, url, dice, pace)
            recorded = frozenset(_recorded(url))
            assert schema.statements(file) == schemas[recorded], f"window {window.number}"
            assert recorded | migrate_to(folder, url, window.after) == window.after
            assert schema.statements(file) == schemas[window.after]
            for name in tmp_path.glob("killed.db*"):
                name.unlink()
    assert between > KILLS // 5, "all kills came too early or too late to test anything"


@pytest.mark.long
def test_a_killed_migration_of_postgresql_leaves_a_schema_and_no_lock(
    postgresql_server: Server, tmp_path: Path
) -> None:
    folder = put_baseline_in_parts(tmp_path / "migrations", PARTS)
    dice = random.Random(20181102)  # noqa: S311  # chooses when to kill
    server = postgresql_server
    new, grown = server.create("killed_new"), server.create("killed_grown")
    with migrations_in(folder):
        names = pending(new)
    pace = _pace(folder, new, names)
    between = 0
    for window in _windows(names):
        url = server.create("killed", template="killed_grown")
        between += window.kill_in(folder, url, dice, pace)
        recorded = _recorded(url)
        applied = migrate_to(folder, url, window.after)
        assert window.after - recorded >= applied, f"window {window.number}"
        assert _recorded(url) == window.after
        migrate_to(folder, grown, window.after)
        assert schema.postgresql_schema(url) == schema.postgresql_schema(grown)
        server.drop("killed")
    assert between > WINDOWS // 5, "all kills came too early or too late to test anything"
    for name in ("killed_new", "killed_grown"):
        server.drop(name)


def test_concurrent_migrations_wait_for_each_other(empty_url: str) -> None:
    with _process(migrate, empty_url) as one, _process(migrate, empty_url) as other:
        one.join()
        other.join()
    assert (one.exitcode, other.exitcode) == (0, 0)
    assert migrate(empty_url) == []


def test_writing_service_does_not_break_a_migration(tmp_path: Path) -> None:
    """If the writer leaves no gap for ten seconds, the migration is refused and may be repeated."""
    folder = put_baseline_in_parts(tmp_path / "migrations", PARTS)
    with migrations_in(folder):
        names = pending(f"sqlite:///{tmp_path / 'old.db'}")
        table = next(name for name in names if "CREATE TABLE used_requests" in _text(folder, name))
        migrate_to(folder, f"sqlite:///{tmp_path / 'old.db'}", frozenset(names[: names.index(table) + 1]))
        with closing(sqlite3.connect(tmp_path / "old.db")) as connection:
            connection.execute("PRAGMA journal_mode=WAL")
        for number in range(10):
            file = tmp_path / f"{number}.db"
            shutil.copy(tmp_path / "old.db", file)
            with _writing(file):
                while pending(f"sqlite:///{file}"):
                    with contextlib.suppress(DatabaseBusy):
                        migrate(f"sqlite:///{file}")


def _text(folder: Path, name: str) -> str:
    return (folder / f"{name}.sql").read_text("utf-8")


def test_migrate_reports_a_busy_database(tmp_path: Path) -> None:
    service = LiveService(tmp_path, f"sqlite:///{tmp_path / 'mshield.db'}")
    with rows_of(service.database) as connection:
        connection.execute("BEGIN IMMEDIATE")
        assert service.refused("migrate", "--wait", "1")["code"] == "database_busy"
        connection.execute("ROLLBACK")
    assert service.command("migrate")["applied"] == ["0001_baseline"]


@contextlib.contextmanager
def _writing(file: Path) -> Iterator[None]:
    """Writes row by row like a service, and reads back what it wrote."""
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
