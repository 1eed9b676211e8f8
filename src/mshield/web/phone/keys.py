"""How a path names a key, and a task."""

import msgspec

from mshield.domain import errors
from mshield.web.body import Hex16


def key_id(text: str) -> bytes:
    """The `uid` in a path of the co-signing protocol, 16 bytes. Raises Malformed."""
    try:
        return bytes.fromhex(msgspec.convert(text, Hex16))
    except msgspec.ValidationError as error:
        raise errors.Malformed(field="uid") from error


def named(text: str) -> bytes:
    """The id in any other path, 16 bytes. Raises NotFound: there is none of another form."""
    try:
        return bytes.fromhex(msgspec.convert(text, Hex16))
    except msgspec.ValidationError as error:
        raise errors.NotFound from error
