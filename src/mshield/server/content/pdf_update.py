"""Update of a PDF for a future signature: field, widget, picture, and a gap for the signature.

The update is appended; the existing octets don't change. pyHanko reads the file and writes the update, but
its signature code isn't used, since it doesn't know SM3.
"""

import codecs
import io
from collections.abc import Callable, Mapping
from typing import IO, Any, Final

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.generic import pdf_name, pdf_string
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.misc import PdfError
from pyhanko.sign.fields import SigFieldSpec, append_signature_field

from mshield.server.content.pdf_order import Update
from mshield.server.content.pdf_seal import HEIGHT, WIDTH, Stencil, stencil_of

_MARGIN: Final = 24
_SPACE: Final = 6
_COLOUR: Final = b"0.09 0.22 0.5 rg"
_TURNS: Final[Mapping[int, tuple[int, int, int, int]]] = {
    0: (1, 0, 0, 1),
    90: (0, 1, -1, 0),
    180: (-1, 0, 0, -1),
    270: (0, -1, 1, 0),
}
"""Matrix that rotates the picture, by the page's rotation in degrees."""

_RANGE_WIDTH: Final = 64
_MAX_PARENTS: Final = 64

Box = tuple[float, float, float, float]
"""Box: left, bottom, right, top."""


class CannotUpdate(Exception):
    """An update can't be appended to this file."""


def prepared(octets: bytes, update: Update) -> bytes:
    """Returns the octets to append to a file that `content.pdf` accepted. Raises: CannotUpdate."""
    try:
        return _prepare(octets, update)
    except (PdfError, ValueError, TypeError, KeyError, IndexError, AttributeError, RecursionError) as error:
        raise CannotUpdate(str(error)) from error


def _prepare(octets: bytes, update: Update) -> bytes:
    writer = _Writer(io.BytesIO(octets), strict=False)
    fields = _fields(writer)
    page, number = _last_page(writer)
    turn = int(_inherited(page, "/Rotate") or 0) % 360
    box = _seal_box(_visible_box(page), turn, number=len(fields))
    name = pdf_name
    append_signature_field(writer, SigFieldSpec(update.field, on_page=number, box=_rounded(box)))
    field = next(one for one in _fields(writer) if "/T" in one and one["/T"] == update.field)
    contents, covered = _Gap(update.room), _Range()
    field["/V"] = writer.add_object(
        generic.DictionaryObject(
            {
                name("/Type"): name("/Sig"),
                name("/Filter"): name("/Adobe.PPKLite"),
                name("/SubFilter"): name(f"/{update.subfilter}"),
                name("/ByteRange"): covered,
                name("/Contents"): contents,
                name("/M"): pdf_string(update.time),
                name("/Name"): _hex_text(update.seal.name),
                name("/Reason"): _hex_text(update.reason),
            }
        )
    )
    empty = field["/AP"].raw_get("/N")  # the placeholder made by pyHanko
    writer.objects[(empty.generation, empty.idnum)] = _appearance(writer, stencil_of(update.seal), turn)
    field["/F"] = generic.NumberObject(4 | 128)  # print and locked
    out = io.BytesIO()
    write: Callable[[IO[bytes]], None] = writer.write
    write(out)
    written = bytearray(out.getvalue())
    start, end = contents.at, contents.at + 2 * update.room + 2
    numbers = b"[0 %d %d %d]" % (start, end, len(written) - end)
    written[covered.at : covered.at + _RANGE_WIDTH] = numbers.ljust(_RANGE_WIDTH)
    if written[: len(octets)] != octets:
        raise CannotUpdate("not appended")
    return bytes(written[len(octets) :])


class _Writer(IncrementalPdfFileWriter):
    """Writer of the update that adds no metadata about program and time, and keeps the file's version."""

    output_version = (1, 3)

    def _update_meta(self) -> None:
        pass


class _Placed(generic.PdfObject):
    """Octets that are filled in after everything else is written, and their position."""

    at: int = -1

    def __init__(self, octets: bytes) -> None:
        self._octets = octets

    def write_to_stream(self, stream: IO[bytes], handler: Any = None, container_ref: Any = None) -> None:
        del handler, container_ref  # never encrypted
        self.at = stream.tell()
        stream.write(self._octets)


class _Gap(_Placed):
    def __init__(self, room: int) -> None:
        super().__init__(b"<" + b"00" * room + b">")


class _Range(_Placed):
    def __init__(self) -> None:
        super().__init__(b" " * _RANGE_WIDTH)


