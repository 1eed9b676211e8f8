"""A migration that is killed at any point, or meets a busy database, leaves the old or the new schema and no lock."""

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

from mshield.store.database.migrate import DatabaseBusy, migrate, pending
from tests.support import schema
from tests.support.forked import PROCESSES
from tests.support.live_service import LiveService
from tests.support.old_schema import each_earlier, make_earlier, migrate_to, rows_of
from tests.support.postgresql import Server

pytestmark = pytest.mark.slow

KILLS: Final = 50
WINDOWS: Final = 25
_SECONDS: Final = 60


@pytest.fixture(scope="module", autouse=True)
def _parent() -> None:
    """Starts the process that others are forked from, so that its imports are in nobody's time."""
    process = PROCESSES.Process(target=int)
    process.start()
    process.join()


@contextlib.contextmanager
def _process(target: Callable[..., object], *args: object) -> Iterator[BaseProcess]:
    """A process that begins this now, forked from one that has imported what it takes."""
    process = PROCESSES.Process(target=target, args=args)
    process.start()
    try:
        yield process
    finally:
        process.kill()
        process.join()


def _recorded(url: str) -> set[str]:
    with rows_of(url) as connection, contextlib.suppress(Exception):  # there is no table yet
        return {name for (name,) in connection.execute("SELECT migration_id FROM _yoyo_migration").fetchall()}
    return set()


@dataclass(frozen=True, slots=True)
class _Window:
    """Some migrations in a row: those that were applied before them, and these with them."""

    number: int
    before: frozenset[str]
    after: frozenset[str]

    def kill_in(self, url: str, dice: random.Random, pace: float) -> bool:
        """Kills a process that migrates this database from one end to the other; whether it was between them."""
        begun = PROCESSES.Event()
        number = dice.randrange(len(self.after - self.before))
        with _process(migrate_to, url, self.after, begun, number):
            assert begun.wait(_SECONDS)
            time.sleep(dice.uniform(0, pace))
        return self.before < _recorded(url) < self.after


def _windows(names: list[str]) -> list[_Window]:
    """WINDOWS of about the same number, which are all migrations together."""
    places = [round(number * len(names) / WINDOWS) for number in range(WINDOWS + 1)]
    ends = [frozenset(names[:place]) for place in places]
    return [_Window(number, *both) for number, both in enumerate(pairwise(ends))]


def _pace(url: str, names: list[str]) -> float:
    """Seconds that a migration of this empty database takes, when nobody kills it."""
    begun = PROCESSES.Event()
    with _process(migrate_to, url, frozenset(names), begun) as process:
        assert begun.wait(_SECONDS)
        start = time.monotonic()
        process.join()
    assert process.exitcode == 0
    return (time.monotonic() - start) / len(names)


@pytest.mark.long
def test_a_killed_migration_of_sqlite_leaves_a_schema_and_no_lock(tmp_path: Path) -> None:
    """Some begin at each of WINDOWS places and go on to the next: so no kill waits for what went well before."""
    dice = random.Random(20181101)  # noqa: S311  # chooses when to kill
    whole = tmp_path / "whole.db"
    whole.touch()
    schemas: dict[frozenset[str], list[str]] = {}
    for applied in each_earlier(f"sqlite:///{whole}"):
        schemas[applied] = schema.statements(whole)
        shutil.copy(whole, tmp_path / f"{len(applied)}.db")
    new = f"sqlite:///{tmp_path / 'new.db'}"
    names = pending(new)
    pace = _pace(new, names)
    between = 0
    for window in _windows(names):
        for _ in range(KILLS // WINDOWS):
            file = tmp_path / "killed.db"
            shutil.copy(tmp_path / f"{len(window.before)}.db", file)
            url = f"sqlite:///{file}"
            between += window.kill_in(url, dice, pace)
            recorded = frozenset(_recorded(url))
            assert schema.statements(file) == schemas[recorded], f"window {window.number}"
            assert recorded | migrate_to(url, window.after) == window.after
            assert schema.statements(file) == schemas[window.after]
            for name in tmp_path.glob("killed.db*"):
                name.unlink()
    assert between > KILLS // 5, "the kills came too early or too late to say anything"


@pytest.mark.long
def test_a_killed_migration_of_postgresql_leaves_a_schema_and_no_lock(postgresql_server: Server) -> None:
    dice = random.Random(20181102)  # noqa: S311  # chooses when to kill
    server = postgresql_server
    new, grown = server.create("killed_new"), server.create("killed_grown")
    names = pending(new)
    pace = _pace(new, names)
    between = 0
    for window in _windows(names):
        url = server.create("killed", template="killed_grown")
        between += window.kill_in(url, dice, pace)
        recorded = _recorded(url)
        applied = migrate_to(url, window.after)
        assert window.after - recorded >= applied, f"window {window.number}"
        assert _recorded(url) == window.after
        migrate_to(grown, window.after)
        assert schema.postgresql_schema(url) == schema.postgresql_schema(grown)
        server.drop("killed")
    assert between > WINDOWS // 5, "the kills came too early or too late to say anything"
    for name in ("killed_new", "killed_grown"):
        server.drop(name)


def test_two_that_migrate_at_once_wait_for_each_other(empty_url: str) -> None:
    with _process(migrate, empty_url) as one, _process(migrate, empty_url) as other:
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
