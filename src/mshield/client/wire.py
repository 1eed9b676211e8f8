"""How values stand on the wire: lower-case hex of exact length, standard base64, JSON. Anything else is `malformed`.

Used by both clients; nothing here knows a message.
"""

import base64
import binascii
import re
import threading
from typing import Final, TypeVar

import msgspec

from mshield.client.errors import ProtocolError
from mshield.pki.strict_json import read_json

T = TypeVar("T")

_HEX: Final = re.compile(r"[0-9a-f]*")
_FIRST: Final = threading.Lock()
_known: Final[set[object]] = set()


def unhex(text: str, length: int) -> bytes:
    """Lower-case hex of exactly `length` bytes; ProtocolError `malformed` for anything else."""
    if len(text) != 2 * length or not _HEX.fullmatch(text):
        raise ProtocolError("malformed", f"not {length} bytes of lower-case hex")
    return bytes.fromhex(text)


def unbase64(text: str) -> bytes:
    """Standard base64; ProtocolError `malformed` for anything else."""
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise ProtocolError("malformed", "not base64") from error


def read(body: bytes, kind: type[T]) -> T:
    """An answer as that type; ProtocolError `malformed` where it is not one."""
    _know(kind)
    try:
        return msgspec.json.decode(body, type=kind)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise ProtocolError("malformed", str(error)) from error


def read_strictly(body: bytes, kind: type[T]) -> T:
    """As `read`, but also a repeated field is malformed, which a plain JSON reader lets pass.

    Raises ProtocolError.
    """
    _know(kind)
    try:
        return msgspec.convert(read_json(body), type=kind)
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise ProtocolError("malformed", str(error)) from error


def _know(kind: object) -> None:
    """Has msgspec learn a type in one thread at a time: half of what it learns is seen, and crashes the process.

    Two threads that read a type for the first time end the process with SIGSEGV otherwise (msgspec 0.22).
    """
    if kind not in _known:
        with _FIRST:
            msgspec.json.Decoder(kind)
            _known.add(kind)
