"""Strict DER reader (X.690): a cursor that returns values in the order in which a structure lists them.

Any value that isn't in its only DER form is refused with DerError, and `end()` refuses trailing bytes.
"""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import TypeVar

from mshield.pki.asn1 import der
from mshield.pki.errors import DerError

T = TypeVar("T")
MAX_DEPTH = 32
"""Limit on nesting; certificates, CRLs, OCSP and CMS need fewer than 16 levels."""

MAX_OID = 128
"""Limit in octets on object identifiers; the longest one in use here has 20."""

MAX_INTEGER = 1024
"""Limit in octets on integers: those in use have 20, and Python won't print numbers above some 1 800 octets."""

MAX_BITS = 16
"""Limit in octets on sets of named bits; key usage has two."""


class Reader:
    """Cursor over the TLVs of one constructed value, or of a whole message. Its methods raise DerError."""

    __slots__ = ("_data", "_depth", "_end", "_pos")

    def __init__(self, data: bytes, start: int = 0, end: int | None = None, depth: int = 0) -> None:
        """Reads `data[start:end]`; `depth` counts the enclosing constructed values."""
        if depth > MAX_DEPTH:
            raise DerError("nested too deeply")
        self._data = data
        self._pos = start
        self._end = len(data) if end is None else end
        self._depth = depth

    def _header(self) -> tuple[int, int, int]:
        """Returns the tag, start and end of the next value's content, without moving."""
        return _header(self._data, self._pos, self._end)

    @property
    def depth(self) -> int:
        """Number of constructed values that enclose this one."""
        return self._depth

    def more(self) -> bool:
        """Reports whether another value follows."""
        return self._pos < self._end

    def peek(self) -> int | None:
        """Returns the identifier octet of the next value, or None at the end."""
        return self._data[self._pos] if self._pos < self._end else None

    def end(self) -> None:
        """Refuses unread bytes."""
        if self._pos != self._end:
            raise DerError("trailing bytes")

    def content(self, tag: int) -> bytes:
        """Returns the content octets of the next value, which must have this identifier octet."""
        got, start, end = self._header()
        if got != tag:
            raise DerError(f"expected tag {tag:02x}, found {got:02x}")
        self._pos = end
        return self._data[start:end]

    def raw(self, tag: int | None = None) -> bytes:
        """Returns the next value with its header; it must have this identifier octet if one is given."""
        got, _, end = self._header()
        if tag is not None and got != tag:
            raise DerError(f"expected tag {tag:02x}, found {got:02x}")
        start, self._pos = self._pos, end
        return self._data[start:end]

    def enter(self, tag: int = der.SEQUENCE) -> "Reader":
        """Returns a reader of the next value's content; the value must have this constructed identifier octet."""
        got, start, end = self._header()
        if got != tag or not tag & 0x20:
            raise DerError(f"expected constructed tag {tag:02x}, found {got:02x}")
        self._pos = end
        return Reader(self._data, start, end, self._depth + 1)

    def explicit(self, number: int) -> "Reader | None":
        """Enters an optional `[number]` constructed value; returns None if another value is next."""
        tag = 0xA0 | number
        return self.enter(tag) if self.peek() == tag else None

    def optional(self, number: int, read: Callable[["Reader"], T]) -> T | None:
        """Reads an optional `[number] EXPLICIT` with `read`, which must consume it. Returns None if it is absent."""
        inside = self.explicit(number)
        if inside is None:
            return None
        value = read(inside)
        inside.end()
        return value

    def set_of(self, tag: int = der.SET) -> Iterator["Reader"]:
        """Yields a reader of each element of a SET OF; the elements must be in DER order."""
        inside, last = self.enter(tag), b""
        while inside.more():
            element = inside.raw()
            if element < last:
                raise DerError("set is not sorted")
            last = element
            yield Reader(element, depth=self._depth + 1)

    def integer(self, tag: int = der.INTEGER) -> int:
        """Reads an INTEGER, or another type with the same content."""
        return _integer(self.content(tag))

    def boolean(self) -> bool:
        """Reads a BOOLEAN: 00 or FF."""
        return _boolean(self.content(der.BOOLEAN))

    def default_false(self) -> bool:
        """Reads `BOOLEAN DEFAULT FALSE`: absent means false, and DER forbids an encoded false."""
        if self.peek() != der.BOOLEAN:
            return False
        if not self.boolean():
            raise DerError("a default value is encoded")
        return True

    def null(self) -> None:
        """Reads a NULL."""
        _null(self.content(der.NULL))

    def oid(self) -> str:
        """Reads an OBJECT IDENTIFIER and returns its dotted form."""
        return _dotted(self.content(der.OID))

    def octets(self) -> bytes:
        """Reads an OCTET STRING."""
        return self.content(der.OCTET_STRING)

    def bits(self) -> bytes:
        """Reads a BIT STRING of whole octets."""
        content = self.content(der.BIT_STRING)
        if not content or content[0] != 0:
            raise DerError("bit string doesn't consist of whole octets")
        return content[1:]

    def named_bits(self) -> frozenset[int]:
        """Reads a BIT STRING of named bits, the last one set (X.690, 11.2); returns the positions of the set bits."""
        content = self.content(der.BIT_STRING)
        if not 0 < len(content) <= 1 + MAX_BITS or content[0] > 7 or (len(content) == 1 and content[0]):
            raise DerError("bit string is malformed or too long")
        unused, octets = content[0], content[1:]
        if octets and (octets[-1] & ((2 << unused) - 1)) != 1 << unused:
            raise DerError("named bits have trailing zeros or padding")
        return frozenset(i for i in range(8 * len(octets)) if octets[i // 8] & 0x80 >> i % 8)

    def text(self) -> tuple[int, str]:
        """Reads a UTF8String, PrintableString or IA5String and returns its tag and text."""
        tag = self.peek()
        read = _TEXTS.get(tag) if tag is not None else None
        if tag is None or read is None:
            raise DerError("expected a UTF8String, PrintableString or IA5String")
        return tag, read(self.content(tag))

    def time(self) -> int:
        """Reads a UTCTime (1950 to 2049) or else GeneralizedTime (RFC 5280, 4.1.2.5), as ms since the epoch."""
        if self.peek() != der.UTC_TIME:
            ms = self.generalized_time()
            if der.time(ms)[0] == der.UTC_TIME:
                raise DerError("a time before 2050 must be UTCTime")
            return ms
        digits = self.content(der.UTC_TIME)
        return moment((b"19" if digits[:2] >= b"50" else b"20") + digits)

    def generalized_time(self) -> int:
        """Reads a GeneralizedTime `YYYYMMDDHHMMSSZ`, as ms since the epoch."""
        return moment(self.content(der.GENERALIZED_TIME))


def _header(data: bytes, pos: int, end: int) -> tuple[int, int, int]:
    if end - pos < 2:
        raise DerError("value is missing or cut short")
    tag, length = data[pos], data[pos + 1]
    if tag & 0x1F == 0x1F:
        raise DerError("tag numbers above 30 are not used here")
    pos += 2
    if length >= 0x80:
        octets = length & 0x7F
        if not 1 <= octets <= 4 or end - pos < octets:
            raise DerError("length is indefinite, longer than 4 octets, or cut short")
        length = int.from_bytes(data[pos : pos + octets], "big")
        pos += octets
        if length < 0x80 or length >> 8 * (octets - 1) == 0:
            raise DerError("length is not minimal")
    if end - pos < length:
        raise DerError("value extends beyond its container")
    return tag, pos, pos + length


def _integer(content: bytes) -> int:
    if not 0 < len(content) <= MAX_INTEGER or (
        len(content) > 1 and (content[0], content[1] >> 7) in ((0, 0), (0xFF, 1))
    ):
        raise DerError("integer is empty, not minimal or too long")
    return int.from_bytes(content, "big", signed=True)


def _boolean(content: bytes) -> bool:
    if content not in (b"\x00", b"\xff"):
        raise DerError("boolean is neither 00 nor ff")
    return content == b"\xff"


def _null(content: bytes) -> None:
    if content:
        raise DerError("null has content")


def _utf8(content: bytes) -> str:
    try:
        return content.decode()
    except UnicodeDecodeError as error:
        raise DerError("text is not valid in its encoding") from error


def _ia5(content: bytes) -> str:
    if not content.isascii():
        raise DerError("text is not valid in its encoding")
    return content.decode("ascii")


def _printable(content: bytes) -> str:
    text = _ia5(content)
    if not der.PRINTABLE.issuperset(text):
        raise DerError("printable string has a character that its type does not allow")
    return text


@lru_cache(maxsize=256)
def _dotted(content: bytes) -> str:
    if not 0 < len(content) <= MAX_OID or content[-1] & 0x80:
        raise DerError("object identifier is empty, too long or cut short")
    arcs: list[int] = []
    value = 0
    for octet in content:
        if octet == 0x80 and value == 0:
            raise DerError("object identifier is not minimal")
        value = value << 7 | octet & 0x7F
        if not octet & 0x80:
            arcs.append(value)
            value = 0
    first = min(arcs[0] // 40, 2)
    return ".".join(map(str, (first, arcs[0] - 40 * first, *arcs[1:])))


@lru_cache(maxsize=256)
def moment(text: bytes) -> int:
    """Converts `YYYYMMDDHHMMSSZ` to ms since the epoch. Raises: DerError.

    Cached, since certificates issued in the same second have the same validity.
    """
    if len(text) != 15 or not text[:14].isdigit() or text[14:] != b"Z":
        raise DerError("time is not YYYYMMDDHHMMSSZ")
    month, day, hour, minute, second = (int(text[i : i + 2]) for i in range(4, 14, 2))
    try:
        at = datetime(int(text[:4]), month, day, hour, minute, second, tzinfo=UTC)
    except ValueError as error:
        raise DerError("no such moment") from error
    return (at - der.EPOCH) // timedelta(milliseconds=1)


def check(data: bytes) -> None:
    """Refuses bytes that aren't exactly one value, or in which a known universal type isn't strict DER."""
    if _check_next(data, 0, len(data), 0) != len(data):
        raise DerError("trailing bytes")


def _check_next(data: bytes, pos: int, end: int, depth: int) -> int:
    """Checks the value that begins at `pos` and returns its end."""
    tag, start, stop = _header(data, pos, end)
    if not tag & 0x20:
        primitive = _PRIMITIVES.get(tag)
        if primitive is not None:
            primitive(data[start:stop])
    elif stop - pos <= _REMEMBERED:
        _check_short(data[pos:stop], start - pos, depth)
    else:
        _check_inside(data, tag, start, stop, depth)
    return stop


@lru_cache(maxsize=1024)
def _check_short(value: bytes, start: int, depth: int) -> None:
    """Caches checked parts, since most parts of a CA's certificates are the same in all of them."""
    _check_inside(value, value[0], start, len(value), depth)


def _check_inside(data: bytes, tag: int, pos: int, end: int, depth: int) -> None:
    if depth >= MAX_DEPTH:
        raise DerError("nested too deeply")
    last = b""
    while pos < end:
        stop = _check_next(data, pos, end, depth + 1)
        if tag == der.SET:
            element = data[pos:stop]
            if element < last:
                raise DerError("set is not sorted")
            last = element
        pos = stop


def _refuse_primitive(_: bytes) -> None:
    raise DerError("a constructed type is encoded as primitive")


_REMEMBERED = 160
"""Size limit in octets of the parts that are cached: names, algorithms and URLs, not whole certificates."""

_TEXTS: dict[int, Callable[[bytes], str]] = {
    der.UTF8_STRING: _utf8,
    der.PRINTABLE_STRING: _printable,
    der.IA5_STRING: _ia5,
}

_PRIMITIVES: dict[int, Callable[[bytes], object]] = {
    der.SEQUENCE & 0x1F: _refuse_primitive,
    der.SET & 0x1F: _refuse_primitive,
    der.INTEGER: _integer,
    der.ENUMERATED: _integer,
    der.BOOLEAN: _boolean,
    der.NULL: _null,
    der.OID: _dotted,
    **_TEXTS,
}
