"""How a path names a key."""

import msgspec

from mshield.domain import errors
from mshield.web.body import Hex16


def key_id(text: str) -> bytes:
    """The `uid` in a path, 16 bytes. Raises Malformed."""
    try:
        return bytes.fromhex(msgspec.convert(text, Hex16))
    except msgspec.ValidationError as error:
        raise errors.Malformed(field="uid") from error
