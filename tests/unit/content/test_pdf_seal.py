"""The visible signature's font has glyphs for the characters of names; others become crossed boxes."""

import io
import zlib
from typing import Final

import pikepdf
import pytest
from PIL import Image, ImageDraw, ImageFont

from mshield.server.content.pdf_order import Seal, Update
from mshield.server.content.pdf_seal import FONT, stencil_of
from mshield.server.content.pdf_update import prepared
from mshield.server.values.names import normalise_name
from tests.support.pdfs import contract

_SIZE: Final = 24
_UNASSIGNED: Final = "\U000323b0"
"""A code point behind the last block of ideographs, so no font has it."""
_RARE: Final = ["王㛃", "张𬭎", "𠮷田", "李䶮", "陈𬀩", "﨎﨏﨑"]
_UNWRITABLE: Final = "김민준"


@pytest.fixture(scope="module")
def font() -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(FONT, _SIZE)


def _bitmap(font: ImageFont.FreeTypeFont, text: str) -> bytes:
    picture = Image.new("1", (_SIZE * 2, _SIZE * 2))
    ImageDraw.Draw(picture).text((0, 0), text, fill=1, font=font)
    return picture.tobytes()


def _missing(font: ImageFont.FreeTypeFont, chars: str) -> str:
    box = _bitmap(font, _UNASSIGNED)
    return "".join(char for char in chars if _bitmap(font, char) == box)


def _seal(name: str) -> Seal:
    return Seal(name=name, number="MS12345678901", time="2026-11-28 21:14:05 +08:00")


@pytest.mark.parametrize(
    ("first", "last"),
    [(0x4E00, 0x9FEF), (0x3400, 0x4DB5)],
    ids=["CJK Unified Ideographs", "Extension A"],
)
def test_font_has_every_ideograph_of_block(font: ImageFont.FreeTypeFont, first: int, last: int) -> None:
    assert not _missing(font, "".join(map(chr, range(first, last + 1))))


def test_font_has_the_other_characters_of_seals(font: ImageFont.FreeTypeFont) -> None:
    assert not _missing(font, "".join(map(chr, range(0x21, 0x7F))) + "·’…数字签名")
    assert not _missing(font, "ÀÉÎÕÜßàéîõüŒœŠšŽžЁЙЮЯёйюя")


@pytest.mark.parametrize("name", _RARE)
def test_font_has_characters_of_rare_name(font: ImageFont.FreeTypeFont, name: str) -> None:
    assert not _missing(font, normalise_name(name))


def test_character_that_the_font_lacks_is_drawn_as_box(font: ImageFont.FreeTypeFont) -> None:
    name = normalise_name(_UNWRITABLE)
    assert _missing(font, name) == name
    assert any(_bitmap(font, _UNASSIGNED))
    assert stencil_of(_seal(name)) == stencil_of(_seal(_UNASSIGNED * 3))


def test_rare_names_are_drawn_differently() -> None:
    pictures = {stencil_of(_seal(name)).packed for name in _RARE}
    assert len(pictures) == len(_RARE)
    assert all(zlib.decompress(packed) for packed in pictures)


@pytest.mark.parametrize("name", [*_RARE, _UNWRITABLE])
def test_signature_dictionary_has_the_whole_name(name: str) -> None:
    content = contract(1)
    update = Update(
        field="s1",
        subfilter="adbe.pkcs7.detached",
        reason="",
        time="D:20261128211405+08'00'",
        room=64,
        seal=_seal(name),
    )
    with pikepdf.open(io.BytesIO(content + prepared(content, update))) as file:
        assert str(file.Root.AcroForm.Fields[0].V.Name) == name
