"""JSON read strictly: what a plain reader lets pass, a repeated name, NaN or UTF-16, is refused."""

import json


def read_json(text: bytes | str, *, floats: bool = True) -> object:
    """The value; ValueError (or RecursionError) for anything else. Without `floats`, numbers are integers."""
    return json.loads(
        text.decode() if isinstance(text, bytes) else text,  # of bytes, `json` would guess the encoding
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
    raise ValueError(f"{text} is not a number of this form")
