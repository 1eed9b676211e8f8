"""Ids of keys and tasks in paths."""

import msgspec

from mshield.server.errors import NotFound
from mshield.server.signing.errors import Malformed
from mshield.wire.messages import Hex16


def key_id(text: str) -> bytes:
    """Parses the `uid` in a path of the co-signing protocol, 16 bytes. Raises: Malformed."""
    try:
        return bytes.fromhex(msgspec.convert(text, Hex16))
    except msgspec.ValidationError as error:
        raise Malformed(field="uid") from error


def named(text: str) -> bytes:
    """Parses the id in any other path, 16 bytes. Raises: NotFound (no object has an id of another form)."""
    try:
        return bytes.fromhex(msgspec.convert(text, Hex16))
    except msgspec.ValidationError as error:
        raise NotFound from error
