"""Liveness and readiness of the service while its database is frozen, read only, without its standby, or away."""

import asyncio
import contextlib
import logging
import threading
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest

from mshield.server.keys.errors import HardwareTimeout
from mshield.server.keys.master import generate_master_key
from mshield.server.keys.sources import MasterKeyFile
from mshield.server.runtime.health import keys, readiness
from tests.support.application import Application, running
from tests.support.clock import Clock
from tests.support.postgresql import Server
from tests.support.signing import execute

_SOON = 1.0
_SECONDS = 30.0
_TICK = 0.01
_ASKS = "/api/business/requests/00000000-0000-4000-8000-000000000000"
"""A business system's call that reads the database."""

_END_SESSIONS = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'mshield'"


@pytest.fixture
async def served(durable_postgresql: Server, tmp_path: Path, clock: Clock) -> AsyncIterator[Application]:
    async with running(durable_postgresql.url("mshield"), tmp_path, clock) as application:
        yield application


@contextlib.contextmanager
def _lateness() -> Iterator[list[float]]:
    """Yields how late a sleeping thread wakes meanwhile: that delay is the busy machine's, not the service's."""
    late, over = list[float](), threading.Event()

    def tick() -> None:
        while not over.is_set():
            begun = time.monotonic()
            time.sleep(_TICK)
            late.append(max(time.monotonic() - begun - 2 * _TICK, 0.0))

    thread = threading.Thread(target=tick)
    thread.start()
    try:
        yield late
    finally:
        over.set()
        thread.join()


async def _asked(application: Application, path: str) -> tuple[httpx.Response, float]:
    begun = time.monotonic()
    with _lateness() as late:
        answer = await application.http.get(path)
    return answer, time.monotonic() - begun - sum(late)


async def _found(application: Application, path: str = "/readyz") -> Any:
    answer, seconds = await _asked(application, path)
    assert seconds < _SOON
    assert answer.status_code in {200, 503}
    return answer.json() | {"status": answer.status_code}


async def _until(application: Application, status: int) -> Any:
    async with asyncio.timeout(_SECONDS):
        while (found := await _found(application))["status"] != status:  # noqa: ASYNC110  # as any balancer asks
            await asyncio.sleep(0.1)
    return found


@contextlib.contextmanager
def _set(server: Server, name: str, value: str, *, database: str = "") -> Iterator[None]:
    """Sets a setting of the server or of a database, for the block."""
    with psycopg.connect(server.url("postgres"), autocommit=True) as connection:
        connection.execute("SET synchronous_commit = local")
        of, to = (f"DATABASE {database} SET", "RESET") if database else ("SYSTEM SET", "SYSTEM RESET")
        connection.execute(f"ALTER {of} {name} = '{value}'")
        connection.execute("SELECT pg_reload_conf()")
        try:
            yield
        finally:
            connection.execute(
                f"ALTER DATABASE {database} RESET {name}" if database else f"ALTER {to} {name}"
            )
            connection.execute("SELECT pg_reload_conf()")


async def test_frozen_database_is_reported_in_time(
    served: Application, durable_postgresql: Server, caplog: pytest.LogCaptureFixture
) -> None:
    whole = await _until(served, 200)
    assert whole["checks"]["writes"] == "ok"
    caplog.set_level(logging.INFO)
    with durable_postgresql.frozen():
        await asyncio.sleep(readiness.ANSWER_SECONDS + 0.3)  # the cached state has expired
        asking = [asyncio.create_task(served.business("GET", _ASKS)) for _ in range(12)]
        answers = {path: await _asked(served, path) for path in ("/livez", "/readyz", "/healthz")}
        assert max(seconds for _, seconds in answers.values()) < _SOON
        assert [answer.status_code for answer, _ in answers.values()] == [200, 503, 503]
        ready, _ = answers["/readyz"]
        assert ready.json()["fault"] == "database"
        assert int(ready.headers["Retry-After"]) in range(1, 4)
        begun = time.monotonic()
        refused = await asyncio.gather(*asking)
        assert time.monotonic() - begun < 12.0  # its turn, and a statement
    for one in refused:
        assert (one.status_code, one.json()["code"]) == (503, "unavailable")
        assert int(one.headers["Retry-After"]) in range(1, 4)
    assert [record.getMessage() for record in caplog.records if record.exc_info] == []
    of_calls = [record for record in caplog.records if "can't be used" in record.getMessage()]
    assert len(of_calls) == len(refused)
    await _until(served, 200)
    assert (await served.business("GET", _ASKS)).status_code == 404


