"""Migrations of PostgreSQL beside a service that goes on, and one that is interrupted while its commit waits."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

import psycopg
import pytest

from mshield.store.database import migrate as module
from mshield.store.database.interface import Unavailable
from mshield.store.database.migrate import DatabaseBusy, migrate, pending
from tests.support.old_schema import make_earlier
from tests.support.postgresql import Server

_BEFORE: Final = "0060"
_HELD_SECONDS: Final = 2.5
_SECONDS: Final = 30.0
_COMMAND: Final = (
    "import signal; signal.signal(signal.SIGINT, signal.default_int_handler);"
    " from mshield.cli import main; main(['migrate'])"
)


@pytest.fixture
def old_url(empty_postgresql_url: str) -> str:
    """A schema whose next migration changes `requests`."""
    make_earlier(empty_postgresql_url, before=_BEFORE)
    return empty_postgresql_url


def _until(holds: Callable[[], bool]) -> None:
    end = time.monotonic() + _SECONDS
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.02)


def _longest_call(url: str, over: threading.Event, longest: list[float]) -> None:
    """Calls of a service, one after the other, until it is over; how long the longest took."""
    with psycopg.connect(url, autocommit=True) as connection:
        while not over.is_set():
            begun = time.monotonic()
            connection.execute("UPDATE requests SET state = state WHERE id = 'none'")
            longest[0] = max(longest[0], time.monotonic() - begun)
            time.sleep(0.01)


def test_nobody_waits_behind_a_migration_that_waits(old_url: str) -> None:
    """A long transaction holds what it needs. On the code before, all calls wait as long as that one takes."""
    missing, waits, longest, over = pending(old_url), list[float](), [0.0], threading.Event()
    calls = threading.Thread(target=_longest_call, args=(old_url, over, longest))
    calls.start()
    with psycopg.connect(old_url) as long:
        long.execute("SELECT count(*) FROM requests")
        end = threading.Timer(_HELD_SECONDS, long.commit)
        end.start()
        applied = migrate(old_url, tell=lambda done, waited: waits.append(waited) if done is None else None)
        end.join()
    over.set()
    calls.join()
    assert applied == missing
    assert waits == sorted(waits)
    assert len(waits) >= 2
    assert longest[0] < module.LOCK_SECONDS + 1.0  # one turn, and what a busy machine takes
    assert pending(old_url) == []


def test_it_gives_up_after_the_time_it_has(old_url: str) -> None:
    missing, begun = pending(old_url), time.monotonic()
    with psycopg.connect(old_url) as long:
        long.execute("SELECT count(*) FROM requests")
        with pytest.raises(DatabaseBusy):
            migrate(old_url, wait_seconds=1.5)
    assert 1.0 < time.monotonic() - begun < 1.5 + 1.0
    assert pending(old_url) == missing


@dataclass(frozen=True, slots=True)
class _Operator:
    """Who takes the standby away, and sees which commits wait for it."""

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
def unreplicated(own_postgresql: Server) -> Iterator[tuple[str, _Operator]]:
    """An older schema on a server whose synchronous standby is away, and its operator."""
    url = own_postgresql.create("interrupted")
    make_earlier(url, before=_BEFORE)
    with psycopg.connect(own_postgresql.url("postgres"), autocommit=True) as connection:
        connection.execute("SET synchronous_commit = local")
        operator = _Operator(connection)
        operator.set_standby("absent")
        try:
            yield url, operator
        finally:
            operator.set_standby("")
    own_postgresql.drop("interrupted")


def test_what_is_interrupted_while_the_standby_is_away_is_seen_by_nobody(
    unreplicated: tuple[str, _Operator],
) -> None:
    """On the code before, the commit is cancelled: it is kept, all see it, and the next failover forgets it."""
    url, operator = unreplicated
    missing = pending(url)
    environment = os.environ | {"MSHIELD_DATABASE": url}
    with subprocess.Popen((sys.executable, "-c", _COMMAND), env=environment) as command:
        _until(lambda: len(operator.waiting()) == 1)
        command.send_signal(signal.SIGINT)
        assert command.wait(_SECONDS) == 1
    assert pending(url) == missing
    assert operator.waiting()
    operator.set_standby("")
    _until(lambda: not operator.waiting())
    assert [missing[0], *migrate(url)] == missing


def test_a_commit_that_an_operator_let_through_is_a_failure(unreplicated: tuple[str, _Operator]) -> None:
    """On the code before, it goes on as if the standby had it."""
    url, operator = unreplicated

    def let_through() -> None:
        _until(lambda: len(operator.waiting()) == 1)
        operator.connection.execute("SELECT pg_cancel_backend(%s)", (operator.waiting()[0],))

    thread = threading.Thread(target=let_through)
    thread.start()
    with pytest.raises(Unavailable, match="before the standby had it"):
        migrate(url)
    thread.join()
