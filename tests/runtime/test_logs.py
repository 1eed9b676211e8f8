"""Log lines of a process on standard error."""

import json
import logging
import sys
import time

import pytest

from mshield.server.runtime.logs import as_objects, in_utc


def test_log_lines_use_utc(monkeypatch: pytest.MonkeyPatch) -> None:
    """Even on a host in another time zone."""
    monkeypatch.setenv("TZ", "Asia/Shanghai")
    time.tzset()
    try:
        fields = {"name": "mshield", "levelname": "INFO", "msg": "x", "created": 0.0, "msecs": 7.0}
        assert in_utc().format(logging.makeLogRecord(fields)) == "1970-01-01T00:00:00.007Z INFO mshield x"
    finally:
        monkeypatch.undo()
        time.tzset()


def test_json_line_has_the_exception_and_extra_fields() -> None:
    raised = None
    try:
        int("第一行\n第二行")
    except ValueError:
        raised = sys.exc_info()
    fields = {"name": "mshield.access", "msg": "GET", "levelname": "ERROR", "created": 0.007, "status": 500}
    line = as_objects().format(logging.makeLogRecord(fields | {"exc_info": raised}))
    assert line.isascii()
    assert "\n" not in line
    said = json.loads(line)
    assert "第一行" in said.pop("exception")
    assert said == {
        "time": "1970-01-01T00:00:00.007Z",
        "level": "error",
        "logger": "mshield.access",
        "event": "GET",
        "status": 500,
    }
