"""The lines of a process on standard error."""

import logging
import time

import pytest

from mshield.services.process.logs import in_utc


def test_lines_tell_the_time_in_utc(monkeypatch: pytest.MonkeyPatch) -> None:
    """Also on a host of another zone."""
    monkeypatch.setenv("TZ", "Asia/Shanghai")
    time.tzset()
    try:
        fields = {"name": "mshield", "levelname": "INFO", "msg": "x", "created": 0.0, "msecs": 7.0}
        assert in_utc().format(logging.makeLogRecord(fields)) == "1970-01-01T00:00:00.007Z INFO mshield x"
    finally:
        monkeypatch.undo()
        time.tzset()
