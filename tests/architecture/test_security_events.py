"""Events of the security log: each is written somewhere and has known fields; each relevant refusal causes one."""

import re
from pathlib import Path
from typing import Final

import pytest

from mshield.server.error_codes import BY_CODE
from mshield.server.http.edge.watched import DONE, REFUSED, event_of
from mshield.server.http.problems import STATUS
from mshield.server.main import create_app
from mshield.server.runtime.security_log import events
from mshield.server.runtime.security_log.events import EVENTS, FIELDS, Event
from mshield.server.settings.settings import Settings
from tests.support.sources import python

_LIST: Final = Path(events.__file__)
_NOT_PROBLEMS: Final = {
    "invalid_client",
    "unauthorized_client",
    "invalid_token",
    "invalid_grant",
    "seal_broken",
}
"""Codes of RFC 6749 and 6750, and errors reported as `internal`."""


def test_each_event_is_written_by_some_code() -> None:
    text = "\n".join(file.read_text("utf-8") for file in python() if file != _LIST)
    used = set(re.findall(r"\b[A-Z]+(?:_[A-Z]+)+\b", text))
    named = {name for name, value in vars(events).items() if isinstance(value, Event)}
    assert named - used == set()


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: event.name)
def test_event_has_a_unique_name_and_known_fields(event: Event) -> None:
    assert re.fullmatch(r"[a-z]+\.[a-z_]+", event.name)
    assert sum(other.name == event.name for other in EVENTS) == 1
    assert set(event.fields) <= FIELDS.keys()


def test_each_field_is_used_by_an_event() -> None:
    assert FIELDS.keys() == {name for event in EVENTS for name in event.fields}


def test_each_operation_and_code_of_the_tables_exists() -> None:
    assert DONE.keys() <= {route.operation_id for route in create_app(Settings()).all_routes}
    assert REFUSED.keys() - _NOT_PROBLEMS <= BY_CODE.keys()


@pytest.mark.parametrize("code", [code for code, status in STATUS.items() if status in {401, 403, 429, 500}])
def test_each_relevant_refusal_causes_an_event(code: str) -> None:
    assert event_of(code, STATUS[code]) is not None
