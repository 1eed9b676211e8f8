"""The captcha image must be readable: enough contrast measured by pixels, nothing cut off, no look-alikes."""

import io
import itertools
import secrets
from typing import Final

import pytest
from PIL import Image, ImageDraw, ImageFont

from mshield.server.accounts.captcha_picture import ALPHABET, LENGTH, SIZE, draw

ENOUGH: Final = 4.5
"""Minimum contrast of text by WCAG 2.2, 1.4.3; its lower value for large text is not used here."""

Colour = tuple[int, int, int]


def _luminance(colour: Colour) -> float:
    linear = [
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4
        for part in (value / 255 for value in colour)
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _contrast(one: Colour, other: Colour) -> float:
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def _pixels(picture: bytes) -> tuple[list[Colour], Colour]:
    """Returns all pixels row by row, and the paper's colour, which is the commonest."""
    with Image.open(io.BytesIO(picture)) as image:
        data = image.convert("RGB").tobytes()
    pixels = list(zip(data[::3], data[1::3], data[2::3], strict=True))
    return pixels, max(set(pixels), key=pixels.count)


@pytest.mark.parametrize("number", range(24))
def test_strokes_stand_out_from_the_paper(number: int) -> None:
    answer = "".join(ALPHABET[(number * LENGTH + place) % len(ALPHABET)] for place in range(LENGTH))
    pixels, paper = _pixels(draw(answer))
    drawn = [pixel for pixel in pixels if _contrast(pixel, paper) > 1.2]
    # A stroke's edge blends ink and paper. Its inside is most of it and must have enough contrast.
    strong = [pixel for pixel in drawn if _contrast(pixel, paper) >= ENOUGH]
    assert len(strong) >= 0.6 * len(drawn)
    columns = {place % SIZE[0] for place, pixel in enumerate(pixels) if _contrast(pixel, paper) >= ENOUGH}
    assert len(columns) >= 15 * LENGTH, "each character, not one of them"
    assert max(_contrast(pixel, paper) for pixel in drawn) >= 10


@pytest.mark.parametrize("number", range(24))
def test_no_character_is_cut_off(number: int) -> None:
    pixels, paper = _pixels(draw("".join(secrets.choice(ALPHABET) for _ in range(LENGTH))))
    width, height = SIZE
    for side in (0, width - 1):
        column = pixels[side::width]
        inked = sum(_contrast(pixel, paper) >= ENOUGH for pixel in column)
        assert inked <= height // 8, "at most a line of noise"


def test_no_two_characters_look_alike() -> None:
    assert not set(ALPHABET) & set("0OQD1IL2Z5S8BG6UVWFNR")
    assert len(set(ALPHABET)) == len(ALPHABET)
    assert len(ALPHABET) ** LENGTH >= 50_000
    font = ImageFont.load_default(48)

    def shape(character: str) -> frozenset[int]:
        image = Image.new("L", (64, 64), 0)
        ImageDraw.Draw(image).text((32, 32), character, fill=255, font=font, anchor="mm")
        return frozenset(place for place, value in enumerate(image.tobytes()) if value > 127)

    def likeness(one: str, other: str) -> float:
        a, b = shape(one), shape(other)
        return len(a & b) / len(a | b)

    worst = max(itertools.combinations(ALPHABET, 2), key=lambda pair: likeness(*pair))
    assert likeness(*worst) < likeness("O", "Q"), worst
    assert likeness(*worst) < 0.7, worst
