"""Character classes of the rules: white space, hidden characters, names of XML's fifth edition."""

import re
from typing import Final

WHITE: Final = " \t\r\n"
"""All white space; plain `str.strip()` would also remove U+00A0 and U+0085."""

_HIDDEN: Final = re.compile(
    "[\x00-\x1f\x7f-\x9f\xad\u061c\u115f\u1160\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164\ufeff\uffa0"
    "\ufff9-\ufffb\U000e0000-\U000e007f]"
)

_START: Final = (
    "A-Z_a-z\xc0-\xd6\xd8-\xf6\xf8-\u02ff\u0370-\u037d\u037f-\u1fff\u200c\u200d\u2070-\u218f\u2c00-\u2fef"
    "\u3001-\ud7ff\uf900-\ufdcf\ufdf0-\ufffd\U00010000-\U000effff"
)
NAME: Final = f"[{_START}][{_START}\\-.0-9\xb7\u0300-\u036f\u203f\u2040]*"
"""Pattern of an XML name without a colon."""
_NAME: Final = re.compile(NAME)


def trimmed(text: str) -> str:
    """Returns the text without white space at both ends."""
    return text.strip(WHITE)


def is_name(text: str) -> bool:
    """Reports whether it is an XML name without a colon."""
    return _NAME.fullmatch(text) is not None


def is_plain(text: str, longest: int) -> bool:
    """Reports whether a view may use it as a word: not too long, not only spaces, no hidden characters."""
    return 0 < len(text) <= longest and bool(text.strip(" ")) and _HIDDEN.search(text) is None
