"""Messages filled from database rows."""

from dataclasses import dataclass

import pytest

from mshield.server.http.answers import filled
from mshield.server.http.body import Wire


class Message(Wire, frozen=True):
    id: str
    state: str


@dataclass(frozen=True)
class Row:
    id: str
    secret: str


def test_message_takes_only_its_own_fields_of_a_row() -> None:
    assert filled(Message, Row("1", "x"), state="active") == Message("1", "active")
    assert filled(Message, Message("1", "active"), state="disabled") == Message("1", "disabled")


def test_missing_or_unknown_field_is_an_error() -> None:
    with pytest.raises(AttributeError, match="state"):
        filled(Message, Row("1", "x"))
    with pytest.raises(TypeError, match="secret"):
        filled(Message, Row("1", "x"), state="active", secret="y")
