"""Marks: keyed hashes of the few values that make a row valid, for rows whose other columns change frequently.

As with seals (tables.py), write access to the database without the master key isn't enough to make one.
"""

from typing import Final

import msgspec

from mshield.server.database.interface import SealBroken, Sealer

_encode: Final = msgspec.msgpack.Encoder().encode
Value = str | bytes | int | None


def mark_of(sealer: Sealer, kind: str, *values: Value) -> bytes:
    """Returns the mark, 32 bytes. No `kind` may be the name of a sealed table, since both use the same key."""
    return sealer.mac(_encode(("mark", kind, *values)))


def check_mark(sealer: Sealer, mark: bytes | None, table: str, kind: str, *values: Value) -> None:
    """Raises SealBroken, with the table and the first value, unless `mark` is the mark of the values."""
    if mark is None or not sealer.fits(_encode(("mark", kind, *values)), mark):
        raise SealBroken(table, values[0])
