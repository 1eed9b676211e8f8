"""Whether a PDF always looks as it does now: it is refused if a viewer, a reader or a later day can change that.

qpdf reads it, by pikepdf, and mends nothing: a file that needs mending is shown differently by different programs. The
objects are read and the streams of pages and pictures aren't, so that no page has to be drawn here. Not judged is what
drawing alone would tell: fonts that aren't inside, text in the colour of its ground, what lies beyond a page's edge.
"""

import io
import re
from collections.abc import Iterator
from typing import Final, Literal

import pikepdf

from mshield.content.pdf_objects import PDF_FAULTS, Objects, PdfFault
from mshield.content.pdf_revisions import hides_objects

MOST_OCTETS: Final = 20 * 1024 * 1024
MOST_PAGES: Final = 500
MOST_OBJECTS: Final = 100_000
_MOST_POINTS: Final = 14_400
"""A page's edge, the most that the standard's readers need to take."""
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
    """Bounds what qpdf unpacks in this process: lists of objects and references, whose size a file may lie about."""
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
    """Why it is refused, the gravest reason; None where it is as it must be."""
    if len(octets) > MOST_OCTETS:
        return "too_large"
    if _BEGIN.match(octets) is None:
        return "not_pdf"
    if _END.search(octets, len(octets) - _TAIL) is None:
        return "damaged"
    try:
        with _opened(octets) as pdf:
            return _refusal(pdf, octets)
    except pikepdf.PasswordError:
        return "encrypted"
    except (pikepdf.PdfError, pikepdf.ForeignObjectError, ValueError, TypeError, KeyError, RuntimeError):
        return "damaged"


def _opened(octets: bytes) -> pikepdf.Pdf:
    return pikepdf.open(io.BytesIO(octets), attempt_recovery=False, inherit_page_attributes=False)


def _refusal(pdf: pikepdf.Pdf, octets: bytes) -> Refusal | None:
    if pdf.is_encrypted:
        return "encrypted"
    if len(pdf.get_xref_table()) > MOST_OBJECTS or len(pdf.pages) > MOST_PAGES:
        return "too_large"
    objects = Objects(pdf)
    faults = set(objects.faults())
    for fault in PDF_FAULTS:
        if fault in faults:
            return fault
    if not _has_pages(pdf) or pdf.get_warnings():
        return "damaged"
    return "revisions" if hides_objects(pdf, objects, octets, _opened) else None


def _has_pages(pdf: pikepdf.Pdf) -> bool:
    return len(pdf.pages) > 0 and all(0 < edge <= _MOST_POINTS for edge in _edges(pdf))


def _edges(pdf: pikepdf.Pdf) -> Iterator[float]:
    for page in pdf.pages:
        left, low, right, high = (float(number) for number in page.mediabox)
        yield abs(right - left)
        yield abs(high - low)
