"""Canonical JSON: UTF-8, no spaces, names sorted by UTF-16 code units, strings as `JSON.stringify` writes them."""

import json
from collections.abc import Mapping, Sequence


def canonical(value: object) -> bytes:
    """The octets of a value of objects, arrays, strings, integers, true, false and null."""
    return json.dumps(_ordered(value), ensure_ascii=False, separators=(",", ":")).encode()


def _ordered(value: object) -> object:
    """Depth is that of views and drawn lines, at most 64."""
    if isinstance(value, str):
        return value
    if isinstance(value, Mapping):
        return {name: _ordered(value[name]) for name in sorted(value, key=_by_utf16)}
    if isinstance(value, Sequence):
        return [_ordered(item) for item in value]
    return value


def _by_utf16(name: str) -> bytes:
    return name.encode("utf-16-be")
