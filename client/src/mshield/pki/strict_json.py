"""Strict JSON reader: refuses repeated names, NaN and UTF-16, which the standard reader accepts."""

import json


def read_json(text: bytes | str, *, floats: bool = True) -> object:
    """Parses JSON. Without `floats`, numbers must be integers. Raises: ValueError, RecursionError."""
    return json.loads(
        text.decode() if isinstance(text, bytes) else text,  # given bytes, `json` would guess the encoding
        object_pairs_hook=_no_repeats,
        parse_constant=_refuse,
        parse_float=None if floats else _refuse,
    )


def _no_repeats(pairs: list[tuple[str, object]]) -> dict[str, object]:
    fields = dict(pairs)
    if len(fields) != len(pairs):
        raise ValueError("a field is repeated")
    return fields


def _refuse(text: str) -> None:
    raise ValueError(f"{text} is not an accepted number")
