"""Log indexes of archived rows, stored as compact runs of numbers and used when the log is checked.

Numbers are encoded as in LEB128, seven bits per byte; each run consists of its gap to the previous run and
its length; the result is deflated.
"""

import zlib
from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from mshield.server.database.interface import Database
from mshield.server.log.findings import Finding, shown
from mshield.server.retention.rows import archives

_MOST_OCTETS: Final = 1 << 28
"""Size limit of one archive's decompressed indexes, enough for a hundred million."""


def pack_places(places: Iterable[int]) -> bytes:
    """Encodes the numbers, sorted and without duplicates."""
    packed, end = bytearray(), 0
    for start, length in _runs(places):
        _put(packed, start - end)
        _put(packed, length)
        end = start + length
    return zlib.compress(bytes(packed), 9)


def unpack_places(packed: bytes) -> list[tuple[int, int]]:
    """Decodes into sorted runs (first, end exclusive). Raises: ValueError (not made by `pack_places`)."""
    reader = zlib.decompressobj()
    try:
        octets = reader.decompress(packed, _MOST_OCTETS)
    except zlib.error as error:
        raise ValueError(str(error)) from error
    if not reader.eof or reader.unused_data:
        raise ValueError("not a single deflate stream")
    runs, end, numbers = [], 0, _numbers(octets)
    if len(numbers) % 2:
        raise ValueError("a run without a length")
    for gap, length in zip(numbers[::2], numbers[1::2], strict=True):
        runs.append((end + gap, end + gap + length))
        end += gap + length
    return runs


@dataclass(slots=True)
class Archived:
    """All archived indexes, and the number of successful lookups."""

    starts: list[int] = field(default_factory=list)
    ends: list[int] = field(default_factory=list)
    met: int = 0

    def has(self, index: int) -> bool:
        """Reports whether the row with this index was archived, and counts it."""
        at = bisect_right(self.starts, index) - 1
        is_in = at >= 0 and index < self.ends[at]
        self.met += is_in
        return is_in


async def read_archived(db: Database) -> tuple[Archived, list[Finding]]:
    """Returns the archived indexes, and findings for archives whose seal is broken; their indexes are ignored."""
    runs: list[tuple[int, int]] = []
    findings = []
    for name, places in await archives.places(db):
        if places is None:
            findings.append(Finding("seal_broken", table="archives", row=shown(name)))
        else:
            runs += unpack_places(places)
    runs.sort()
    return Archived([start for start, _ in runs], [end for _, end in runs]), findings


async def archived_months(db: Database, *, kind: str) -> frozenset[str]:
    """Returns the archived months of a kind, ignoring archives whose seal is broken."""
    begins = f"{kind}-"
    return frozenset(
        name.removeprefix(begins)
        for name, places in await archives.places(db)
        if places is not None and type(name) is str and name.startswith(begins)
    )


def _runs(places: Iterable[int]) -> Iterable[tuple[int, int]]:
    start = end = -1
    for place in sorted(places):
        if place != end:
            if start >= 0:
                yield start, end - start
            start = place
        end = place + 1
    if start >= 0:
        yield start, end - start


def _put(packed: bytearray, number: int) -> None:
    while number > 0x7F:
        packed.append(number & 0x7F | 0x80)
        number >>= 7
    packed.append(number)


def _numbers(octets: bytes) -> list[int]:
    numbers, number, shift = [], 0, 0
    for octet in octets:
        number |= (octet & 0x7F) << shift
        shift += 7
        if octet < 0x80:
            numbers.append(number)
            number = shift = 0
    if shift:
        raise ValueError("an unterminated number")
    return numbers
