"""Shield number (手机盾号, R1): `MS` and 11 digits, one per installation of the app.

It is used wherever a card or USB-key number is asked for, and is no secret. Shown 3-4-4, stored without
blanks.
"""

import re
import secrets
import unicodedata
from collections.abc import Callable
from typing import Final

PREFIX: Final = "MS"
DIGITS: Final = 11
PATTERN: Final = f"{PREFIX}[0-9]{{{DIGITS}}}"
_NUMBER: Final = re.compile(PATTERN)


def new_number(draw: Callable[[int], int] = secrets.randbelow) -> str:
    """Returns a new number. `draw(n)` returns a random integer below n; the store ensures that the number is unique."""
    return format_number(draw(10**DIGITS))


def format_number(value: int) -> str:
    """Formats an integer of at most 11 digits as a shield number. Raises: ValueError."""
    if not 0 <= value < 10**DIGITS:
        raise ValueError(f"a shield number has {DIGITS} digits")
    return f"{PREFIX}{value:0{DIGITS}d}"


def parse_number(text: str) -> str | None:
    """Normalises a shield number as a person types it, in any case and spacing; None if it is none."""
    number = re.sub(r"[\s-]", "", unicodedata.normalize("NFKC", text)).upper()
    return number if _NUMBER.fullmatch(number) else None


def display_number(number: str) -> str:
    """Formats `MS10720468813` as `MS 107 2046 8813`. Raises: ValueError (another form)."""
    if not _NUMBER.fullmatch(number):
        raise ValueError("not a shield number")
    return f"{number[:2]} {number[2:5]} {number[5:9]} {number[9:]}"
