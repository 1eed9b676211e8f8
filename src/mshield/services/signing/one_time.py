"""One-time values that tell when they were made: the protocol's `otp`, 32 bytes that nobody can foresee (ADR 63).

8 bytes are the generation that the key's row has in the commit that gives the value, 8 are random, and 16 are a mark
of both. A value of a later generation than the row has was given by a database that this one is an older copy of.
"""

import hmac
import secrets
from typing import Final

from mshield.store.database.interface import Sealer
from mshield.store.seals.marks import mark_of
from mshield.store.signing.rows import KeyRow

_COUNT: Final = 8
_HEAD: Final = 16


def make(sealer: Sealer, key: KeyRow) -> bytes:
    """The value that a success gives, of the generation after this one."""
    head = (key.generation + 1).to_bytes(_COUNT, "big") + secrets.token_bytes(_HEAD - _COUNT)
    return head + _tag(sealer, key, head)


def is_later(sealer: Sealer, key: KeyRow, otp: bytes) -> bool:
    """Whether this service gave the value to this key after all that the row knows of."""
    head, tag = otp[:_HEAD], otp[_HEAD:]
    if not hmac.compare_digest(tag, _tag(sealer, key, head)):
        return False  # random, as an earlier release made them, or nobody's
    return int.from_bytes(head[:_COUNT], "big") > key.generation


def _tag(sealer: Sealer, key: KeyRow, head: bytes) -> bytes:
    return mark_of(sealer, "otp", key.uid, head)[:_HEAD]
