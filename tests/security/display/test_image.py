"""An image that isn't what its type says, or more than one picture, is asked of nobody (docs/security/display.md)."""

import io
import zlib
from typing import Any, Final

from PIL import Image

from mshield.content.image import MOST_OCTETS, refusal_of

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


def test_one_whole_picture_is_taken_and_all_else_refused_for_its_reason() -> None:
    for kind, how in (("PNG", {}), ("JPEG", {}), ("JPEG", {"progressive": True}), ("JPEG", {"quality": 1})):
        name = "png" if kind == "PNG" else "jpeg"
        assert refusal_of(drawn(kind, **how), name) is None
        assert refusal_of(drawn(kind, PICTURE.convert("L"), **how), name) is None
    good, photo = drawn("PNG"), drawn("JPEG")
    animated = drawn("PNG", save_all=True, append_images=[Image.new("RGB", (40, 30), "black")])
    frame = photo.index(b"\xff\xc0")
    wide = photo[: frame + 5] + b"\xff\xff\xff\xff" + photo[frame + 9 :]
    for reason, kind, octets in (
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
    ):
        assert refusal_of(octets, kind) == reason, (reason, kind, octets[:40])  # type: ignore[arg-type]
