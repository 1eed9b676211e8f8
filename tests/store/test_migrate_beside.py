"""Migrations of PostgreSQL beside a service that goes on, and one that is interrupted while its commit waits."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from typing import Final

import psycopg
import pytest

from mshield.store.database import migrate as module
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


def test_what_is_interrupted_while_the_standby_is_away_is_seen_by_nobody(own_postgresql: Server) -> None:
    """On the code before, the commit is cancelled: it is kept, all see it, and the next failover forgets it."""
    url = own_postgresql.create("interrupted")
    make_earlier(url, before=_BEFORE)
    missing = pending(url)
    with psycopg.connect(own_postgresql.url("postgres"), autocommit=True) as operator:
        operator.execute("SET synchronous_commit = local")

        def set_standby(name: str) -> None:
            operator.execute(f"ALTER SYSTEM SET synchronous_standby_names = '{name}'")
            operator.execute("SELECT pg_reload_conf()")

        def waits() -> bool:
            row = operator.execute(
                "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'SyncRep' AND datname = 'interrupted'"
            ).fetchone()
            return row == (1,)

        set_standby("absent")
        try:
            environment = os.environ | {"MSHIELD_DATABASE": url}
            with subprocess.Popen((sys.executable, "-c", _COMMAND), env=environment) as command:
                _until(waits)
                command.send_signal(signal.SIGINT)
                assert command.wait(_SECONDS) == 1
            assert pending(url) == missing
            assert waits()
        finally:
            set_standby("")
        _until(lambda: not waits())
    assert [missing[0], *migrate(url)] == missing
    own_postgresql.drop("interrupted")
