# /// script
# requires-python = ">=3.11"
# dependencies = ["fonttools==4.68.0"]
# ///
"""Makes src/mshield/server/content/fonts/NotoSansSC-names.otf, the font that writes names on PDF pages; committed.

A subset of Noto Sans CJK SC Regular 2.004 with every character that a person's name may contain, except Hangul, and
the ASCII characters. The source is NotoSansCJK-Regular.ttc of Debian's fonts-noto-cjk 1:20240730+repack1-1 (OFL 1.1).
The same source and the same fonttools give the same bytes; it takes about a minute.
Usage: uv run scripts/make_name_font.py [NotoSansCJK-Regular.ttc]
"""

import hashlib
import sys
import unicodedata
from pathlib import Path
from typing import Final

from fontTools import subset
from fontTools.ttLib import TTFont

SOURCE: Final = Path("/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc")
SOURCE_SHA256: Final = "b76b0433203017ca80401b2ee0dd69350349871c4b19d504c34dbdd80541690a"
TARGET: Final = (
    Path(__file__).parents[1] / "src" / "mshield" / "server" / "content" / "fonts" / "NotoSansSC-names.otf"
)

_SIMPLIFIED_CHINESE: Final = "NotoSansCJKsc-Regular"
_POSTSCRIPT_NAME: Final = 6
_PUNCTUATION: Final = "·’…"
_VERTICAL: Final = ["vhea", "vmtx", "VORG", "BASE"]
_NAMES_KEPT: Final = [0, 1, 2, 3, 4, 5, 6, 7, 13, 14]
"""Records of the table `name`: copyright, family, version, trademark, licence."""


def is_needed(char: str) -> bool:
    """Reports whether a name or another line of the visible signature may contain the character.

    Names are normalised to NFKC, so a character that NFKC replaces is never drawn.
    """
    if char.isascii() or char in _PUNCTUATION:
        return char.isprintable()
    is_letter = unicodedata.category(char)[0] in "LM"
    return is_letter and unicodedata.is_normalized("NFKC", char) and not _is_hangul(char)


def _is_hangul(char: str) -> bool:
    return unicodedata.name(char, "").startswith("HANGUL")


def face(source: Path) -> TTFont:
    """Opens the Simplified Chinese face of the collection. Raises: LookupError."""
    for number in range(16):
        font = TTFont(source, fontNumber=number, lazy=True, recalcTimestamp=False)
        if font["name"].getDebugName(_POSTSCRIPT_NAME) == _SIMPLIFIED_CHINESE:
            return font
    raise LookupError(_SIMPLIFIED_CHINESE)


def main() -> None:
    """Writes the font and prints its number of characters, size and SHA-256."""
    source = Path(sys.argv[1]) if sys.argv[1:] else SOURCE
    if hashlib.sha256(source.read_bytes()).hexdigest() != SOURCE_SHA256:
        sys.exit(f"{source} is not the source file of the font: its SHA-256 must be {SOURCE_SHA256}")
    font = face(source)
    chars = [code for code in font.getBestCmap() if is_needed(chr(code))]
    options = subset.Options(
        layout_features=["kern", "mark", "mkmk"],
        hinting=False,
        notdef_outline=True,
        name_IDs=_NAMES_KEPT,
        name_languages=[0x409],
    )
    options.drop_tables += _VERTICAL
    subsetter = subset.Subsetter(options)
    subsetter.populate(unicodes=chars)
    subsetter.subset(font)
    font.save(TARGET)
    made = TARGET.read_bytes()
    print(
        f"{TARGET.name}: {len(chars)} characters, {len(made)} bytes, SHA-256 {hashlib.sha256(made).hexdigest()}"
    )


if __name__ == "__main__":
    main()
