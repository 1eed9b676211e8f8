"""PostgreSQL terminates pool connections at any point of their statements, like an operator."""

import asyncio
import contextlib
import time
from typing import Any

import asyncpg
import pytest

from mshield.server.database.interface import Database, Tx, Unavailable
from mshield.server.database.limits import taking
from mshield.server.database.opening import open_database
from mshield.server.database.queries import Query, Statement

_QUERY = Query("test", Statement("SELECT 1 AS one, $1::int AS call", ("call",)), None)
_SLOW = Query("test slow", Statement("SELECT pg_sleep(10)", ()), None)
_WRITE = Query("test write", _QUERY.postgresql, None)
_KILL = (
    "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
    " WHERE datname = current_database() AND pid <> pg_backend_pid()"
)
_KILLS = 40


async def _ask(db: Database, until: asyncio.Event) -> list[Exception]:
    async def work(tx: Tx) -> None:
        await tx.one(_QUERY, call=0)
        await tx.one(_QUERY, call=0)

    errors: list[Exception] = []
    while not until.is_set():
        together = (db.read_together(_QUERY), db.write_together(_WRITE, by=""))
        for asking in (db.one(_QUERY, call=0), *together, db.write(work)):
            try:
                await asking
            except Exception as error:  # noqa: BLE001  # told below
                errors.append(error)
    return errors


async def _until_it_answers(db: Database) -> None:
    async with asyncio.timeout(60):
        while True:
            with contextlib.suppress(Unavailable):  # of connections being terminated
                await db.one(_QUERY, call=0)
                return


@pytest.mark.usefixtures("statements")
async def test_lost_connection_is_reported_as_unavailable(postgresql_url: str) -> None:
    db, ended = await open_database(postgresql_url), asyncio.Event()
    killer: Any = await asyncpg.connect(postgresql_url)
    try:
        asking = [asyncio.create_task(_ask(db, ended)) for _ in range(4)]
        for _ in range(_KILLS):
            await killer.fetch(_KILL)
            await asyncio.sleep(0.01)
        ended.set()
        errors = [error for task in asking for error in await task]
        await _until_it_answers(db)
    finally:
        await db.close()
        await killer.close()
    assert errors
    assert [error for error in errors if not isinstance(error, Unavailable)] == []


async def test_waiting_for_a_connection_times_out(postgresql_url: str) -> None:
    """A call that finds all connections in use must not wait as long as they are."""
    db = await open_database(postgresql_url, pool_size=1)
    held = asyncio.create_task(db.one(_SLOW))
    try:
        await asyncio.sleep(0.2)
        begun = time.monotonic()
        with taking(0.3), pytest.raises(Unavailable, match="no connection was free"):
            await db.one(_QUERY, call=0)
        assert time.monotonic() - begun < 2.0
        assert not held.done()
    finally:
        held.cancel()
        await asyncio.wait({held})
        await db.close()
