"""Canonical JSON: UTF-8, no spaces, names sorted by UTF-16 code units, strings as `JSON.stringify` writes them."""

import re
from collections.abc import Mapping, Sequence
from typing import Final

import msgspec

_BEYOND_BMP: Final = re.compile(rb"[\xf0-\xf4]")
_SORTING: Final = msgspec.json.Encoder(order="sorted")
_AS_IT_IS: Final = msgspec.json.Encoder()


def canonical(value: object) -> bytes:
    """Encodes a value that consists of objects, arrays, strings, integers, true, false and null."""
    octets = _SORTING.encode(value)
    if _BEYOND_BMP.search(octets) is None:
        return octets
    # msgspec sorts by code points, which puts names beyond the BMP after some that they precede by code
    # units.
    return _AS_IT_IS.encode(_ordered(value))


def _ordered(value: object) -> object:
    """Sorts names by UTF-16 code units, recursively: views and rendered lines nest at most 64 levels deep."""
    if isinstance(value, str):
        return value
    if isinstance(value, Mapping):
        return {name: _ordered(value[name]) for name in sorted(value, key=_by_utf16)}
    if isinstance(value, Sequence):
        return [_ordered(item) for item in value]
    return value


def _by_utf16(name: str) -> bytes:
    return name.encode("utf-16-be")
