"""The phone's slots: a share is hidden in one under a PIN, and comes out of it under any PIN (protocol, "Keys")."""

from secrets import token_bytes

from mshield.client.phone.operation import Operation
from mshield.client.phone.state import Slot
from mshield.gm import mask


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
