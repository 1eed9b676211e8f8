"""The lines of the security log in tests, and a check that they contain no personal data."""

import json
import logging
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any, Final

import pytest

from mshield.server.runtime.security_log.events import EVENTS, Event
from mshield.server.runtime.security_log.log import LOGGER
from mshield.testkit.demo.people import Person

_FIELDS: Final = {event.name: {"time", "event", "level", *event.fields} for event in EVENTS}


@contextmanager
def fresh_logger() -> Iterator[logging.Logger]:
    """Provides the logger in its state at process start, and restores it afterwards."""
    logger = logging.getLogger(LOGGER)
    handlers, propagates, level = logger.handlers[:], logger.propagate, logger.level
    logger.handlers.clear()
    try:
        yield logger
    finally:
        for handler in logger.handlers:
            handler.close()
        logger.handlers[:], logger.propagate = handlers, propagates
        logger.setLevel(level)


def raw_lines(caplog: pytest.LogCaptureFixture) -> list[str]:
    """Returns the lines as in the file."""
    return [record.getMessage() for record in caplog.records if record.name == LOGGER]


def lines_of(caplog: pytest.LogCaptureFixture, *events: Event) -> list[dict[str, Any]]:
    """Returns the lines of these events, or all, after checking that each is one line with its event's fields only."""
    lines = []
    for raw in raw_lines(caplog):
        assert raw.isascii()
        assert raw.isprintable()
        line = json.loads(raw)
        assert line.keys() <= _FIELDS[line["event"]], raw
        lines.append(line)
    names = {event.name for event in events}
    return [line for line in lines if not names or line["event"] in names]


def require_nobody(lines: Iterable[str], people: Iterable[Person], *secrets: str) -> None:
    """Asserts that no line contains data of these people, or any of the secrets, in any JSON spelling."""
    text = "\n".join(lines)
    spelled = f"{text}\n{text.encode().decode('unicode_escape')}".casefold()
    for person in people:
        for word in (person.name, person.id_number, person.phone, person.password, person.credit_code):
            assert word.casefold() not in spelled, word
        assert f'"{person.pin}"' not in spelled
    for secret in secrets:
        assert secret.casefold() not in spelled, secret
