"""A captcha's characters as a picture that people can read, and as speech."""

import io
import secrets
from functools import lru_cache
from typing import Final

from captcha.audio import AudioCaptcha
from captcha.image import ColorTuple, ImageCaptcha
from PIL import Image, ImageChops, ImageOps

LENGTH: Final = 4
ALPHABET: Final = "ACEHJKMPTXY3479"
"""Characters that neither look nor sound alike: without 0 O Q D, 1 I L, 2 Z, 5 S, 8 B, 6 G, U V W, F N R."""
SIZE: Final = (160, 60)
PAPER: Final = (250, 251, 252)
INK: Final = (24, 40, 72)
_FREE: Final = 24
_FONT_SIZES: Final = (40, 44, 48)
"""Font sizes small enough that no character is cut off when it is turned."""


class _Painter(ImageCaptcha):
    """Draws white on black, since the library's masks make dark colours faint."""

    character_rotate = (-20, 20)
    character_warp_dx = (0.05, 0.15)
    character_warp_dy = (0.1, 0.2)
    word_offset_dx = 0.0
    word_space_probability = 1.0

    @staticmethod
    def create_noise_dots(
        image: Image.Image, color: ColorTuple, width: int = 1, number: int = 12
    ) -> Image.Image:
        """Draws few, small dots: proof of work slows programs down, so the picture can stay readable for people."""
        return ImageCaptcha.create_noise_dots(image, color, width, number)


def draw(answer: str) -> bytes:
    """Draws a PNG of `SIZE`: dark ink on light paper, also on dark pages."""
    white_on_black = _painter().generate_image(answer, bg_color=(0, 0, 0), fg_color=(255, 255, 255, 255))
    # The library draws from the left and cuts off the end if gaps make the text too wide, so shift the
    # finished picture instead.
    moved = ImageChops.offset(white_on_black.convert("L"), 4 + secrets.randbelow(_FREE), 0)
    picture = ImageOps.colorize(moved, black=PAPER, white=INK)
    file = io.BytesIO()
    picture.save(file, format="PNG")
    return file.getvalue()


def speak(answer: str) -> bytes:
    """Returns a WAV of the same characters spoken in noise."""
    return bytes(_speaker().generate(answer))


@lru_cache(maxsize=1)
def _painter() -> _Painter:
    return _Painter(*SIZE, font_sizes=_FONT_SIZES)


@lru_cache(maxsize=1)
def _speaker() -> AudioCaptcha:
    return AudioCaptcha()
