"""Masking of the phone's share under the PIN: blob = d1 + mask mod n.

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
"""Form of a PIN (R4): the only definition, used wherever a PIN is accepted."""


def derive_pin_key(pin: str, salt: bytes, rounds: int = PIN_ROUNDS) -> bytes:
    """Derives `K`, 32 bytes, by PBKDF2-HMAC-SHA-256 from six ASCII digits. Raises: Malformed (PIN, salt, rounds)."""
    if not PIN_FORM.fullmatch(pin):
        raise Malformed("a PIN is six digits")
    if rounds < 1:
        raise Malformed("PBKDF2 takes at least one round")
    return hashlib.pbkdf2_hmac("sha256", pin.encode("ascii"), sized("salt", salt, 16), rounds, 32)


def mask(hmac: Callable[[bytes], bytes], *, uid: bytes, epoch: int, salt: bytes, K: bytes) -> int:
    """Returns the mask in [0, n-1]; `hmac` computes HMAC-SHA-256 with the device secret, wherever that is stored."""
    fields = (sized("uid", uid, 16), epoch_bytes(epoch), sized("salt", salt, 16), sized("K", K, 32))
    rest = b"".join(map(LV, fields))
    stream = b"".join(sized("an HMAC", hmac(_TAG + bytes((i,)) + rest), 32) for i in (0, 1))
    return int.from_bytes(stream, "big") % N


def hide(d1: int, mask: int) -> int:
    """Returns the blob in [0, n-1] that the slot stores. Raises: Malformed if the share isn't a scalar."""
    return (check_scalar(d1) + mask) % N


def reveal(blob: int, mask: int) -> int:
    """Returns the share in [1, n-1] that this mask yields, and 1 instead of 0: any mask yields a share."""
    return (blob - mask) % N or 1
