"""Search words as LIKE patterns with `!` as the escape character, the same on both databases."""

import re
from itertools import product
from typing import Final

from mshield.server.values.names import fold_dots

PIECE: Final = 2
"""Length of indexed pieces of a name, and minimum length of a search word for enterprises."""

_SPECIAL: Final = re.compile(r"[!%_]")


def contains(text: str | None) -> str | None:
    """Returns the pattern of texts that contain this text, for a lower-case column; None stays None."""
    return None if text is None else f"%{_escape(text)}%"


def name_contains(text: str | None) -> str | None:
    """Like `contains`, for a column of people's names, in which all middle dots are the same."""
    return None if text is None else contains(fold_dots(text))


def name_begins(text: str | None) -> str | None:
    """Returns the pattern of such names, or name parts, that begin with this text."""
    return None if text is None else f"{_escape(fold_dots(text))}%"


def _escape(text: str) -> str:
    return _SPECIAL.sub(lambda match: "!" + match[0], text.lower())


def either_case(text: str) -> list[str]:
    """Returns all upper/lower-case variants of this text, for an index over the original spelling."""
    ways = product(*({letter.lower(), letter.upper()} | {letter} for letter in text))
    return sorted({way for letters in ways if len(way := "".join(letters)) == len(text)})


def pieces(name: str) -> set[str]:
    """Returns all substrings of `PIECE` characters of a name, in lower case."""
    text = name.lower()
    return {text[place : place + PIECE] for place in range(len(text) - PIECE + 1)}
