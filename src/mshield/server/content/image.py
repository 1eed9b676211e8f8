"""Checks that a PNG or JPEG image matches its type, is small enough for a phone, and contains a single picture.

Only the file structure is read. The phone's browser decodes the picture itself, within the size stated in the
header.
"""

import re
import zlib
from collections.abc import Iterator
from typing import Final, Literal

MOST_OCTETS: Final = 10 * 1024 * 1024
MOST_EDGE: Final = 10_000
MOST_PIXELS: Final = 40_000_000
MOST_PARTS: Final = 2_000
"""Maximum chunks of a PNG, or segments of a JPEG."""

Kind = Literal["png", "jpeg"]
Refusal = Literal["too_large", "not_an_image", "damaged", "animated", "trailing", "too_complex"]

_PNG: Final = b"\x89PNG\r\n\x1a\n"
_DEPTHS: Final = {0: {1, 2, 4, 8, 16}, 2: {8, 16}, 3: {1, 2, 4, 8}, 4: {8, 16}, 6: {8, 16}}
"""Allowed bits per sample, by colour type."""
_ANIMATION: Final = frozenset({b"acTL", b"fcTL", b"fdAT"})

_JPEG: Final = b"\xff\xd8\xff"
_SIZES: Final = frozenset({0xC0, 0xC1, 0xC2})
"""Frame headers that browsers support: baseline, extended, progressive."""
_OTHER_SIZES: Final = frozenset({0xC3, *range(0xC5, 0xC8), *range(0xC9, 0xCC), *range(0xCD, 0xD0)})
_SCAN, _END = 0xDA, 0xD9
_COLOURS: Final = frozenset({1, 3})
_MARKER: Final = re.compile(rb"\xff++([^\x00\xff\xd0-\xd7])", re.DOTALL)
"""Pattern of a marker, which any number of ff may precede."""
_NEXT_MARKER: Final = re.compile(rb"\xff([^\x00\xff\xd0-\xd7])", re.DOTALL)
"""Pattern of the marker after a scan: ff00 and restart markers are part of the scan. Matches one ff, since a search for
more takes quadratic time."""


class _Refused(Exception):
    """A refusal; the reason is its only argument."""


def refusal_of(octets: bytes, kind: Kind) -> Refusal | None:
    """Returns why the image is refused; None if it is acceptable."""
    if len(octets) > MOST_OCTETS:
        return "too_large"
    try:
        width, height = (_png if kind == "png" else _jpeg)(octets)
    except _Refused as refused:
        reason: Refusal = refused.args[0]
        return reason
    if not (width and height):
        return "damaged"
    return "too_large" if max(width, height) > MOST_EDGE or width * height > MOST_PIXELS else None


def _png(octets: bytes) -> tuple[int, int]:
    if not octets.startswith(_PNG):
        raise _Refused("not_an_image")
    chunks = list(_chunks(octets))
    names = [name for name, _ in chunks]
    if _ANIMATION & set(names):
        raise _Refused("animated")
    head = chunks[0][1]
    if names[0] != b"IHDR" or len(head) != 13 or names.count(b"IHDR") != 1 or b"IDAT" not in names:
        raise _Refused("damaged")
    if head[8] not in _DEPTHS.get(head[9], ()) or head[10] or head[11] or head[12] > 1:
        raise _Refused("damaged")
    return int.from_bytes(head[:4], "big"), int.from_bytes(head[4:8], "big")


def _chunks(octets: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Yields name and data of each chunk after checking its CRC; the last chunk must end the file."""
    at = len(_PNG)
    for _ in range(MOST_PARTS):
        length = int.from_bytes(octets[at : at + 4], "big")
        name, data = octets[at + 4 : at + 8], octets[at + 8 : at + 8 + length]
        summed = octets[at + 8 + length : at + 12 + length]
        if len(summed) != 4 or zlib.crc32(data, zlib.crc32(name)) != int.from_bytes(summed, "big"):
            raise _Refused("damaged")
        yield name, data
        at += 12 + length
        if name == b"IEND":
            if at != len(octets):
                raise _Refused("trailing")
            return
    raise _Refused("too_complex")


def _jpeg(octets: bytes) -> tuple[int, int]:
    if not octets.startswith(_JPEG):
        raise _Refused("not_an_image")
    sizes, has_scan, at = [], False, 2
    for _ in range(MOST_PARTS):
        marker, at = _marker(octets, at, is_scan=has_scan)
        if marker == _END:
            break
        length = int.from_bytes(octets[at : at + 2], "big")
        segment = octets[at + 2 : at + length]
        if length < 2 or at + length > len(octets) or marker in _OTHER_SIZES or marker == 0xD8:
            raise _Refused("damaged")
        if marker in _SIZES:
            sizes.append(_frame(segment))
        has_scan, at = has_scan or marker == _SCAN, at + length
    else:
        raise _Refused("too_complex")
    if at != len(octets):
        raise _Refused("trailing")
    if len(sizes) != 1 or not has_scan:
        raise _Refused("damaged")
    return sizes[0]


def _marker(octets: bytes, at: int, *, is_scan: bool) -> tuple[int, int]:
    """Returns the next marker and the position after it; inside a scan, searches ahead for it."""
    match = _NEXT_MARKER.search(octets, at) if is_scan else _MARKER.match(octets, at)
    if match is None:
        raise _Refused("damaged")
    return match[1][0], match.end()


def _frame(segment: bytes) -> tuple[int, int]:
    if len(segment) < 6 or segment[0] != 8 or segment[5] not in _COLOURS:
        raise _Refused("damaged")
    return int.from_bytes(segment[3:5], "big"), int.from_bytes(segment[1:3], "big")
