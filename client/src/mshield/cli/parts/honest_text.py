"""Escapes text from outside for a terminal: characters that are invisible, move others, or look like others.

Every character that isn't known to be plain is written out. The apps have the same list
(frontend/packages/look/honest_text.ts), and vectors/shown_text.json tests both. Right-to-left letters, which
pages isolate, are written out here.
"""

import re
from typing import Final

_PLAIN: Final = (
    "9-a d 20-7e a1-ac ae-cf d1-17e 1a0-1a1 1af-1b0 1cd-1dc 1f8-1f9 218-21b 386 388-38a 38c 38e-3a1 3a3-3ce "
    "400-45f 490-493 49a-49b 4a2-4a3 4ae-4b3 4ba-4bb 4d8-4d9 4e8-4e9 5d0-5ea 621-63a 641-64a 67e 686 698 6ad "
    "6af 6be 6c6-6c8 6cb 6d0 e01-e30 e32-e33 e3f-e46 e4f e5a-e5b 1e80-1e85 1e9e 1ea0-1ef9 2013-2014 2018-2019 "
    "201c-201e 2020-2021 2025-2026 2030-2031 2033-2034 2039-203c 20a0-20c0 2103 2109 2116 2121-2122 2150-216b "
    "2170-217b 2189 2190-2199 21d2 21d4 2200-2211 221a-221e 2220-2222 2225-2235 2237 2248 224c 2252 2260-2261 "
    "2264-2267 226a-226b 2282-2287 2295-2299 22a5 2460-2757 3000-301b 301d-3020 3041-3096 309b-309f 30a1-30fa "
    "30fc-30ff 3105-312f 3131-3163 3165-318e 3200-321e 3220-39b2 39b4-3ad9 3adb-3b34 3b36-3b39 3b3b-3ba2 3ba4-439a "
    "439c-441f 4421-4dbf 4e00-58fe 5900-9fff ac00-d7a3 ff01-ff5e ff61-ff9f ffe0-ffe6 1f300-1f64f 1f680-1f6c5 "
    "1f900-1f9ff 20000-2420d 2420f-24a00 24a02-29fd6 29fd8-2a6df 2a700-2b738 2b740-2b81d 2b820-2cea1 "
    "2ceb0-2ebe0 30000-3134a"
)
"""Ranges of plain code points, in hex."""

_RIGHT_TO_LEFT: Final = "5d0-5ea 621-63a 641-64a 67e 686 698 6ad 6af 6be 6c6-6c8 6cb 6d0"
_LOOKALIKES: Final = "ΑΒΓΕΖΗΙΪΚΜΝΟΠΡΣΤΥΫΦΧικμνοπρυφχАВЕЁЗІЇЈЅКМНОРСТУҮХҺаеёзбіїјѕорсуүхһ"
"""Greek and Cyrillic letters that look like letters of another script, or like a digit."""


def _points(ranges: str) -> str:
    return "".join(
        "-".join(f"\\U{int(point, 16):08x}" for point in part.split("-")) for part in ranges.split()
    )


_GREEK: Final = "\u0370-\u03ff"
_CYRILLIC: Final = "\u0400-\u052f"
_LATIN: Final = "A-Za-z\u00c0-\u024f\u1e00-\u1eff"
_SCRIPTS: Final = tuple(re.compile(f"[{letters}]") for letters in (_LATIN, _GREEK, _CYRILLIC))
_FOREIGN_WORD: Final = re.compile(f"[{_LATIN}]*[{_GREEK}{_CYRILLIC}][{_LATIN}{_GREEK}{_CYRILLIC}]*")
_LOOKALIKE: Final = re.compile(f"[{_LOOKALIKES}]")
_OWN_LETTER: Final = re.compile(f"[^{_LOOKALIKES}]")
_HIDDEN: Final = f"[^{_points(_PLAIN)}]|[{_points(_RIGHT_TO_LEFT)}]"
_IN_TEXT: Final = re.compile(_HIDDEN)
_IN_LINE: Final = re.compile(rf"{_HIDDEN}|[\t\n\r]")


def honest_line(text: str) -> str:
    """Returns `text` as one line: tabs and line ends are written out too.

    Otherwise a sender could add lines of their own to the output.
    """
    return _FOREIGN_WORD.sub(_letters, _IN_LINE.sub(_named, text))


def honest_json(text: str) -> str:
    """Returns the same JSON with these characters escaped: its values stay, but a terminal can't interpret them."""
    return _IN_TEXT.sub(_escaped, text)


def _letters(match: re.Match[str]) -> str:
    """Writes out the lookalikes of a word, unless it is of one script and has a letter that looks like no other.

    Any other word could be read as another script, or is a mixture.
    """
    word = match[0]
    if sum(script.search(word) is not None for script in _SCRIPTS) == 1 and _OWN_LETTER.search(word):
        return word
    return _LOOKALIKE.sub(_named, word)


def _named(match: re.Match[str]) -> str:
    return f"[U+{ord(match[0]):04X}]"


def _escaped(match: re.Match[str]) -> str:
    units = match[0].encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[i : i + 2].hex()}" for i in range(0, len(units), 2))
