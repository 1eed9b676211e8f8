"""An image that contradicts its type, or has several pictures, is refused in a request (docs/threat-model.md)."""

import io
import time
import zlib
from typing import Any, Final

from PIL import Image

from mshield.server.content.image import MOST_OCTETS, MOST_PARTS, Kind, refusal_of

PICTURE: Final = Image.new("RGB", (40, 30), "white")


def drawn(kind: str, picture: Image.Image = PICTURE, **how: Any) -> bytes:
    file = io.BytesIO()
    picture.save(file, kind, **how)
    return file.getvalue()


def chunk(name: bytes, data: bytes) -> bytes:
    return len(data).to_bytes(4, "big") + name + data + zlib.crc32(name + data).to_bytes(4, "big")


def png(width: int, height: int, *, more: bytes = b"", rest: bytes = b"\x08\x02\x00\x00\x00") -> bytes:
    head = width.to_bytes(4, "big") + height.to_bytes(4, "big") + rest
    parts = chunk(b"IHDR", head) + more + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + parts


def test_one_complete_image_is_accepted_and_others_are_refused() -> None:
    forms: tuple[tuple[Kind, dict[str, Any]], ...] = (
        ("png", {}),
        ("jpeg", {}),
        ("jpeg", {"progressive": True}),
        ("jpeg", {"quality": 1}),
    )
    for kind, how in forms:
        assert refusal_of(drawn(kind.upper(), **how), kind) is None
        assert refusal_of(drawn(kind.upper(), PICTURE.convert("L"), **how), kind) is None
    good, photo = drawn("PNG"), drawn("JPEG")
    animated = drawn("PNG", save_all=True, append_images=[Image.new("RGB", (40, 30), "black")])
    frame = photo.index(b"\xff\xc0")
    wide = photo[: frame + 5] + b"\xff\xff\xff\xff" + photo[frame + 9 :]
    cases: tuple[tuple[str, Kind, bytes], ...] = (
        ("not_an_image", "png", b""),
        ("not_an_image", "png", photo),
        ("not_an_image", "jpeg", good),
        ("not_an_image", "jpeg", b"<svg/>"),
        ("animated", "png", animated),
        ("too_large", "png", png(10_001, 1)),
        ("too_large", "png", png(8_000, 8_000)),
        ("too_large", "png", good + bytes(MOST_OCTETS)),
        ("too_large", "jpeg", wide),
        ("damaged", "png", png(0, 1)),
        ("damaged", "png", png(1, 1, rest=b"\x08\x05\x00\x00\x00")),
        ("damaged", "png", png(1, 1, more=chunk(b"IHDR", bytes(13)))),
        ("damaged", "png", good[:-5]),
        ("damaged", "png", good[:50] + b"\x00" + good[51:]),
        ("damaged", "jpeg", photo[:-2]),
        ("damaged", "jpeg", photo[:frame] + b"\xff\xc3" + photo[frame + 2 :]),
        ("damaged", "jpeg", photo[:frame] + photo[frame : frame + 19] * 2 + photo[frame + 19 :]),
        ("damaged", "jpeg", drawn("JPEG", PICTURE.convert("CMYK"))),
        ("trailing", "png", good + b"PK\x03\x04"),
        ("trailing", "jpeg", photo + photo),
    )
    for reason, name, octets in cases:
        assert refusal_of(octets, name) == reason, (reason, name, octets[:40])


def test_image_of_many_empty_parts_is_refused_after_the_first_ones() -> None:
    photo, empty = drawn("JPEG"), b"\xff\xfe\x00\x02"
    commented = photo[:2] + empty * (MOST_OCTETS // 4 - 1_000) + photo[2:]
    chunked = png(1, 1, more=chunk(b"tEXt", b"") * (MOST_OCTETS // 12 - 1_000))
    begun = time.process_time()
    assert refusal_of(commented, "jpeg") == "too_complex"
    assert refusal_of(chunked, "png") == "too_complex"
    assert time.process_time() - begun < 0.2
    assert refusal_of(photo[:2] + empty * (MOST_PARTS - 20) + photo[2:], "jpeg") is None
    assert refusal_of(png(1, 1, more=chunk(b"tEXt", b"") * (MOST_PARTS - 3)), "png") is None


def test_scan_of_fill_octets_takes_linear_time() -> None:
    photo = drawn("JPEG")
    begun = time.process_time()
    assert refusal_of(photo[:-2] + b"\xff" * 1_000_000 + b"\x00" + photo[-2:], "jpeg") is None
    assert time.process_time() - begun < 1
