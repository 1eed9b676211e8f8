"""Checks that a PDF always looks the same: it is refused if its look can depend on the viewer, the reader or the date.

qpdf reads it, through pikepdf, without repairs: a file that needs repair is shown differently by different
programs. Objects are read, but not the streams of pages and pictures, so that no page is rendered here.
Problems visible only when rendered are not detected: missing fonts, text in the background's colour, content
beyond a page's edge.
"""

import io
import re
from collections.abc import Iterator
from typing import Final, Literal

import pikepdf

from mshield.server.content.pdf_objects import MOST_UNPACKED, PDF_FAULTS, Objects, PdfFault, TooManyValues
from mshield.server.content.pdf_revisions import hides_objects

MOST_OCTETS: Final = 20 * 1024 * 1024
MOST_PAGES: Final = 500
MOST_OBJECTS: Final = 100_000
MOST_DELIMITERS: Final = 4_000_000
"""Maximum delimiters in all object streams, of which each value has at least one."""
_DELIMITERS: Final = b"\0\t\n\f\r ()<>[]{}/%"
_MOST_POINTS: Final = 14_400
"""Maximum length of a page's edge in points, the largest that the standard requires readers to support."""
_BEGIN: Final = re.compile(rb"%PDF-(?:1\.[0-7]|2\.0)[ \t]*[\r\n]")
_END: Final = re.compile(rb"startxref\s+\d{1,10}\s+%%EOF\s*\Z")
_TAIL: Final = 1024
_MIB: Final = 1024 * 1024

Refusal = PdfFault | Literal["too_large", "not_pdf", "damaged", "encrypted", "revisions"]
REFUSALS: Final[tuple[Refusal, ...]] = (
    "too_large",
    "not_pdf",
    "damaged",
    "encrypted",
    *PDF_FAULTS,
    "revisions",
)


def limit_qpdf() -> None:
    """Limits what qpdf unpacks in this process: object lists and references, whose size a file may misstate."""
    pikepdf.settings.set_qpdf_limits(
        doc_max_warnings=10,
        parser_max_nesting=100,
        parser_max_container_size=1_000_000,
        max_stream_filters=2,
        flate_max_memory=64 * _MIB,
        png_max_memory=64 * _MIB,
        run_length_max_memory=_MIB,
        tiff_max_memory=_MIB,
        dct_max_memory=_MIB,
    )


def refusal_of(octets: bytes) -> Refusal | None:
    """Returns the most serious reason for refusing the PDF; None if it is acceptable."""
    refusal = _refusal_by_ends(octets)
    if refusal is not None:
        return refusal
    try:
        with _open(octets) as pdf:
            return _refusal(pdf, octets)
    except pikepdf.PasswordError:
        return "encrypted"
    except TooManyValues:
        return "too_large"
    except (pikepdf.PdfError, pikepdf.ForeignObjectError, ValueError, TypeError, KeyError, RuntimeError):
        return "damaged"


def _refusal_by_ends(octets: bytes) -> Refusal | None:
    if len(octets) > MOST_OCTETS:
        return "too_large"
    if _BEGIN.match(octets) is None:
        return "not_pdf"
    return "damaged" if _END.search(octets, len(octets) - _TAIL) is None else None


def _open(octets: bytes) -> pikepdf.Pdf:
    return pikepdf.open(io.BytesIO(octets), attempt_recovery=False, inherit_page_attributes=False)


def _refusal(pdf: pikepdf.Pdf, octets: bytes) -> Refusal | None:
    if pdf.is_encrypted:
        return "encrypted"
    _require_bounded(pdf)
    if len(pdf.pages) > MOST_PAGES:
        return "too_large"
    objects = Objects(pdf)
    faults = set(objects.faults())
    for fault in PDF_FAULTS:
        if fault in faults:
            return fault
    if not _has_pages(pdf) or pdf.get_warnings():
        return "damaged"
    if hides_objects(pdf, objects, octets, _open):
        return "revisions"
    return None if objects.are_sound() else "damaged"


def _require_bounded(pdf: pikepdf.Pdf) -> None:
    """Unpacks the object streams, which takes less time than reading them. Raises: TooManyValues."""
    table = pdf.get_xref_table()
    if len(table) > MOST_OBJECTS:
        raise TooManyValues
    values = unpacked = 0
    for number in {number for entry in table.values() if (number := entry.obj_stream_number) is not None}:
        data = pdf.get_object(number, 0).read_bytes()
        unpacked += len(data)
        values += len(data) - len(data.translate(None, _DELIMITERS))
        if unpacked > MOST_UNPACKED or values > MOST_DELIMITERS:
            raise TooManyValues


def _has_pages(pdf: pikepdf.Pdf) -> bool:
    return len(pdf.pages) > 0 and all(0 < edge <= _MOST_POINTS for edge in _edges(pdf))


def _edges(pdf: pikepdf.Pdf) -> Iterator[float]:
    for page in pdf.pages:
        left, low, right, high = (float(number) for number in page.mediabox)
        yield abs(right - left)
        yield abs(high - low)
