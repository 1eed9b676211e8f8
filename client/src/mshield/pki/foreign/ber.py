"""Reader of the wrapper of a SignedData, which may be BER: indefinite lengths, octet strings in pieces.

The inner parts (certificates, attributes, signature) are returned as strict DER. Works in one pass, without
recursion.
"""

from typing import Final

from mshield.pki.asn1 import der
from mshield.pki.asn1.reader import MAX_DEPTH, Reader
from mshield.pki.errors import DerError

_PIECES: Final = 0x20 | der.OCTET_STRING
_END: Final = b"\x00\x00"
_INDEFINITE: Final = 0x80


class Wrapper:
    """Cursor that enters and leaves constructed values; `more` and `leave` know where each ends. Raises DerError."""

    __slots__ = ("_at", "_data", "_ends")

    def __init__(self, data: bytes) -> None:
        """Reads `data`, which is one value."""
        self._data, self._at = data, 0
        self._ends: list[int | None] = []

    def enter(self, tag: int) -> None:
        """Enters the next value, which must have this constructed identifier octet."""
        if self.peek() != tag or not tag & 0x20:
            raise DerError(f"expected constructed tag {tag:02x}")
        if len(self._ends) >= MAX_DEPTH:
            raise DerError("nested too deeply")
        self._at += 1
        length = self._length()
        self._ends.append(None if length is None else self._at + length)

    def leave(self) -> None:
        """Leaves the current value, of which nothing may be left."""
        end = self._ends.pop()
        if end is None:
            if self._data[self._at : min(self._at + 2, self._limit())] != _END:
                raise DerError("trailing bytes, or no end of contents")
            self._at += len(_END)
        elif self._at != end:
            raise DerError("trailing bytes")

    def end(self) -> None:
        """Refuses bytes after the outermost value."""
        if self._at != len(self._data):
            raise DerError("trailing bytes")

    def more(self) -> bool:
        """Reports whether another value follows inside the current one."""
        end = self._ends[-1]
        return self._data[self._at : self._at + 2] != _END if end is None else self._at < end

    def peek(self) -> int | None:
        """Returns the identifier octet of the next value, or None at the end."""
        return self._data[self._at] if self._at < self._limit() and (not self._ends or self.more()) else None

    def strict(self, tag: int) -> bytes:
        """Returns the next value with its header; it must be strict DER with this identifier octet."""
        reader = Reader(self._data, self._at, self._limit(), len(self._ends))
        value = reader.raw(tag)
        self._at += len(value)
        return value

    def octets(self) -> bytes:
        """Returns the next OCTET STRING, whole or joined from pieces."""
        pieces: list[bytes] = []
        depth = len(self._ends)
        while True:
            tag = self.peek()
            if tag == _PIECES:
                self.enter(_PIECES)
            elif tag == der.OCTET_STRING:
                pieces.append(self._piece())
            else:
                raise DerError("expected an OCTET STRING")
            while len(self._ends) > depth and not self.more():
                self.leave()
            if len(self._ends) == depth:
                return b"".join(pieces)

    def _piece(self) -> bytes:
        self._at += 1
        length = self._length()
        if length is None:
            raise DerError("a primitive value has no end")
        start, self._at = self._at, self._at + length
        return self._data[start : self._at]

    def _limit(self) -> int:
        """Returns where the innermost value of known length ends."""
        return next((end for end in reversed(self._ends) if end is not None), len(self._data))

    def _length(self) -> int | None:
        """Reads a length; None means indefinite."""
        limit = self._limit()
        first = self._data[self._at] if self._at < limit else 0xFF
        self._at += 1
        if first == _INDEFINITE:
            return None
        length = first
        if first > _INDEFINITE:
            count = first & 0x7F
            if count > 4 or limit - self._at < count:
                raise DerError("length is longer than 4 octets, or cut short")
            length = int.from_bytes(self._data[self._at : self._at + count], "big")
            self._at += count
        if limit - self._at < length:
            raise DerError("value extends beyond its container")
        return length
