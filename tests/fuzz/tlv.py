"""BER as a tree that can be changed and encoded, parsed leniently, without code of the readers under test."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

_OCTET_STRING, _BIT_STRING = 4, 3
_CONSTRUCTED = 0x20

Length = Literal["minimal", "indefinite", "padded", "huge", "short", "long"]


@dataclass(slots=True)
class Node:
    """A value: `children`, or `content`; an octet or bit string may have children after its `content`.

    `length` chooses how its length is encoded: as in DER, or wrongly.
    """

    tag: int
    content: bytes = b""
    children: list["Node"] = field(default_factory=list)
    length: Length = "minimal"

    def encode(self) -> bytes:
        """Returns the value as bytes."""
        inside = self.content + b"".join(child.encode() for child in self.children)
        return bytes((self.tag,)) + _length(len(inside), self.length) + inside + _end(self.length)

    def walk(self) -> Iterator["Node"]:
        """Yields the value and all within."""
        yield self
        for child in self.children:
            yield from child.walk()


def read(data: bytes, *, into_strings: bool = True) -> list[Node]:
    """Parses consecutive values in `data`; empty if it is invalid."""
    nodes, at = [], 0
    while at < len(data):
        header = _header(data, at)
        if header is None:
            return []
        tag, start, at = header
        nodes.append(_node(tag, data[start:at], into_strings=into_strings))
    return nodes


def canonical(data: bytes) -> bytes:
    """Returns the same values with minimal, definite lengths; empty if `data` is invalid."""
    return b"".join(node.encode() for node in read(data, into_strings=False))


def _node(tag: int, content: bytes, *, into_strings: bool) -> Node:
    kept = 0
    if into_strings and tag in {_OCTET_STRING, _BIT_STRING}:
        kept = int(tag == _BIT_STRING)
    elif not tag & _CONSTRUCTED:
        return Node(tag, content)
    children = read(content[kept:], into_strings=into_strings)
    return Node(tag, content[:kept], children) if children else Node(tag, content)


def _header(data: bytes, at: int) -> tuple[int, int, int] | None:
    """Returns tag, start and end of the content."""
    if len(data) < at + 2 or data[at] & 0x1F == 0x1F:
        return None
    start, length = at + 2, data[at + 1]
    if length >= 0x80:
        octets = length & 0x7F
        length = int.from_bytes(data[start : start + octets], "big") if octets else len(data)
        start += octets
    return (data[at], start, start + length) if start + length <= len(data) else None


def _length(count: int, form: Length) -> bytes:
    if form == "indefinite":
        return b"\x80"
    if form == "huge":
        return b"\x84\xff\xff\xff\xff"
    count = max(0, count + {"short": -1, "long": 1}.get(form, 0))
    octets = count.to_bytes((count.bit_length() + 7) // 8 or 1, "big")
    if form == "padded":
        return bytes((0x81 + len(octets), 0)) + octets
    return octets if count < 0x80 else bytes((0x80 | len(octets),)) + octets


def _end(form: Length) -> bytes:
    return b"\x00\x00" if form == "indefinite" else b""
