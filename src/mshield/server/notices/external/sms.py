"""SMS gateways. A gateway raises SmsError if it couldn't hand a message over.

The development gateway sends nothing: it keeps the last messages in memory, for the page /dev/sms and for
tests.
"""

from collections import deque
from dataclasses import dataclass, replace
from typing import Final, Literal, Protocol

SmsPurpose = Literal[
    "register",
    "unlock",
    "apply",
    "renew",
    "reset",
    "portal",
    "revoke",
    "vouch",
    "device",
    "new_phone",
    "old_phone",
    "close",
    "export",
]
OUTBOX_SIZE: Final = 100
REDACTED: Final = "******"
SmsNotice = Literal[
    "phone_changed",
    "source_changed",
    "request_waiting",
    "password_changed",
    "disowned",
    "shield_disowned",
    "new_device",
    "new_certificate",
    "certificate_issued",
    "applied_after_reset",
    "lost",
    "loss_lifted",
    "frozen",
    "unfrozen",
    "duplicate",
    "clone",
    "clone_lifted",
    "pin_locked",
    "revoked",
    "ca_revoked",
    "renewal_ending",
    "renewal_filing",
    "expired",
    "account_disabled",
    "account_enabled",
    "phone_bound",
    "password_reset",
    "needs_revocation",
    "second_account",
    "confirm_identity",
    "vouched",
    "vouched_for",
    "identity_decided",
    "phone_asked",
    "phone_waits",
    "phone_stopped",
    "identity_objected",
    "identity_ended",
    "filed_phone_differs",
    "filed_phone_waits",
    "filed_phone_ends",
    "filed_phone_stopped",
    "suspended",
    "resumed",
    "ca_refused",
    "ca_refused_renewal",
    "renewal_issued",
    "revoked_by_staff",
    "staff_acted",
    "closing_asked",
    "account_closed",
    "shield_asked",
    "shield_answered",
]
"""Purposes of messages that notify somebody and carry no code."""


class SmsError(Exception):
    """The message wasn't accepted, or its delivery is unknown. `reason` is a word for logs, without any number."""

    def __init__(self, reason: str = "failed") -> None:
        super().__init__(reason)
        self.reason = reason


class SmsRefused(SmsError):
    """The provider refused the message; `reason` is its code."""


class SmsUnreachable(SmsError):
    """No connection to the provider could be made, so it doesn't have the message."""


class SmsUnanswered(SmsError):
    """The provider didn't answer in time, so it is unknown whether it has the message."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SmsMessage:
    """SMS to send; `at` is ms.

    Gateways with templates use the purpose and its parameters, others the text. A notice has no code (empty).
    """

    phone: str
    text: str
    code: str
    purpose: SmsPurpose | SmsNotice
    at: int
    parameters: tuple[tuple[str, str], ...] = ()

    @property
    def filled_in(self) -> tuple[tuple[str, str], ...]:
        """Values of a template's slots in order: the code if there is one, then the parameters."""
        return (("code", self.code), *self.parameters) if self.code else self.parameters


class SmsGateway(Protocol):
    """Gateway for sending SMS."""

    async def send(self, message: SmsMessage) -> None:
        """Hands the message over. Raises: SmsError."""

    def forget(self, phone: str, code: str) -> None:
        """Deletes whatever this gateway stores of a used code."""


class DevelopmentSms:
    """Gateway that keeps the last hundred messages instead of sending them."""

    def __init__(self) -> None:
        self._outbox: deque[SmsMessage] = deque(maxlen=OUTBOX_SIZE)

    async def send(self, message: SmsMessage) -> None:
        """Puts the message into the outbox."""
        self._outbox.append(message)

    def forget(self, phone: str, code: str) -> None:
        """Blanks the code in all messages to this number."""
        for place, message in enumerate(self._outbox):
            if message.phone == phone and message.code == code:
                text = message.text.replace(code, REDACTED)
                self._outbox[place] = replace(message, code=REDACTED, text=text)

    def messages(self) -> list[SmsMessage]:
        """Returns the outbox, newest first."""
        return list(reversed(self._outbox))
