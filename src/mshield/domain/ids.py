"""Identifiers made by the application: UUIDv7 (RFC 9562), so that they sort by time in an index; the form of each.

Within one process and millisecond each is greater than the one before (RFC 9562, 6.2, method 2): rows of one
transaction keep their order.
"""

import re
import secrets
from threading import Lock
from typing import Final

from mshield.domain import errors
from mshield.domain.certificates import shield

UUID: Final = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
_OWN: Final = rf"(?:ep_)?{UUID}|bs-[0-9a-f]{{16}}|{shield.PATTERN}|[0-9a-f]{{32,64}}"
CLIENT_ID: Final = r"[A-Za-z0-9._~:/-]{1,64}"
NEWEST: Final = "g"
"""Greater than every id, which begins with a hexadecimal digit: where a list with the newest first begins."""

_UUID: Final = re.compile(UUID)
_OWN_ID: Final = re.compile(_OWN)
_CLIENT_ID: Final = re.compile(CLIENT_ID)
_RANDOM_BITS: Final = 74
_STEP_BITS: Final = 32
_lock: Final = Lock()
_last = (-1, 0)


def new_id(now: int) -> str:
    """A UUIDv7 of `now` (ms) as text."""
    rand = _random(now)
    value = (now & (1 << 48) - 1) << 80 | 0x7 << 76 | (rand >> 62) << 64 | 0b10 << 62 | rand & (1 << 62) - 1
    text = f"{value:032x}"
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


def is_id(text: str) -> bool:
    """Whether something can have this id. What has another form is unknown, and no database need be asked."""
    return _UUID.fullmatch(text) is not None


def require_id(text: str) -> str:
    """The id. Raises NotFound where nothing can have it."""
    if not is_id(text):
        raise errors.NotFound
    return text


def is_own_id(text: str) -> bool:
    """Whether this has the form of an id that the service makes: no name, and no number of a person's."""
    return _OWN_ID.fullmatch(text) is not None


def is_client_id(text: str) -> bool:
    """Whether a business system can have this client id."""
    return _CLIENT_ID.fullmatch(text) is not None


def first_id(at: int) -> str:
    """What no id of this time (ms) or later is below, and every earlier one is."""
    text = f"{max(0, at):012x}"
    return f"{text[:8]}-{text[8:]}"


def _random(now: int) -> int:
    global _last  # noqa: PLW0603  # what was given last is this module's whole state
    with _lock:
        last_now, last = _last
        rand = secrets.randbits(_RANDOM_BITS)
        if last_now == now:
            # Past the top (once in 2^40) the order within this millisecond is lost, and nothing else.
            rand = (last + 1 + secrets.randbits(_STEP_BITS)) % (1 << _RANDOM_BITS)
        _last = (now, rand)
        return rand
