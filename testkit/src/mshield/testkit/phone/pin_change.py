"""Internal tasks: changing the PIN (修改 PIN 码, manual 2.3.1.5), proving that a key works, closing the account.

The new PIN is effective immediately. An interrupted change is completed or undone by what the service has
recorded, never by a guess: the slot in force determines which PIN is requested.
"""

from dataclasses import dataclass
from typing import Final

import msgspec

from mshield.client.errors import PhoneError, ProtocolError
from mshield.client.forms import read, unhex
from mshield.gm.transcript import InternalPurpose, internal_message
from mshield.testkit.phone.cosigning import CoSigning, ToSign
from mshield.testkit.phone.messages import Task
from mshield.testkit.phone.operation import Operation
from mshield.testkit.phone.pin import PinPrompt, PinSource, ask, checked_pin
from mshield.testkit.phone.state import KeyPlace

_CLOSING: Final = "/api/phone/account/closing"


@dataclass(frozen=True, slots=True)
class PinChanged:
    """Result; `recovered` means that an earlier call had changed the PIN, and only its response was lost."""

    recovered: bool


def change_pin(operation: Operation, old: PinSource, new: str) -> PinChanged:
    """Changes the PIN. Raises: PhoneError (`same_pin`), and as `CoSigning.sign`.

    If the outcome is unknown (NetworkError), call it again with the same PINs.
    """
    checked_pin(new)
    if isinstance(old, str) and checked_pin(old) == new:
        raise PhoneError("same_pin")
    if _settle_interrupted(operation, old, new):
        return PinChanged(recovered=True)
    document = internal_task(operation, "key", "refresh")
    CoSigning(operation, "key").sign([document], _DifferentPin(old, new), new_pin=new)
    confirm(operation, "key", new)
    return PinChanged(recovered=False)


def confirm(operation: Operation, place: KeyPlace, pin: PinSource) -> None:
    """Proves that the key in that place works; afterwards only its newest slot remains."""
    document = internal_task(operation, place, "confirm")
    CoSigning(operation, place).sign([document], pin)


def _settle_interrupted(operation: Operation, old: PinSource, new: str) -> bool:
    """Settles an interrupted change; returns True if its new slot is in force."""
    key = operation.vault.state.at("key")
    newest = key.slots[0] if key.slots else None
    if newest is None or all(slot.pin_set_at == newest.pin_set_at for slot in key.slots):
        return False
    prompts: list[int] = []

    def source(prompt: PinPrompt) -> str:
        prompts.append(prompt.pin_set_at)
        return ask(new if prompt.pin_set_at == newest.pin_set_at and isinstance(old, str) else old, prompt)

    confirm(operation, "key", source)
    return prompts[-1] == newest.pin_set_at


class _DifferentPin:
    """Source of the old PIN that refuses the new one before an attempt is used."""

    def __init__(self, old: PinSource, new: str) -> None:
        self._old, self._new = old, new

    def __call__(self, prompt: PinPrompt) -> str:
        pin = ask(self._old, prompt)
        if pin == self._new:
            raise PhoneError("same_pin")
        return pin


def internal_task(operation: Operation, place: KeyPlace, purpose: InternalPurpose) -> ToSign:
    """Gets an internal task and checks its message byte for byte, so that nothing else can be substituted."""
    uid = operation.vault.state.at(place).uid
    path = f"/api/phone/keys/{uid.hex()}/tasks"
    answer = operation.connection.post(path, operation.logged_in(), {"purpose": purpose})
    task = read(answer, Task)
    sid = unhex(task.sid, 16)
    if task.purpose != purpose or task.message != internal_message(purpose, uid=uid, sid=sid):
        raise ProtocolError("bad_task", "not the requested task")
    return ToSign(sid, task.message)


class ScheduledClosing(msgspec.Struct, frozen=True):
    """Time when the account will be closed, in ms since the epoch; until then it can be undone."""

    due_at: int


def signed_by_pin(operation: Operation, purpose: InternalPurpose, pin: PinSource) -> dict[str, str]:
    """Signs a task of this purpose, and returns the body for the call that it confirms.

    The service checks the PIN and counts attempts as always. Raises: as `CoSigning.sign`.
    """
    document = internal_task(operation, "key", purpose)
    CoSigning(operation, "key").sign([document], pin)
    return {"sid": document.sid.hex()}


def close_by_pin(operation: Operation, pin: PinSource) -> ScheduledClosing:
    """Closes the account with a signed task. Raises: as `signed_by_pin`."""
    body = signed_by_pin(operation, "close", pin)
    return read(operation.connection.post(_CLOSING, operation.logged_in(), body), ScheduledClosing)


def close_by_sms(operation: Operation, code: str) -> ScheduledClosing:
    """Closes the account by SMS code. Raises: ProblemError (`pin_needed` if this phone has a shield that may sign)."""
    body = {"sms_code": code}
    return read(operation.connection.post(_CLOSING, operation.logged_in(), body), ScheduledClosing)
