"""Search words as patterns of LIKE with `!` as the escape, the same on both databases."""

import re
from itertools import product
from typing import Final

from mshield.domain.identity import fold_dots

PIECE: Final = 2
"""Characters of a piece of a name, and of the shortest word that an enterprise is found by."""

_SPECIAL: Final = re.compile(r"[!%_]")


def contains(text: str | None) -> str | None:
    """The pattern of what holds this text anywhere, for a column in lower case; None stays None."""
    return None if text is None else f"%{_escaped(text)}%"


def name_contains(text: str | None) -> str | None:
    """`contains` for a column of people's names, in which all middle dots are one."""
    return None if text is None else contains(fold_dots(text))


def name_begins(text: str | None) -> str | None:
    """The pattern of how such a name, or a part of it that is cut off before, begins."""
    return None if text is None else f"{_escaped(fold_dots(text))}%"


def _escaped(text: str) -> str:
    return _SPECIAL.sub(lambda match: "!" + match[0], text.lower())


def either_case(text: str) -> list[str]:
    """Each way to write this text with small and capital letters, for a column that is indexed as it is written."""
    ways = product(*({letter.lower(), letter.upper()} | {letter} for letter in text))
    return sorted({way for letters in ways if len(way := "".join(letters)) == len(text)})


def pieces(name: str) -> set[str]:
    """All runs of so many characters of a name, in small letters."""
    text = name.lower()
    return {text[place : place + PIECE] for place in range(len(text) - PIECE + 1)}
