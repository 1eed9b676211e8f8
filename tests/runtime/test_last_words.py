"""While its database is away or an older copy, a process logs lines without tracebacks, even as it ends."""

import asyncio
from pathlib import Path

import pytest

from mshield.server.main import create_app
from mshield.server.runtime.rows.known_mark import RestoreUndeclared
from tests.support.application import Application, prepared, running
from tests.support.clock import Clock
from tests.support.postgresql import Server
from tests.support.signing import execute

_AWAY_SECONDS = 3.0


def _tracebacks(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.exc_info]


def _lines(caplog: pytest.LogCaptureFixture, words: str) -> int:
    return sum(words in record.getMessage() for record in caplog.records)


async def _change(application: Application) -> None:
    """Makes a change that needs a mark."""
    await execute(application.context.db, "UPDATE authorities SET crl_number = 0")


async def test_older_copy_is_logged_once(
    database_url: str, tmp_path: Path, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    """The process must not end with a traceback of its lifespan."""
    async with running(database_url, tmp_path, clock) as application:
        await _change(application)
        await execute(application.context.db, "DELETE FROM high_water_marks")
        await execute(application.context.db, "UPDATE high_water SET mark = 0")
    assert _lines(caplog, RestoreUndeclared.en) == 1
    assert _tracebacks(caplog) == []


async def test_a_database_that_is_away_makes_no_tracebacks(
    durable_postgresql: Server, tmp_path: Path, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    """All its jobs run. The last mark must not end the process with a traceback."""
    settings, _, _ = await prepared(durable_postgresql.url("mshield"), tmp_path, clock)
    app = create_app(settings.changed(jobs="in_process"), clock=clock)
    async with app.router.lifespan_context(app):
        await asyncio.sleep(1)
        await execute(app.state.context.db, "UPDATE authorities SET crl_number = 0")
        await asyncio.to_thread(durable_postgresql.kill)
        clock.advance(seconds=3600)  # every job is due
        await asyncio.sleep(_AWAY_SECONDS)
        said = len(caplog.records)
    assert said < 40 * _AWAY_SECONDS, "the traceback of the failed connection"
    assert _lines(caplog, "the last high-water mark could not be made") == 1
    assert _tracebacks(caplog) == []
