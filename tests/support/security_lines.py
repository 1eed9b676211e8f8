"""The lines of the security log as a test sees them, and whether they name any of its people."""

import json
import logging
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any, Final

import pytest

from mshield.demo.people import Person
from mshield.services.process.security_events import EVENTS, Event
from mshield.services.process.security_log import LOGGER

_FIELDS: Final = {event.name: {"time", "event", "level", *event.fields} for event in EVENTS}


@contextmanager
def fresh_logger() -> Iterator[logging.Logger]:
    """The logger as it is in a process that begins; afterwards as it was."""
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
    """As they stand in the file."""
    return [record.getMessage() for record in caplog.records if record.name == LOGGER]


def lines_of(caplog: pytest.LogCaptureFixture, *events: Event) -> list[dict[str, Any]]:
    """Those of these events, or all; each is an object of one line with the fields of its event."""
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
    """Fails where a line says something of a person, or one of the secrets, in any spelling of JSON."""
    text = "\n".join(lines)
    spelled = f"{text}\n{text.encode().decode('unicode_escape')}".casefold()
    for person in people:
        for word in (person.name, person.id_number, person.phone, person.password, person.credit_code):
            assert word.casefold() not in spelled, word
        assert f'"{person.pin}"' not in spelled
    for secret in secrets:
        assert secret.casefold() not in spelled, secret
