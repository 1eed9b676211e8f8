"""The PIN: exactly six digits, asked for only after `open` was answered and its proofs checked.

A PIN is checked here by form alone; whether it is right only the server learns (cosign-protocol, "Keys"). A share is
hidden under one in a slot, and comes out of it under any PIN.
"""

from collections.abc import Callable
from dataclasses import dataclass
from secrets import token_bytes

from mshield.client.errors import PhoneError
from mshield.client.phone.operation import Operation
from mshield.client.phone.state import Slot
from mshield.gm import mask
from mshield.gm.mask import PIN_FORM


@dataclass(frozen=True, slots=True, kw_only=True)
class PinPrompt:
    """What the user should see: tries left, whether others spent some, which PIN (when it was set, ms)."""

    left: int
    fell: bool
    pin_set_at: int


PinSource = str | Callable[[PinPrompt], str]


def checked_pin(pin: str) -> str:
    """The PIN, or PhoneError `bad_pin_form` where it is not six ASCII digits."""
    if not PIN_FORM.fullmatch(pin):
        raise PhoneError("bad_pin_form")
    return pin


def ask(source: PinSource, prompt: PinPrompt) -> str:
    """The PIN from its source, checked by form."""
    return checked_pin(source if isinstance(source, str) else source(prompt))


def hide_share(
    operation: Operation, *, uid: bytes, epoch: int, d1: int, pin: str, pin_set_at: int | None = None
) -> Slot:
    """A new slot with a salt of its own; `pin_set_at` (ms) is now unless the PIN is an older one."""
    salt = token_bytes(16)
    pin_key = mask.derive_pin_key(pin, salt, operation.pin_rounds)
    hiding = mask.mask(operation.vault.mac, uid=uid, epoch=epoch, salt=salt, K=pin_key)
    return Slot.make(
        epoch=epoch,
        salt=salt,
        rounds=operation.pin_rounds,
        blob=mask.hide(d1, hiding).to_bytes(32, "big"),
        pin_set_at=operation.clock() if pin_set_at is None else pin_set_at,
    )


def reveal_share(operation: Operation, slot: Slot, *, uid: bytes, pin: str) -> int:
    """The share `d1` that this PIN gives; a wrong PIN gives one too, and nothing here can tell."""
    pin_key = mask.derive_pin_key(pin, slot.salt, slot.rounds)
    hiding = mask.mask(operation.vault.mac, uid=uid, epoch=slot.epoch, salt=slot.salt, K=pin_key)
    return mask.reveal(int.from_bytes(slot.blob), hiding)
