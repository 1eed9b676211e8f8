"""The log line of a call is one line, whatever its path."""

import logging
from pathlib import Path

import pytest

from tests.support.application import running
from tests.support.clock import Clock


async def test_no_path_begins_another_line(
    sqlite_url: str, tmp_path: Path, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "mshield.access")
    async with running(sqlite_url, tmp_path, clock, access_log=True) as application:
        answer = await application.http.get("/none%0a2026-11-28 INFO mshield.main all is well%1b[2J%e2%80%a8")
    (line,) = (record.getMessage() for record in caplog.records if record.name == "mshield.access")
    assert line.startswith(
        "GET /none%0A2026-11-28%20INFO%20mshield.main%20all%20is%20well%1B%5B2J%E2%80%A8 404 "
    )
    assert line.endswith(answer.headers["x-request-id"])
