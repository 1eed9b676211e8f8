"""Text from outside as a terminal may show it: what can't be seen, or moves what is seen, is written out.

The apps mark the same characters (frontend/packages/look/honest_text.ts): vectors/shown_text.json lists them for both.
"""

import re
from typing import Final

# Controls but for tab and line ends; soft hyphen; fillers; zero width and bidirectional marks; tags; lone surrogates.
_HIDDEN: Final = (
    r"\0-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\xad\u061c\u115f\u1160\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164"
    r"\ufeff\uffa0\ufff9-\ufffb\U000e0000-\U000e007f\ud800-\udfff"
)
_IN_TEXT: Final = re.compile(f"[{_HIDDEN}]")
_IN_LINE: Final = re.compile(rf"[{_HIDDEN}\t\n\r\u2028\u2029]")


def honest(text: str) -> str:
    """`text` with each hidden character as `[U+202E]`; tabs and line ends stay."""
    return _IN_TEXT.sub(_named, text)


def honest_line(text: str) -> str:
    """`text` as one line: tabs and line ends are written out too, since whoever sends one writes lines of their own."""
    return _IN_LINE.sub(_named, text)


def honest_json(text: str) -> str:
    """The same JSON with what is hidden escaped: the values stay as they are, a terminal obeys none."""
    return _IN_TEXT.sub(_escaped, text)


def _named(match: re.Match[str]) -> str:
    return f"[U+{ord(match[0]):04X}]"


def _escaped(match: re.Match[str]) -> str:
    units = match[0].encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[i : i + 2].hex()}" for i in range(0, len(units), 2))
