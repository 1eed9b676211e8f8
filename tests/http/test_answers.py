"""How a message is filled from a row."""

from dataclasses import dataclass

import pytest

from mshield.web.answers import filled
from mshield.web.body import Wire


class Message(Wire, frozen=True):
    id: str
    state: str


@dataclass(frozen=True)
class Row:
    id: str
    secret: str


def test_a_message_takes_its_own_fields_of_a_row_and_no_others() -> None:
    assert filled(Message, Row("1", "x"), state="active") == Message("1", "active")
    assert filled(Message, Message("1", "active"), state="disabled") == Message("1", "disabled")


def test_what_is_missing_or_unknown_is_a_fault() -> None:
    with pytest.raises(AttributeError, match="state"):
        filled(Message, Row("1", "x"))
    with pytest.raises(TypeError, match="secret"):
        filled(Message, Row("1", "x"), state="active", secret="y")
