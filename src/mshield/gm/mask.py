"""How the phone hides its share under the PIN: blob = d1 + mask mod n.

Every PIN unmasks some share, so nothing here can tell a right PIN from a wrong one.
"""

import hashlib
import re
from collections.abc import Callable
from typing import Final

from mshield.gm.curve import N
from mshield.gm.errors import Malformed
from mshield.gm.scalars import check_scalar
from mshield.gm.transcript import LV, epoch_bytes, sized

PIN_ROUNDS: Final = 600_000
_TAG: Final = b"MSHIELD/v1/mask"
PIN_DIGITS: Final = 6
PIN_FORM: Final = re.compile(f"[0-9]{{{PIN_DIGITS}}}")
"""A PIN (R4): all that takes one asks here."""


def derive_pin_key(pin: str, salt: bytes, rounds: int = PIN_ROUNDS) -> bytes:
    """`K`: PBKDF2-HMAC-SHA-256 of six ASCII digits, 32 bytes; raises `Malformed` for another PIN or salt."""
    if not PIN_FORM.fullmatch(pin):
        raise Malformed("a PIN is six digits")
    if rounds < 1:
        raise Malformed("PBKDF2 takes at least one round")
    return hashlib.pbkdf2_hmac("sha256", pin.encode("ascii"), sized("salt", salt, 16), rounds, 32)


def mask(hmac: Callable[[bytes], bytes], *, uid: bytes, epoch: int, salt: bytes, K: bytes) -> int:
    """The mask in [0, n-1]; `hmac` is HMAC-SHA-256 under the device secret, wherever that is kept."""
    fields = (sized("uid", uid, 16), epoch_bytes(epoch), sized("salt", salt, 16), sized("K", K, 32))
    rest = b"".join(map(LV, fields))
    stream = b"".join(sized("an HMAC", hmac(_TAG + bytes((i,)) + rest), 32) for i in (0, 1))
    return int.from_bytes(stream, "big") % N


def hide(d1: int, mask: int) -> int:
    """The blob in [0, n-1] that the slot stores; raises `Malformed` if the share is no scalar."""
    return (check_scalar(d1) + mask) % N


def reveal(blob: int, mask: int) -> int:
    """The share in [1, n-1] that this mask gives, and 1 where it would be 0; any mask gives one."""
    return (blob - mask) % N or 1
