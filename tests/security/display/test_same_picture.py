"""PDFs that the service accepts look the same by pdfium, MuPDF and Poppler; what it refuses needn't."""

import subprocess
from pathlib import Path
from typing import Final

import pypdfium2
from PIL import Image, ImageChops, ImageFilter

from mshield.server.content.pdf import limit_qpdf, refusal_of
from tests.security.display.test_pdf import dishonest, honest
from tests.support.pdfs import bodies, page_text, stream, written

SCALE: Final = 1
"""Pixels per point."""
DARK: Final = 128
WHITE: Final = 230
"""Greys from which a pixel is dark, or shows nothing: thin lines are grey in some programs."""
NEAR: Final = 5
"""Width in pixels of the square within which a dark pixel's counterpart may be: glyphs are smoothed differently."""
FEW: Final = 50
"""Dark pixels without counterpart that are accepted: each program substitutes another font for Helvetica."""
BAR: Final = b" 60 600 200 50 re f"
BLACK: Final = b"/G gs 0 0 0 1 k"
TINT: Final = stream(b"{0 0 0 4 3 roll}", b"/FunctionType 4 /Domain [0 1] /Range [0 1 0 1 0 1 0 1]")
LOOKS: Final = {
    "a hyphen, a full stop": (b"BT /F1 18 Tf 60 640 Td (-1.0) Tj ET 0 g", b""),
    "a spot colour": (b"/S cs 1 scn", b"/ColorSpace << /S [/Separation /Gold /DeviceCMYK 91 0 R] >>"),
    "all inks": (b"/S cs 1 scn", b"/ColorSpace << /S [/Separation /All /DeviceCMYK 91 0 R] >>"),
    "no transparency": (b"/G gs", b"/ExtGState << /G << /ca 1 >> >>"),
    "all transparent": (b"/G gs", b"/ExtGState << /G << /ca 0 >> >>"),
    "multiplied": (b"/G gs", b"/ExtGState << /G << /BM /Multiply >> >>"),
    "a blend of no name": (b"/G gs", b"/ExtGState << /G << /BM /Nothing >> >>"),
    "identity as transfer": (b"/G gs", b"/ExtGState << /G << /TR /Identity >> >>"),
    "black generation": (b"/G gs", b"/ExtGState << /G << /BG 91 0 R /UCR 91 0 R >> >>"),
}
"""Accepted PDFs whose bar is drawn in a special way: operators and resources."""
TWO_FACES: Final = (
    "a note that closes",
    "a patch over the total",
    "a patch of no kind",
    "a patch of no place",
    "a patch of neither",
    "a link with the usual border",
    "a link with a border that covers",
    "a link with a border by its style",
)
"""Refused PDFs that don't look the same everywhere: without these the comparison would prove nothing."""


def pictures(octets: bytes, folder: Path) -> list[Image.Image]:
    """Returns the first page as drawn by pdfium, MuPDF and Poppler, in grey."""
    file, resolution = folder / "a.pdf", str(round(72 * SCALE))
    file.write_bytes(octets)
    with pypdfium2.PdfDocument(octets) as document:
        document.init_forms()
        own = document[0].render(scale=SCALE).to_pil().convert("L")
    mupdf, poppler = folder / "mupdf.png", folder / "poppler"
    subprocess.run(
        ("mutool", "draw", "-q", "-r", resolution, "-o", mupdf, file, "1"), check=True, capture_output=True
    )
    subprocess.run(
        ("pdftoppm", "-cropbox", "-singlefile", "-r", resolution, "-png", file, poppler),
        check=True,
        capture_output=True,
    )
    others = [Image.open(path).convert("L") for path in (mupdf, poppler.with_suffix(".png"))]
    return [own, *others]


def differing(one: Image.Image, other: Image.Image) -> int:
    """Returns the number of dark pixels of either that have nothing dark near their place in the other."""
    assert max(abs(a - b) for a, b in zip(one.size, other.size, strict=True)) <= 1
    size = (min(one.width, other.width), min(one.height, other.height))
    return _lacking(one.crop((0, 0, *size)), other.crop((0, 0, *size))) + _lacking(
        other.crop((0, 0, *size)), one.crop((0, 0, *size))
    )


def _lacking(one: Image.Image, other: Image.Image) -> int:
    near = other.filter(ImageFilter.MinFilter(NEAR))
    dark, light = one.point(lambda grey: 255 * (grey < DARK)), near.point(lambda grey: 255 * (grey > WHITE))
    return ImageChops.multiply(dark, light).histogram()[255]


def worst(octets: bytes, folder: Path) -> int:
    """Returns by how many pixels two of the pictures differ at most."""
    pdfium, mupdf, poppler = pictures(octets, folder)
    return max(differing(pdfium, mupdf), differing(pdfium, poppler), differing(mupdf, poppler))


def drawn(operators: bytes, resources: bytes, function: bytes = TINT) -> bytes:
    """Returns a contract with a bar drawn after these operators; object 91 is the function."""
    objects = bodies() | {91: function}
    objects[4] = objects[4].replace(b"/Font <<", resources + b" /Font <<", 1)
    objects[5] = stream(page_text(("Total: CNY 100.00",)) + operators + BAR)
    return written(objects)


def test_accepted_pdfs_look_the_same_in_three_programs(tmp_path: Path) -> None:
    limit_qpdf()
    for name, octets in (honest() | {name: drawn(*look) for name, look in LOOKS.items()}).items():
        assert refusal_of(octets) is None, name
        assert worst(octets, tmp_path) <= FEW, name


def refused() -> dict[str, bytes]:
    """Returns refused PDFs that show what only some programs carry out."""
    inverse = stream(b"{1 exch sub}", b"/FunctionType 4 /Domain [0 1] /Range [0 1]")
    return {
        "a transfer function": drawn(b"/G gs 0 g", b"/ExtGState << /G << /TR 91 0 R >> >>", inverse),
        "another transfer function": drawn(b"/G gs 0 g", b"/ExtGState << /G << /TR2 91 0 R >> >>", inverse),
        "no ink": drawn(b"/S cs 1 scn", b"/ColorSpace << /S [/Separation /None /DeviceCMYK 91 0 R] >>"),
        "no inks": drawn(b"/S cs 1 scn", b"/ColorSpace << /S [/DeviceN [/None] /DeviceCMYK 91 0 R] >>"),
        "overprint": drawn(
            BLACK + BAR + b" 0 0 0 0 k", b"/ExtGState << /G << /OP true /op true /OPM 1 >> >>"
        ),
    }


def test_refused_pdfs_have_two_faces(tmp_path: Path) -> None:
    attacks = dishonest()
    limit_qpdf()
    for name, octets in ({name: attacks[name][1] for name in TWO_FACES} | refused()).items():
        assert refusal_of(octets) in {"annotation", "device"}, name
        assert worst(octets, tmp_path) > FEW, name
