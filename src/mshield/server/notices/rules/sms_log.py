"""Lines of the SMS log."""

from typing import Literal

from mshield.wire.messages import AnswerMessage

SmsState = Literal["sending", "sent", "failed"]


class SmsLineMessage(AnswerMessage, frozen=True):
    """A message without its text; `with_code`: it contained a code, which isn't stored anywhere.

    `sent`: the gateway accepted it. `reason` is the gateway's word for a failure, `took_ms` its response
    time.
    """

    id: str
    phone_masked: str
    purpose: str
    with_code: bool
    state: SmsState
    reason: str | None
    sent_at: int
    took_ms: int | None
