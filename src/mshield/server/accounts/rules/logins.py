"""Logins as customer service sees them."""

from typing import Literal

from mshield.wire.messages import AnswerMessage


class AccountLoginMessage(AnswerMessage, frozen=True):
    """A valid login on a phone or at the portal; times in ms.

    `shield_number` (null before the application) and `device_since` are the phone's, `used_at` is the
    portal's. Address and browser are null for logins older than these fields.
    """

    id: str
    kind: Literal["phone", "portal"]
    created_at: int
    expires_at: int
    used_at: int | None
    address: str | None
    browser: str | None
    shield_number: str | None
    device_since: int | None
