"""Closing the account (注销账号): with the PIN of this phone's shield, else with an SMS code of purpose `close`."""

from typing import Final

import msgspec

from mshield.client.phone import pin_change
from mshield.client.phone.cosigning import CoSigning
from mshield.client.phone.operation import Operation
from mshield.client.phone.pin import PinSource
from mshield.client.wire import read

_CLOSING: Final = "/api/phone/account/closing"


class ClosingAsked(msgspec.Struct, frozen=True):
    """When it will be done, ms since the epoch; until then it can be undone."""

    due_at: int


def by_pin(operation: Operation, pin: PinSource) -> ClosingAsked:
    """The PIN is judged by the service and counted as ever; errors as of `CoSigning.sign`."""
    document = pin_change.internal_task(operation, "key", "close")
    CoSigning(operation, "key").sign([document], pin)
    body = {"sid": document.sid.hex()}
    return read(operation.connection.post(_CLOSING, operation.logged_in(), body), ClosingAsked)


def by_sms(operation: Operation, code: str) -> ClosingAsked:
    """ProblemError `pin_needed` where this phone has a shield that may sign."""
    body = {"sms_code": code}
    return read(operation.connection.post(_CLOSING, operation.logged_in(), body), ClosingAsked)
