"""One-time values (the protocol's `otp`): 32 unpredictable bytes that carry their generation (ADR 63).

8 bytes are the generation that the key's row has in the commit that issues the value, 8 are random, and 16
are a MAC of both. If a value's generation is later than the row's, this database is an older copy of the one
that issued it.
"""

import hmac
import os
from typing import Final

from mshield.server.database.interface import Sealer
from mshield.server.seals.marks import mark_of
from mshield.server.signing.rows.rows import KeyRow

_COUNT: Final = 8
_HEAD: Final = 16


def make(sealer: Sealer, key: KeyRow) -> bytes:
    """Makes the value issued with a success, for the generation after the current one."""
    head = (key.generation + 1).to_bytes(_COUNT, "big") + os.urandom(_HEAD - _COUNT)
    return head + _tag(sealer, key, head)


def is_later(sealer: Sealer, key: KeyRow, otp: bytes) -> bool:
    """Reports whether this service issued `otp` to this key in a generation later than the row's."""
    head, tag = otp[:_HEAD], otp[_HEAD:]
    if not hmac.compare_digest(tag, _tag(sealer, key, head)):
        return False  # forged
    return int.from_bytes(head[:_COUNT], "big") > key.generation


def _tag(sealer: Sealer, key: KeyRow, head: bytes) -> bytes:
    return mark_of(sealer, "otp", key.uid, head)[:_HEAD]
