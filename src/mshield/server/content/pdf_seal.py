"""Visible picture of a signature on a page: signer, shield number and time. It isn't a seal as defined by GB/T 38540.

Unlike text, a picture needs no font in the reader, so the signed document looks the same everywhere.
"""

import zlib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final

from PIL import Image, ImageDraw, ImageFont

from mshield.server.content.pdf_order import Seal

WIDTH: Final = 150
HEIGHT: Final = 54
"""Width and height of the picture on the page, in points."""

_SHARPNESS: Final = 6
"""Dots per point: 432 per inch."""

_EDGE: Final = 6
_HEAD: Final = "数字签名"
_MOST: Final = 40
"""Maximum characters per line; longer text ends with an ellipsis, and is complete in the signature's dictionary."""

FONT: Final = Path(__file__).parent / "fonts" / "NotoSansSC-names.otf"
"""Font of the text, made by scripts/make_name_font.py; it draws a crossed box for a character that it lacks."""


@dataclass(frozen=True, slots=True)
class Stencil:
    """A 1-bit picture, rows padded to octets, 0 for coloured dots; `packed` is compressed by zlib."""

    width: int
    height: int
    packed: bytes


def stencil_of(seal: Seal) -> Stencil:
    """Draws the picture."""
    size = WIDTH * _SHARPNESS, HEIGHT * _SHARPNESS
    picture = Image.new("1", size, 1)
    draw = ImageDraw.Draw(picture)
    draw.rectangle((2, 2, size[0] - 3, size[1] - 3), outline=0, width=_SHARPNESS)
    at = _EDGE
    for text, high in ((_HEAD, 7), (seal.name, 15), (seal.number, 8), (seal.time, 8)):
        short = text if len(text) <= _MOST else text[: _MOST - 1] + "…"
        draw.text((_EDGE * _SHARPNESS, at * _SHARPNESS), short, fill=0, font=_fitting_font(short, high))
        at += high + 2
    return Stencil(*size, zlib.compress(picture.tobytes(), 9))


def _fitting_font(text: str, high: int) -> ImageFont.FreeTypeFont:
    """Returns a font of the given height in points, smaller if the text wouldn't fit into the line."""
    room = (WIDTH - 2 * _EDGE) * _SHARPNESS
    font = _font(high * _SHARPNESS)
    length = font.getlength(text)
    return font if length <= room else _font(max(1, int(high * _SHARPNESS * room / length)))


@lru_cache(maxsize=64)
def _font(size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(FONT, size)