def _fields(writer: IncrementalPdfFileWriter) -> list[Any]:
    if "/AcroForm" not in writer.root:
        return []
    form = writer.root["/AcroForm"]  # `get` would not resolve a reference that was just added
    return [one.get_object() for one in form["/Fields"]] if "/Fields" in form else []


def _last_page(writer: IncrementalPdfFileWriter) -> tuple[Any, int]:
    number = int(writer.root["/Pages"]["/Count"]) - 1
    return writer.find_page_for_modification(number)[0].get_object(), number


def _inherited(page: Any, key: str) -> Any:
    """Returns the value of a page's key, inherited from its parents if the page lacks it."""
    held = page
    for _ in range(_MAX_PARENTS):
        if key in held:
            return held[key]
        if "/Parent" not in held:
            break
        held = held["/Parent"]
    return None


def _visible_box(page: Any) -> Box:
    """Returns the visible box of the page."""
    media = _sorted(_inherited(page, "/MediaBox"))
    cut = _inherited(page, "/CropBox")
    if cut is None:
        return media
    left, low, right, high = _sorted(cut)
    crop = max(media[0], left), max(media[1], low), min(media[2], right), min(media[3], high)
    return crop if crop[0] < crop[2] and crop[1] < crop[3] else media


def _sorted(edges: Any) -> Box:
    a, b, c, d = (float(edge) for edge in edges)
    return min(a, c), min(b, d), max(a, c), max(b, d)


def _seal_box(shown: Box, turn: int, *, number: int) -> Box:
    """Returns the box for the picture of signature `number`: from the bottom right to the left, then upwards."""
    left, low, right, high = shown
    wide, tall = (high - low, right - left) if turn in {90, 270} else (right - left, high - low)
    size = min(1.0, wide / (WIDTH + 2 * _MARGIN), tall / (HEIGHT + 2 * _MARGIN))
    w, h = WIDTH * size, HEIGHT * size
    columns = max(1, int((wide - 2 * _MARGIN + _SPACE) // (w + _SPACE)))
    rows = max(1, int((tall - 2 * _MARGIN + _SPACE) // (h + _SPACE)))
    row, column = divmod(number % (columns * rows), columns)
    x = wide - _MARGIN * size - w - column * (w + _SPACE)
    y = _MARGIN * size + row * (h + _SPACE)
    if turn == 90:
        return right - y - h, low + x, right - y, low + x + w
    if turn == 180:
        return right - x - w, high - y - h, right - x, high - y
    if turn == 270:
        return left + y, high - x - w, left + y + h, high - x
    return left + x, low + y, left + x + w, low + y + h


def _rounded(box: Box) -> tuple[int, int, int, int]:
    left, low, right, high = (round(edge) for edge in box)
    return left, low, max(right, left + 1), max(high, low + 1)


def _hex_text(text: str) -> generic.PdfObject:
    """Encodes as hex: otherwise a title with `startxref` would put that keyword into the update."""
    return generic.ByteStringObject(codecs.BOM_UTF16_BE + text.encode("utf-16-be"))


def _number(value: int) -> generic.PdfObject:
    return generic.NumberObject(value)


def _appearance(writer: IncrementalPdfFileWriter, stencil: Stencil, turn: int) -> Any:
    name, number = pdf_name, _number
    mask = generic.StreamObject(
        {
            name("/Type"): name("/XObject"),
            name("/Subtype"): name("/Image"),
            name("/Width"): number(stencil.width),
            name("/Height"): number(stencil.height),
            name("/ImageMask"): generic.BooleanObject(value=True),
            name("/BitsPerComponent"): number(1),
            name("/Filter"): name("/FlateDecode"),
        },
        encoded_data=stencil.packed,
    )
    pictures = generic.DictionaryObject({name("/Seal"): writer.add_object(mask)})
    return generic.StreamObject(
        {
            name("/Type"): name("/XObject"),
            name("/Subtype"): name("/Form"),
            name("/BBox"): generic.ArrayObject(map(number, (0, 0, WIDTH, HEIGHT))),
            name("/Matrix"): generic.ArrayObject(map(number, (*_TURNS.get(turn, _TURNS[0]), 0, 0))),
            name("/Resources"): generic.DictionaryObject({name("/XObject"): pictures}),
        },
        stream_data=b"q %s %d 0 0 %d 0 0 cm /Seal Do Q" % (_COLOUR, WIDTH, HEIGHT),
    )
