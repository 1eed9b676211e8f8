"""The visible picture of a signature on a page: who signed, with which shield, when. It is no seal by GB/T 38540.

A picture instead of text, since no reader has to bring a font then and what is signed looks the same everywhere.
"""

import zlib
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from PIL import Image, ImageDraw, ImageFont
from pylopdf_fonts_zh_cn import sans_path

from mshield.content.pdf_order import Seal

WIDTH: Final = 150
HEIGHT: Final = 54
"""Of the picture on the page, in points."""

_SHARPNESS: Final = 6
"""Dots of a point: 432 to the inch."""

_EDGE: Final = 6
_HEAD: Final = "数字签名"
_MOST: Final = 40
"""Letters of a line; what is longer ends with an ellipsis, and stands whole in the signature's dictionary."""


@dataclass(frozen=True, slots=True)
class Stencil:
    """A picture of one bit for a dot, rows padded to octets, 0 where colour is; `packed` by zlib."""

    width: int
    height: int
    packed: bytes


def stencil_of(seal: Seal) -> Stencil:
    """The picture."""
    size = WIDTH * _SHARPNESS, HEIGHT * _SHARPNESS
    picture = Image.new("1", size, 1)
    draw = ImageDraw.Draw(picture)
    draw.rectangle((2, 2, size[0] - 3, size[1] - 3), outline=0, width=_SHARPNESS)
    at = _EDGE
    for text, high in ((_HEAD, 7), (seal.name, 15), (seal.number, 8), (seal.time, 8)):
        short = text if len(text) <= _MOST else text[: _MOST - 1] + "…"
        draw.text((_EDGE * _SHARPNESS, at * _SHARPNESS), short, fill=0, font=_fitting(short, high))
        at += high + 2
    return Stencil(*size, zlib.compress(picture.tobytes(), 9))


def _fitting(text: str, high: int) -> ImageFont.FreeTypeFont:
    """The font in which the text is so high, in points, or as high as fits into a line."""
    room = (WIDTH - 2 * _EDGE) * _SHARPNESS
    font = _font(high * _SHARPNESS)
    length = font.getlength(text)
    return font if length <= room else _font(max(1, int(high * _SHARPNESS * room / length)))


@lru_cache(maxsize=64)
def _font(size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(str(sans_path()), size)
