"""Identifiers made by the application: UUIDv7 (RFC 9562), so that they sort by time in an index."""

import secrets
import uuid


def new_id(now: int) -> str:
    """A UUIDv7 of `now` (ms) as text."""
    rand = secrets.randbits(74)
    value = (now & (1 << 48) - 1) << 80 | 0x7 << 76 | (rand >> 62) << 64 | 0b10 << 62 | rand & (1 << 62) - 1
    return str(uuid.UUID(int=value))
