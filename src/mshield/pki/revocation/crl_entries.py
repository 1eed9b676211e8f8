"""Entries of a revocation list as they stand encoded, one after the other: some are changed, all others copied unread.

Of each entry the frame and the serial number are looked at, no more, so that one more in ten thousand costs little.
"""

from collections.abc import Mapping
from typing import Final

from mshield.pki.asn1 import der
from mshield.pki.asn1.reader import Reader
from mshield.pki.errors import CrlError

_LONG: Final = 0x80
_NO_SERIAL: Final = 1 << 2048


def entries_in(tbs: bytes) -> bytes:
    """The entries of a TBSCertList, empty where it has none. Raises DerError."""
    inside = Reader(tbs).enter()
    for _ in ("version", "algorithm", "issuer", "this update", "next update"):
        inside.raw()
    return inside.content(der.SEQUENCE) if inside.peek() == der.SEQUENCE else b""


def spliced(entries: bytes, changes: Mapping[int, bytes | None]) -> bytes:
    """The entries with those of the changed serial numbers replaced, added, or left out (None); sorted as before.

    Raises CrlError where they aren't sorted, or have another form than those that are made here.
    """
    waiting = sorted(changes, reverse=True)
    upcoming = waiting.pop() if waiting else _NO_SERIAL
    parts: list[bytes] = []
    kept_from = at = last = 0
    while at < len(entries):
        tag, size, inner, digits = entries[at : at + 4]
        end = at + 2 + size
        if (
            tag != der.SEQUENCE
            or size >= _LONG
            or inner != der.INTEGER
            or digits + 2 > size
            or end > len(entries)
        ):
            raise CrlError("an entry has another form")
        serial = int.from_bytes(entries[at + 4 : at + 4 + digits], "big")
        if serial <= last:
            raise CrlError("the entries are not sorted")
        while upcoming <= serial:
            parts += (entries[kept_from:at], changes[upcoming] or b"")
            kept_from = end if upcoming == serial else at
            upcoming = waiting.pop() if waiting else _NO_SERIAL
        at, last = end, serial
    parts.append(entries[kept_from:])
    while upcoming != _NO_SERIAL:
        parts.append(changes[upcoming] or b"")
        upcoming = waiting.pop() if waiting else _NO_SERIAL
    return b"".join(parts)
