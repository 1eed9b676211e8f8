"""The lines of a process on standard error."""

import logging
import re
from collections.abc import Iterator

import pytest

from mshield.services.process.logs import set_up_logs
from mshield.settings import Settings


@pytest.fixture
def no_handlers() -> Iterator[None]:
    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    root.handlers.clear()
    yield
    root.handlers[:] = before
    root.setLevel(level)


@pytest.mark.usefixtures("no_handlers")
def test_lines_tell_the_time_in_utc(monkeypatch: pytest.MonkeyPatch) -> None:
    """Also on a host of another zone."""
    set_up_logs(Settings(mode="demo"))
    (handler,) = logging.getLogger().handlers
    fields = {"name": "mshield", "levelname": "INFO", "msg": "x", "created": 0.0, "msecs": 7.0}
    record = logging.makeLogRecord(fields)
    assert re.fullmatch(r"1970-01-01T00:00:00\.007Z INFO mshield x", handler.format(record))
