"""The security log's events: each is written somewhere, has known fields, and each refusal that matters tells one."""

import re
from pathlib import Path
from typing import Final

import pytest

import mshield
from mshield.domain.errors import BY_CODE
from mshield.main import create_app
from mshield.services.process import security_events
from mshield.services.process.security_events import EVENTS, FIELDS, Event
from mshield.settings import Settings
from mshield.web.edge.watched import DONE, REFUSED, event_of
from mshield.web.problems import STATUS

_PACKAGE: Final = Path(mshield.__file__).parent
_LIST: Final = _PACKAGE / "services" / "process" / "security_events.py"
_NOT_PROBLEMS: Final = {
    "invalid_client",
    "unauthorized_client",
    "invalid_token",
    "invalid_grant",
    "seal_broken",
}
"""Codes of RFC 6749 and 6750, and what hides behind `internal`."""


def test_each_event_is_written_by_some_code() -> None:
    text = "\n".join(file.read_text("utf-8") for file in _PACKAGE.rglob("*.py") if file != _LIST)
    used = set(re.findall(r"\b[A-Z]+(?:_[A-Z]+)+\b", text))
    named = {name for name, value in vars(security_events).items() if isinstance(value, Event)}
    assert named - used == set()


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: event.name)
def test_an_event_has_a_name_of_its_own_and_known_fields(event: Event) -> None:
    assert re.fullmatch(r"[a-z]+\.[a-z_]+", event.name)
    assert sum(other.name == event.name for other in EVENTS) == 1
    assert set(event.fields) <= FIELDS.keys()


def test_each_field_is_some_events() -> None:
    assert FIELDS.keys() == {name for event in EVENTS for name in event.fields}


def test_each_operation_and_code_of_the_tables_exists() -> None:
    assert DONE.keys() <= {route.operation_id for route in create_app(Settings()).all_routes}
    assert REFUSED.keys() - _NOT_PROBLEMS <= BY_CODE.keys()


@pytest.mark.parametrize("code", [code for code, status in STATUS.items() if status in {401, 403, 429, 500}])
def test_each_refusal_of_somebody_tells_something(code: str) -> None:
    assert event_of(code, STATUS[code]) is not None
