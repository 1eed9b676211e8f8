"""DER writers (X.690): each function returns one complete TLV as bytes.

They write DER only: definite lengths, minimal integers, sorted sets, named bits without trailing zeros.
"""

from datetime import UTC, datetime, timedelta
from functools import lru_cache

from mshield.pki.errors import DerError

BOOLEAN, INTEGER, BIT_STRING, OCTET_STRING, NULL, OID, ENUMERATED = 0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x0A
UTF8_STRING, PRINTABLE_STRING, IA5_STRING, UTC_TIME, GENERALIZED_TIME = 0x0C, 0x13, 0x16, 0x17, 0x18
SEQUENCE, SET = 0x30, 0x31

PRINTABLE = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789 '()+,-./:=?")
TRUE = b"\x01\x01\xff"
"""BOOLEAN true; false is never encoded, because all booleans here default to it (X.690 11.5)."""

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def tlv(tag: int, *parts: bytes) -> bytes:
    """Encodes one TLV: identifier octet `tag`, then the joined parts as its content."""
    content = b"".join(parts)
    length = len(content)
    if length < 0x80:
        return bytes((tag, length)) + content
    octets = length.to_bytes((length.bit_length() + 7) // 8, "big")
    return bytes((tag, 0x80 | len(octets))) + octets + content


def sequence(*parts: bytes) -> bytes:
    """Encodes a SEQUENCE or SEQUENCE OF the given TLVs."""
    return tlv(SEQUENCE, *parts)


def set_of(*parts: bytes) -> bytes:
    """Encodes a SET OF the given TLVs, sorted as X.690 11.6 requires."""
    return tlv(SET, *sorted(parts))


def explicit(number: int, content: bytes) -> bytes:
    """Encodes `[number] EXPLICIT`: the TLV wrapped in a constructed context tag."""
    return tlv(0xA0 | number, content)


def implicit(number: int, content: bytes) -> bytes:
    """Encodes `[number] IMPLICIT` of a primitive type, from its bare content octets."""
    return tlv(0x80 | number, content)


def integer_content(value: int) -> bytes:
    """Returns the content octets of an INTEGER: two's complement, minimal."""
    magnitude = value if value >= 0 else ~value
    return value.to_bytes(magnitude.bit_length() // 8 + 1, "big", signed=True)


def integer(value: int) -> bytes:
    """Encodes an INTEGER."""
    return tlv(INTEGER, integer_content(value))


def enumerated(value: int) -> bytes:
    """Encodes an ENUMERATED."""
    return tlv(ENUMERATED, integer_content(value))


def null() -> bytes:
    """Encodes NULL."""
    return b"\x05\x00"


def octet_string(value: bytes) -> bytes:
    """Encodes an OCTET STRING."""
    return tlv(OCTET_STRING, value)


def bit_string(value: bytes) -> bytes:
    """Encodes a BIT STRING of whole octets (no unused bits)."""
    return tlv(BIT_STRING, b"\x00", value)


def named_bits(*positions: int) -> bytes:
    """Encodes a BIT STRING of named bits, bit 0 the most significant, without trailing zero bits (X.690 11.2.2)."""
    if not positions:
        return tlv(BIT_STRING, b"\x00")
    last = max(positions)
    octets = bytearray(last // 8 + 1)
    for position in positions:
        octets[position // 8] |= 0x80 >> (position % 8)
    return tlv(BIT_STRING, bytes((7 - last % 8,)), bytes(octets))


def _base128(value: int) -> bytes:
    octets = [value & 0x7F]
    while value := value >> 7:
        octets.append(0x80 | value & 0x7F)
    return bytes(reversed(octets))


@lru_cache(maxsize=256)
def oid(dotted: str) -> bytes:
    """Encodes an OBJECT IDENTIFIER from its dotted form. Raises: DerError."""
    parts = dotted.split(".")
    if len(parts) < 2 or not all(p.isascii() and p.isdigit() and p == str(int(p)) for p in parts):
        raise DerError(f"not a dotted object identifier: {dotted!r}")
    first, second, *rest = map(int, parts)
    if first > 2 or (first < 2 and second > 39):
        raise DerError(f"no such root arc: {dotted!r}")
    return tlv(OID, _base128(40 * first + second), *map(_base128, rest))


def utf8(text: str) -> bytes:
    """Encodes a UTF8String. Raises: DerError for lone surrogates."""
    try:
        return tlv(UTF8_STRING, text.encode())
    except UnicodeEncodeError as error:
        raise DerError("text is not Unicode scalar values") from error


def printable(text: str) -> bytes:
    """Encodes a PrintableString. Raises: DerError for a character outside its set."""
    if not PRINTABLE.issuperset(text):
        raise DerError("text has a character that PrintableString does not allow")
    return tlv(PRINTABLE_STRING, text.encode("ascii"))


def _moment(ms: int) -> datetime:
    try:
        return EPOCH + timedelta(seconds=ms // 1000)
    except OverflowError as error:
        raise DerError("time is outside of the years 1 to 9999") from error


def generalized_time(ms: int) -> bytes:
    """Encodes ms since the epoch as `YYYYMMDDHHMMSSZ`, truncated to seconds (RFC 5280, 4.1.2.5.2)."""
    m = _moment(ms)
    text = f"{m.year:04}{m.month:02}{m.day:02}{m.hour:02}{m.minute:02}{m.second:02}Z"
    return tlv(GENERALIZED_TIME, text.encode("ascii"))


@lru_cache(maxsize=256)
def time(ms: int) -> bytes:
    """Encodes a time of certificates and CRLs: UTCTime from 1950 to 2049, else GeneralizedTime (RFC 5280, 4.1.2.5)."""
    if not 1950 <= _moment(ms).year < 2050:
        return generalized_time(ms)
    return tlv(UTC_TIME, generalized_time(ms)[4:])
