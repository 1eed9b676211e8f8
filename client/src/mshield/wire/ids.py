"""Identifiers made by the application: UUIDv7 (RFC 9562), which sort by time in an index; checks of their forms.

Ids made by one process within a millisecond are strictly increasing (RFC 9562, 6.2, method 2), so the rows of
one transaction keep their order.
"""

import re
import secrets
from threading import Lock
from typing import Final

from mshield.wire import shield_number

UUID: Final = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
_OWN: Final = rf"(?:ep_)?{UUID}|bs-[0-9a-f]{{16}}|{shield_number.PATTERN}|[0-9a-f]{{32,64}}"
CLIENT_ID: Final = r"[A-Za-z0-9._~:/-]{1,64}"
NEWEST: Final = "g"
"""Upper bound above every id (ids begin with a hexadecimal digit): the start of a list with the newest first."""

_UUID: Final = re.compile(UUID)
_OWN_ID: Final = re.compile(_OWN)
_CLIENT_ID: Final = re.compile(CLIENT_ID)
_RANDOM_BITS: Final = 74
_STEP_BITS: Final = 32
_lock: Final = Lock()
_last = (-1, 0)


def new_id(now: int) -> str:
    """Returns a new UUIDv7 for `now` (ms) as text."""
    rand = _random(now)
    value = (now & (1 << 48) - 1) << 80 | 0x7 << 76 | (rand >> 62) << 64 | 0b10 << 62 | rand & (1 << 62) - 1
    text = f"{value:032x}"
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


def is_id(text: str) -> bool:
    """Reports whether the text has the form of an id, so that other texts need no database lookup."""
    return _UUID.fullmatch(text) is not None


def is_own_id(text: str) -> bool:
    """Reports whether the text has the form of an id made by the service, so it is no name and no personal number."""
    return _OWN_ID.fullmatch(text) is not None


def is_client_id(text: str) -> bool:
    """Reports whether the text has the form of a business system's client id."""
    return _CLIENT_ID.fullmatch(text) is not None


def first_id(at: int) -> str:
    """Returns the lower bound of the ids of this time (ms) or later; all earlier ids are below it."""
    text = f"{max(0, at):012x}"
    return f"{text[:8]}-{text[8:]}"


def _random(now: int) -> int:
    global _last  # noqa: PLW0603  # the last value is this module's only state
    with _lock:
        last_now, last = _last
        rand = secrets.randbits(_RANDOM_BITS)
        if last_now == now:
            # On overflow (once in 2^40) only the order within this millisecond is lost.
            rand = (last + 1 + secrets.randbits(_STEP_BITS)) % (1 << _RANDOM_BITS)
        _last = (now, rand)
        return rand