async def test_read_only_database_is_reported(served: Application, durable_postgresql: Server) -> None:
    await _until(served, 200)
    with _set(durable_postgresql, "synchronous_standby_names", "absent"):
        found = await _until(served, 503)
        assert found["fault"] == "database"
        assert (found["checks"]["database"], found["checks"]["writes"]) == ("primary", "waiting")
        with psycopg.connect(durable_postgresql.url("postgres")) as connection:
            for _ in range(3):  # repeated checks don't add waiting sessions
                await asyncio.sleep(1.1)
                await _found(served)
            row = connection.execute(
                "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'SyncRep' AND query LIKE '%emit%'"
            ).fetchone()
            assert row == (1,)
    await _until(served, 200)


async def test_a_read_only_database_is_refused_politely_and_left(
    served: Application, durable_postgresql: Server
) -> None:
    with _set(durable_postgresql, "default_transaction_read_only", "on", database="mshield"):
        with psycopg.connect(durable_postgresql.url("postgres"), autocommit=True) as operator:
            operator.execute(_END_SESSIONS)
        found = await _until(served, 503)
        assert (found["fault"], found["checks"]["database"]) == ("database", "read_only")
        for _ in range(2):
            refused = await served.business("POST", "/api/business/requests", {"kind": "login"})
            assert (refused.status_code, refused.json()["code"]) == (503, "unavailable")
            assert "Retry-After" in refused.headers
        with psycopg.connect(durable_postgresql.url("postgres"), autocommit=True) as operator:
            operator.execute("ALTER DATABASE mshield RESET default_transaction_read_only")
        # On a new connection: the read-only one is not used again.
        asked = await served.business("POST", "/api/business/requests", {"kind": "login"})
        assert asked.status_code == 201
    await _until(served, 200)


async def test_full_disk_makes_the_node_unready(
    application: Application, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(readiness, "LEAST_FREE", 1 << 60)
    found = await _until(application, 503)
    assert (found["fault"], found["checks"]["disk"]) == ("node", "low")


async def test_both_databases_are_ready(application: Application) -> None:
    found = await _until(application, 200)
    assert found["checks"] | {"jobs": "ok"} == {
        "database": "primary",
        "writes": "ok",
        "clock": "ok",
        "engine": "ok",
        "disk": "ok",
        "keys": "ok",
        "jobs": "ok",
        "replication": "ok",
    }
    assert await _found(application, "/healthz") == found


async def test_master_key_readable_by_others_makes_the_node_unready(
    application: Application, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keys, "FRESH_SECONDS", 0.0)
    await _until(application, 200)
    file = application.context.settings.keys.master_key_file
    file.chmod(0o644)
    found = await _until(application, 503)
    assert (found["fault"], found["checks"]["keys"]) == ("node", "wrong")
    file.chmod(0o600)
    assert (await _until(application, 200))["checks"]["keys"] == "ok"


async def test_foreign_master_key_makes_the_node_unready(
    application: Application, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keys, "FRESH_SECONDS", 0.0)
    await _until(application, 200)
    MasterKeyFile(application.context.settings.keys.master_key_file).replace((generate_master_key("aes"),))
    found = await _until(application, 503)
    assert (found["fault"], found["checks"]["keys"]) == ("node", "wrong")


async def test_lost_secret_is_the_databases_fault(
    application: Application, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keys, "FRESH_SECONDS", 0.0)
    await execute(application.context.db, "DELETE FROM secrets WHERE name = 'seal'")
    found = await _until(application, 503)
    assert (found["fault"], found["checks"]["keys"]) == ("database", "lost")


async def test_absent_device_is_reported_and_the_node_serves(
    application: Application, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keys, "FRESH_SECONDS", 0.0)
    await _until(application, 200)

    def require_present() -> None:
        time.sleep(2 * readiness.ANSWER_SECONDS)
        raise HardwareTimeout("PKCS#11 shield")

    monkeypatch.setattr(application.context.keyring.devices, "require_present", require_present)
    async with asyncio.timeout(_SECONDS):
        while (found := await _found(application))["checks"]["keys"] != "device":
            assert found["status"] == 200
            await asyncio.sleep(0.1)
    assert found["status"] == 200


async def test_key_check_is_cached(application: Application) -> None:
    await _until(application, 200)
    application.context.settings.keys.master_key_file.chmod(0o644)
    await asyncio.sleep(1.1)
    assert (await _found(application))["checks"]["keys"] == "ok"
