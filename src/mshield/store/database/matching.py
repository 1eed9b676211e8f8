"""Search words as patterns of LIKE with `!` as the escape, the same on both databases."""

import re
from typing import Final

from mshield.domain.identity import fold_dots

_SPECIAL: Final = re.compile(r"[!%_]")


def contains(text: str | None) -> str | None:
    """The pattern of what holds this text anywhere, for a column in lower case; None stays None."""
    return None if text is None else f"%{_SPECIAL.sub(lambda match: '!' + match[0], text.lower())}%"


def name_contains(text: str | None) -> str | None:
    """`contains` for a column of people's names, in which all middle dots are one."""
    return None if text is None else contains(fold_dots(text))
