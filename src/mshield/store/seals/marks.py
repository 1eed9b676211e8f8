"""Marks: keyed hashes of the few values that make a row count, for rows whose other columns change all the time.

As with seals (tables.py), who may write to the database and doesn't have the master key can make none.
"""

from typing import Final

import msgspec

from mshield.store.database.interface import SealBroken, Sealer

_encode: Final = msgspec.msgpack.Encoder().encode
Value = str | bytes | int | None


def mark_of(sealer: Sealer, kind: str, *values: Value) -> bytes:
    """The mark, 32 bytes. No `kind` is the name of a sealed table: its seals are of the same key."""
    return sealer.mac(_encode(("mark", kind, *values)))


def check_mark(sealer: Sealer, mark: bytes | None, table: str, kind: str, *values: Value) -> None:
    """Raises SealBroken, which names the table and the first value, unless it is their mark."""
    if mark is None or not sealer.fits(_encode(("mark", kind, *values)), mark):
        raise SealBroken(table, values[0])
