"""Decoding of wire values: lower-case hex of exact length, standard base64, JSON. Anything else is `malformed`.

Used by both clients, independent of the messages.
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
_built: Final[set[object]] = set()


def unhex(text: str, length: int) -> bytes:
    """Decodes lower-case hex of exactly `length` bytes. Raises: ProtocolError (`malformed`)."""
    if len(text) != 2 * length or not _HEX.fullmatch(text):
        raise ProtocolError("malformed", f"not {length} bytes of lower-case hex")
    return bytes.fromhex(text)


def unbase64(text: str) -> bytes:
    """Decodes standard base64. Raises: ProtocolError (`malformed`)."""
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise ProtocolError("malformed", "not base64") from error


def read(body: bytes, kind: type[T]) -> T:
    """Parses a response as that type. Raises: ProtocolError (`malformed`)."""
    _build_decoder(kind)
    try:
        return msgspec.json.decode(body, type=kind)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise ProtocolError("malformed", str(error)) from error


def read_strictly(body: bytes, kind: type[T]) -> T:
    """Parses as `read`, but refuses repeated fields too, which a plain JSON reader accepts.

    Raises: ProtocolError (`malformed`).
    """
    _build_decoder(kind)
    try:
        return msgspec.convert(read_json(body), type=kind)
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise ProtocolError("malformed", str(error)) from error


def _build_decoder(kind: object) -> None:
    """Builds a type's decoder in one thread at a time.

    If two threads decode a new type at the same time, msgspec (0.22) uses half-built data and the process
    dies with SIGSEGV.
    """
    if kind not in _built:
        with _FIRST:
            msgspec.json.Decoder(kind)
            _built.add(kind)
