"""Migrations of PostgreSQL beside a running service, and one interrupted while its commit waits."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import psycopg
import pytest

from mshield.server.database import migrate as module
from mshield.server.database.interface import Unavailable
from mshield.server.database.migrate import DatabaseBusy, migrate, pending
from tests.support.old_schema import migrate_to, migrations_in, put_more
from tests.support.postgresql import Server

_BASELINE: Final = frozenset({"0001_baseline"})
_HELD_SECONDS: Final = 2.5
_SECONDS: Final = 30.0
_COMMAND: Final = (
    "import signal, sys; signal.signal(signal.SIGINT, signal.default_int_handler);"
    " from pathlib import Path; from mshield.server.database import migrate;"
    " migrate.folder = lambda: Path(sys.argv[1]);"
    " from mshield.cli.main import main; main(['migrate'])"
)


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """Migrations; the one after the baseline changes `requests`."""
    folder = put_more(tmp_path / "migrations")
    with migrations_in(folder):
        yield folder


@pytest.fixture
def old_url(empty_postgresql_url: str, folder: Path) -> str:
    """A database with only the baseline."""
    migrate_to(folder, empty_postgresql_url, _BASELINE)
    return empty_postgresql_url


def _until(holds: Callable[[], bool]) -> None:
    end = time.monotonic() + _SECONDS
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.02)


def _longest_call(url: str, over: threading.Event, longest: list[float]) -> None:
    """Calls like a service until `over`, one after the other; records the longest duration."""
    with psycopg.connect(url, autocommit=True) as connection:
        while not over.is_set():
            begun = time.monotonic()
            connection.execute("UPDATE requests SET state = state WHERE id = 'none'")
            longest[0] = max(longest[0], time.monotonic() - begun)
            time.sleep(0.01)


def test_calls_do_not_queue_behind_a_waiting_migration(old_url: str) -> None:
    """A long transaction holds the needed lock; calls must not queue behind the waiting migration."""
    missing, waits, longest, over = pending(old_url), list[float](), [0.0], threading.Event()
    calls = threading.Thread(target=_longest_call, args=(old_url, over, longest))
    calls.start()
    with psycopg.connect(old_url) as long:
        long.execute("SELECT count(*) FROM requests")
        end = threading.Timer(_HELD_SECONDS, long.commit)
        end.start()
        applied = migrate(
            old_url, on_progress=lambda done, waited: waits.append(waited) if done is None else None
        )
        end.join()
    over.set()
    calls.join()
    assert applied == missing
    assert waits == sorted(waits)
    assert len(waits) >= 2
    assert longest[0] < module.LOCK_SECONDS + 1.0  # one attempt, and some time for a busy machine
    assert pending(old_url) == []


def test_migration_gives_up_after_its_time_limit(old_url: str) -> None:
    missing, begun = pending(old_url), time.monotonic()
    with psycopg.connect(old_url) as long:
        long.execute("SELECT count(*) FROM requests")
        with pytest.raises(DatabaseBusy):
            migrate(old_url, wait_seconds=1.5)
    assert 1.0 < time.monotonic() - begun < 1.5 + 1.0
    assert pending(old_url) == missing


@dataclass(frozen=True, slots=True)
class _Operator:
    """The operator, who removes the standby and sees the waiting commits."""

    connection: psycopg.Connection

    def set_standby(self, name: str) -> None:
        self.connection.execute(f"ALTER SYSTEM SET synchronous_standby_names = '{name}'")
        self.connection.execute("SELECT pg_reload_conf()")

    def waiting(self) -> list[int]:
        rows = self.connection.execute(
            "SELECT pid FROM pg_stat_activity WHERE wait_event = 'SyncRep' AND datname = 'interrupted'"
        )
        return [pid for (pid,) in rows]


@pytest.fixture
def unreplicated(own_postgresql: Server, folder: Path) -> Iterator[tuple[str, _Operator]]:
    """An older schema on a server without its synchronous standby, and its operator."""
    url = own_postgresql.create("interrupted")
    migrate_to(folder, url, _BASELINE)
    with psycopg.connect(own_postgresql.url("postgres"), autocommit=True) as connection:
        connection.execute("SET synchronous_commit = local")
        operator = _Operator(connection)
        operator.set_standby("absent")
        try:
            yield url, operator
        finally:
            operator.set_standby("")
    own_postgresql.drop("interrupted")


def test_migration_interrupted_without_the_standby_stays_invisible(
    unreplicated: tuple[str, _Operator], folder: Path
) -> None:
    """A cancelled commit would be stored and visible, but lost at the next failover."""
    url, operator = unreplicated
    missing = pending(url)
    environment = os.environ | {"MSHIELD_DATABASE": url}
    with subprocess.Popen((sys.executable, "-c", _COMMAND, str(folder)), env=environment) as command:
        _until(lambda: len(operator.waiting()) == 1)
        command.send_signal(signal.SIGINT)
        assert command.wait(_SECONDS) == 1
    assert pending(url) == missing
    assert operator.waiting()
    operator.set_standby("")
    _until(lambda: not operator.waiting())
    assert [missing[0], *migrate(url)] == missing


def test_migration_commit_released_by_an_operator_is_a_failure(unreplicated: tuple[str, _Operator]) -> None:
    """It must not continue as if the standby had the commit."""
    url, operator = unreplicated

    def let_through() -> None:
        _until(lambda: len(operator.waiting()) == 1)
        operator.connection.execute("SELECT pg_cancel_backend(%s)", (operator.waiting()[0],))

    thread = threading.Thread(target=let_through)
    thread.start()
    with pytest.raises(Unavailable, match="before the standby had it"):
        migrate(url)
    thread.join()
