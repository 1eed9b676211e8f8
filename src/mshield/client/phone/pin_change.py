"""Changing the PIN (修改 PIN 码, manual 2.3.1.5), showing that a key works, closing the account: own tasks.

The new PIN counts at once. A change that was interrupted is finished or undone by what the service has recorded,
never by a guess: the slot that is in force says which PIN is asked for.
"""

from dataclasses import dataclass
from typing import Final

import msgspec

from mshield.client.errors import PhoneError, ProtocolError
from mshield.client.phone.cosigning import CoSigning, ToSign
from mshield.client.phone.messages import Task
from mshield.client.phone.operation import Operation
from mshield.client.phone.pin import PinPrompt, PinSource, ask, checked_pin
from mshield.client.phone.state import KeyPlace
from mshield.client.wire import read, unhex
from mshield.gm.transcript import InternalPurpose, internal_message

_CLOSING: Final = "/api/phone/account/closing"


@dataclass(frozen=True, slots=True)
class PinChanged:
    """`recovered` says that an earlier try had done it already, and only its answer was lost."""

    recovered: bool


def change_pin(operation: Operation, old: PinSource, new: str) -> PinChanged:
    """Changes the PIN; errors as of `CoSigning.sign`, and PhoneError `same_pin`.

    Where the outcome is unknown (NetworkError) call it again with the same PINs.
    """
    checked_pin(new)
    if isinstance(old, str) and checked_pin(old) == new:
        raise PhoneError("same_pin")
    if _finished_before(operation, old, new):
        return PinChanged(recovered=True)
    document = internal_task(operation, "key", "refresh")
    CoSigning(operation, "key").sign([document], _Different(old, new), new_pin=new)
    confirm(operation, "key", new)
    return PinChanged(recovered=False)


def confirm(operation: Operation, place: KeyPlace, pin: PinSource) -> None:
    """Shows that the key in that place works; its newest slot is the only one afterwards."""
    document = internal_task(operation, place, "confirm")
    CoSigning(operation, place).sign([document], pin)


def _finished_before(operation: Operation, old: PinSource, new: str) -> bool:
    """Settles a change that was interrupted: True where its new slot is in force."""
    key = operation.vault.state.at("key")
    newest = key.slots[0] if key.slots else None
    if newest is None or all(slot.pin_set_at == newest.pin_set_at for slot in key.slots):
        return False
    asked: list[int] = []

    def source(prompt: PinPrompt) -> str:
        asked.append(prompt.pin_set_at)
        return ask(new if prompt.pin_set_at == newest.pin_set_at and isinstance(old, str) else old, prompt)

    confirm(operation, "key", source)
    return asked[-1] == newest.pin_set_at


class _Different:
    """A source of the old PIN that refuses the new one before an attempt is spent."""

    def __init__(self, old: PinSource, new: str) -> None:
        self._old, self._new = old, new

    def __call__(self, prompt: PinPrompt) -> str:
        pin = ask(self._old, prompt)
        if pin == self._new:
            raise PhoneError("same_pin")
        return pin


def internal_task(operation: Operation, place: KeyPlace, purpose: InternalPurpose) -> ToSign:
    """A task of the protocol itself: its message is known to the byte, so nothing else can be slipped in."""
    uid = operation.vault.state.at(place).uid
    path = f"/api/phone/keys/{uid.hex()}/tasks"
    answer = operation.connection.post(path, operation.logged_in(), {"purpose": purpose})
    task = read(answer, Task)
    sid = unhex(task.sid, 16)
    if task.purpose != purpose or task.message != internal_message(purpose, uid=uid, sid=sid):
        raise ProtocolError("bad_task", "not the task that was asked for")
    return ToSign(sid, task.message)


class ClosingAsked(msgspec.Struct, frozen=True):
    """When it will be done, ms since the epoch; until then it can be undone."""

    due_at: int


def signed_by_pin(operation: Operation, purpose: InternalPurpose, pin: PinSource) -> dict[str, str]:
    """A task of this purpose, signed, for the call that it confirms.

    The PIN is judged by the service and counted as ever; errors as of `CoSigning.sign`.
    """
    document = internal_task(operation, "key", purpose)
    CoSigning(operation, "key").sign([document], pin)
    return {"sid": document.sid.hex()}


def close_by_pin(operation: Operation, pin: PinSource) -> ClosingAsked:
    """As `signed_by_pin`."""
    body = signed_by_pin(operation, "close", pin)
    return read(operation.connection.post(_CLOSING, operation.logged_in(), body), ClosingAsked)


def close_by_sms(operation: Operation, code: str) -> ClosingAsked:
    """ProblemError `pin_needed` where this phone has a shield that may sign."""
    body = {"sms_code": code}
    return read(operation.connection.post(_CLOSING, operation.logged_in(), body), ClosingAsked)
