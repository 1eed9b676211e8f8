"""A PDF that could look different elsewhere than on the phone is refused in a request (docs/threat-model.md)."""

import io
import time
from typing import Any, Final

import pikepdf

from mshield.server.content.pdf import MOST_OCTETS, MOST_PAGES, REFUSALS, limit_qpdf, refusal_of
from mshield.server.requests.content_process import refusal_of_pdf
from tests.support import pdfs
from tests.support.application import Application
from tests.support.factories import REQUESTS, document_message
from tests.support.pdfs import bodies, contract, pdf, stream, written
from tests.support.signed_pdfs import dishonest_signed, honest_signed

ANNOTATION: Final = b"/Type /Annot /Rect [60 60 200 90]"
PATCH: Final = b"/Type /XObject /Subtype /Form /BBox [0 0 200 30]"
JAVASCRIPT: Final = b"<< /S /JavaScript /JS (this.getField\\(1\\).hidden = true) >>"
OTHER_LOOK: Final = stream(pdfs.page_text(("Contract 2026-118", "Total: CNY 1000000.00")))
GROUP: Final = b"<< /Type /OCG /Name (second look) >>"
_OBJECT: Final = b"5 0 obj\n" + OTHER_LOOK + b"\nendobj\n"


def link(action: bytes) -> dict[str, bytes]:
    return {
        "page": b"/Annots [90 0 R]",
        "o90": b"<< %s /Subtype /Link /Border [0 0 0] /A %s >>" % (ANNOTATION, action),
    }


def annotation(kind: bytes, more: bytes = b"") -> dict[str, bytes]:
    return {"page": b"/Annots [90 0 R]", "o90": b"<< %s /Subtype /%s %s >>" % (ANNOTATION, kind, more)}


def saved(octets: bytes, **how: Any) -> bytes:
    """Returns the PDF as saved by qpdf."""
    file = io.BytesIO()
    with pikepdf.open(io.BytesIO(octets)) as read:
        read.save(file, **how)
    return file.getvalue()


def honest() -> dict[str, bytes]:
    plain = contract(3)
    added = written({90: b"<< /Type /StructTreeRoot >>"}, onto=plain)
    in_streams = {"object_stream_mode": pikepdf.ObjectStreamMode.generate}
    return {
        "plain": plain,
        "objects in streams": saved(plain, **in_streams),
        "linearized": saved(plain, linearize=True),
        "linearized, objects in streams": saved(plain, linearize=True, **in_streams),
        "a revision that adds, as Word writes": added,
        "opens at a page": pdf(root=b"/OpenAction [4 0 R /Fit]"),
        "opens by an action at a page": pdf(root=b"/OpenAction << /S /GoTo /D [4 0 R /Fit] >>"),
        "links inside": pdf(**link(b"<< /S /GoTo /D [4 0 R /Fit] >>")),
        "links to a page of the web": pdf(**link(b"<< /S /URI /URI (https://example.cn/) >>")),
        "a structure of rows, a font of that name": pdf(
            root=b"/StructTreeRoot << /Type /StructTreeRoot /RoleMap << /TR /TR /PS /P >> >>",
            o90=b"<< /Font << /TR 3 0 R /TR2 3 0 R >> >>",
        ),
        "transfer functions that change nothing": pdf(
            o90=b"<< /Type /ExtGState /TR /Identity /TR2 /Default /OP false /op false /OPM 1 >>"
        ),
        "an ink, and inks of which one isn't printed": pdf(
            o90=b"[[/Separation /All /DeviceCMYK 91 0 R] [/DeviceN [/None /Spot] /DeviceCMYK 91 0 R]]",
        ),
        "an empty list of annotations, and one that isn't there": pdf(page=b"/Annots [99 0 R null]"),
        "an empty form": pdf(root=b"/AcroForm << /Fields [] >>"),
        "a structure": pdf(
            root=b"/StructTreeRoot 90 0 R", o90=b"<< /Type /StructTreeRoot /K << /S /Form >> >>"
        ),
        **honest_signed(),
    }


def dishonest() -> dict[str, tuple[str, bytes]]:
    plain = pdf()
    shadow = written({**bodies(), 90: OTHER_LOOK}, root=1)
    locked = saved(plain, encryption=pikepdf.Encryption(owner="o", user=""))
    shut = saved(plain, encryption=pikepdf.Encryption(owner="o", user="u"))
    packed = saved(plain, object_stream_mode=pikepdf.ObjectStreamMode.generate)
    return {
        "nothing": ("not_pdf", b""),
        "another file": ("not_pdf", b"<html></html>"),
        "something before it": ("not_pdf", b"\n" + plain),
        "a version of its own": ("not_pdf", plain.replace(b"%PDF-1.7", b"%PDF-9.9")),
        "cut off": ("damaged", plain[:-40]),
        "something after it": ("damaged", plain + b"<!-- -->"),
        "its table moved": ("damaged", plain.replace(b"startxref\n", b"startxref\n1")),
        "an object moved": ("damaged", plain.replace(b"0000000009 00000 n", b"0000000011 00000 n")),
        "a key twice": ("damaged", plain.replace(b"/MediaBox", b"/MediaBox [0 0 9 9] /MediaBox")),
        "a stream longer than its declared length": (
            "damaged",
            plain.replace(b"<< /Length ", b"<< /Length 1"),
        ),
        "no pages": (
            "damaged",
            written({1: b"<< /Type /Catalog /Pages 2 0 R >>", 2: b"<< /Type /Pages /Kids [] /Count 0 >>"}),
        ),
        "a page without size": ("damaged", plain.replace(b"[0 0 595 842]", b"[0 0 0 0]")),
        "encrypted, opens without password": ("encrypted", locked),
        "encrypted": ("encrypted", shut),
        "too long": ("too_large", plain + b" " * MOST_OCTETS),
        "too many pages": ("too_large", contract(MOST_PAGES + 1)),
        "a script when it opens": ("javascript", pdf(root=b"/OpenAction " + JAVASCRIPT)),
        "a script by its name": (
            "javascript",
            pdf(root=b"/Names << /JavaScript << /Names [(a) 90 0 R] >> >>", o90=JAVASCRIPT),
        ),
        "a script written in numbers": (
            "javascript",
            pdf(root=b"/OpenAction << /S /J#61vaScript /#4aS (x) >>"),
        ),
        "a script after a link": (
            "javascript",
            pdf(**link(b"<< /S /GoTo /D [4 0 R /Fit] /Next 91 0 R >>"), o91=JAVASCRIPT),
        ),
        "an unreferenced script": ("javascript", pdf(o90=JAVASCRIPT)),
        "XFA": ("xfa", pdf(root=b"/AcroForm << /Fields [] /XFA 90 0 R >>", o90=stream(b"<xdp/>"))),
        "starts a program": ("launch", pdf(**link(b"<< /S /Launch /F (calc.exe) >>"))),
        "sends a form": ("submit", pdf(**link(b"<< /S /SubmitForm /F (https://example.cn) >>"))),
        "takes data": ("submit", pdf(**link(b"<< /S /ImportData /F (x.fdf) >>"))),
        "a link to another file": ("external", pdf(**link(b"<< /S /GoToR /F (other.pdf) /D [0 /Fit] >>"))),
        "a page of another file": (
            "external",
            pdf(
                o90=stream(
                    b"", b"/Type /XObject /Subtype /Form /BBox [0 0 9 9] /Ref << /F (o.pdf) /Page 0 >>"
                )
            ),
        ),
        "a stream in another file": ("external", pdf(o90=stream(b"", b"/F (o.txt)"))),
        "a film": ("rich_media", pdf(**annotation(b"Screen"))),
        "a thing in space": ("rich_media", pdf(**annotation(b"3D", b"/3DD 91 0 R"), o91=stream(b""))),
        "a file in it": ("attachments", pdf(root=b"/Names << /EmbeddedFiles << /Names [] >> >>")),
        "a file pinned to it": ("attachments", pdf(**annotation(b"FileAttachment"))),
        "a collection": ("attachments", pdf(root=b"/Collection << >>")),
        "layers": (
            "optional_content",
            pdf(root=b"/OCProperties << /OCGs [90 0 R] /D << /OFF [90 0 R] >> >>", o90=GROUP),
        ),
        "a layer without list": ("optional_content", pdf(o90=GROUP)),
        "a field": (
            "form",
            pdf(root=b"/AcroForm << /Fields [90 0 R] >>", o90=b"<< /FT /Tx /T (total) /V (100) >>"),
        ),
        "a field that only the page refers to": ("form", pdf(**annotation(b"Widget", b"/FT /Tx /T (total)"))),
        "a field for another signature": (
            "form",
            pdf(root=b"/AcroForm << /Fields [90 0 R] /SigFlags 3 >>", o90=b"<< /FT /Sig /T (s) >>"),
        ),
        "opens another address": (
            "open_action",
            pdf(root=b"/OpenAction << /S /URI /URI (https://example.cn) >>"),
        ),
        "acts when a page is closed": ("open_action", pdf(page=b"/AA << /C << /S /Named /N /Print >> >>")),
        "hides what lies on it": ("action", pdf(**link(b"<< /S /Hide /T (x) >>"))),
        "prints": ("action", pdf(**link(b"<< /S /Named /N /Print >>"))),
        "a note that closes": ("annotation", pdf(**annotation(b"Text", b"/Contents (not 100.00)"))),
        "a patch over the total": ("annotation", pdf(**annotation(b"FreeText", b"/DA (/F1 9 Tf)"))),
        "a link with a face": (
            "annotation",
            pdf(**annotation(b"Link", b"/Border [0 0 0] /AP << /N 91 0 R >>"), o91=stream(b"")),
        ),
        **_annotations_of_no_kind(),
        **_unsound(),
        **_of_devices(),
        "another picture for the printer": (
            "alternates",
            pdf(o90=b"<< /Alternates [ << /Image 91 0 R >> ] >>"),
        ),
        # Shadow attacks (Mainka, Mladenov, Rohlmann 2021): the file has both appearances, and a revision
        # selects one.
        "shadow: hide": ("revisions", written({4: bodies()[4].replace(b"5 0 R", b"90 0 R")}, onto=shadow)),
        "shadow: replace": ("revisions", written({5: OTHER_LOOK}, onto=plain)),
        "shadow: replace the font": (
            "revisions",
            written({3: b"<< /Type /Font /Subtype /Type1 /BaseFont /Courier >>"}, onto=plain),
        ),
        "shadow: hide and replace": (
            "revisions",
            written({90: b"<< /Type /Catalog /Pages 2 0 R >>"}, onto=shadow, root=90),
        ),
        "replaced within a packed list": ("revisions", _update_of(packed)),
        "an object that no table names": ("revisions", written(bodies(), onto=b"%PDF-1.7\n" + _OBJECT)),
        "a whole file before it": (
            "revisions",
            written(bodies(), onto=plain.replace(b"startxref", b"startxreg")),
        ),
        "many revisions": ("revisions", _revised(plain, 5)),
        **dishonest_signed(),
    }


def _annotations_of_no_kind() -> dict[str, tuple[str, bytes]]:
    """Returns PDFs whose patch or border only some of pdfium, MuPDF and Poppler draw."""
    look = {"page": b"/Annots [90 0 R]", "o91": stream(b"1 g 0 0 200 30 re f", PATCH)}
    patch = b"/Type /Annot /AP << /N 91 0 R >>"
    return {
        name: ("annotation", pdf(**look, o90=b"<< %s >>" % entries))
        for name, entries in {
            "a patch of no kind": patch + b" /Rect [60 700 260 760]",
            "a patch of a kind that is no name": patch + b" /Rect [60 700 260 760] /Subtype (Link)",
            "a patch of no place": patch + b" /Subtype /Stamp",
            "a link of no place": b"/Type /Annot /Subtype /Link /Border [0 0 0]",
            "a patch of neither": patch,
            "a link with the usual border": ANNOTATION + b" /Subtype /Link",
            "a link with a border that covers": ANNOTATION + b" /Subtype /Link /Border [0 0 60]",
            "a link with a border by its style": ANNOTATION
            + b" /Subtype /Link /Border [0 0 0] /BS << /W 9 >>",
        }.items()
    } | {
        "an annotation in place of a list": (
            "damaged",
            pdf(page=b"/Annots 90 0 R", o90=b"<< %s /Rect [60 700 260 760] >>" % patch, o91=look["o91"]),
        )
    }


def _unsound() -> dict[str, tuple[str, bytes]]:
    """Returns PDFs that lack something, which some programs make up for and others don't."""
    bar, form = b"60 600 200 50 re f", b"/Type /XObject /Subtype /Form"
    picture = b"/Type /XObject /Subtype /Image /Width 1 /Height 1 /BitsPerComponent 8"
    lacking = bodies()
    lacking[4] = lacking[4].replace(b"/Contents 5 0 R", b"/Contents [5 0 R 99 0 R]")
    return {
        "a text of which a part isn't there": ("damaged", written(lacking)),
        "a text that is no stream": ("damaged", pdf(o5=b"<< >>")),
        "a form without bounds": ("damaged", pdf(o90=stream(bar, form))),
        "a filter of no name": ("damaged", pdf(o90=stream(bar, form + b" /BBox [0 0 9 9] /Filter /Nothing"))),
        "a picture without colours": ("damaged", pdf(o90=stream(b"\0", picture))),
    }


def _of_devices() -> dict[str, tuple[str, bytes]]:
    """Returns PDFs with what only some programs, or only printers, carry out."""
    function = stream(b"{1 exch sub}", b"/FunctionType 4 /Domain [0 1] /Range [0 1]")
    form = b"/Type /XObject /Subtype /Form /BBox [0 0 300 300]"
    return {
        name: ("device", pdf(o90=body, o91=function))
        for name, body in {
            "a transfer function": b"<< /Type /ExtGState /TR 91 0 R >>",
            "another transfer function": b"<< /Type /ExtGState /TR2 [91 0 R 91 0 R 91 0 R 91 0 R] >>",
            "a transfer function of a halftone": b"<< /Type /Halftone /TransferFunction 91 0 R >>",
            "PostScript": stream(b"0 0 300 300 rectfill", b"/Type /XObject /Subtype /PS"),
            "PostScript in a form": stream(b"0 0 300 300 re f", form + b" /Subtype2 /PS"),
            "PostScript beside a form": stream(b"0 0 300 300 re f", form + b" /PS 91 0 R"),
            "overprint": b"<< /Type /ExtGState /OPM 1 /op true >>",
            "overprint of strokes": b"<< /Type /ExtGState /OPM 1 /OP true >>",
            "no ink": b"[/Separation /None /DeviceCMYK 91 0 R]",
            "no inks": b"[/DeviceN [/None /None] /DeviceCMYK 91 0 R]",
        }.items()
    }


def _update_of(packed: bytes) -> bytes:
    """Returns a revision that replaces a page within an object stream, where no object header shows it."""
    with pikepdf.open(io.BytesIO(packed)) as read:
        number = int(read.pages[0].objgen[0])
        root = int(read.trailer.Root.objgen[0])
    return written({number: bodies()[4]}, onto=packed, root=root)


def _revised(octets: bytes, times: int) -> bytes:
    for _ in range(times):
        octets = written({}, onto=octets)
    return octets


def test_honest_pdfs_are_accepted_and_each_attack_is_refused() -> None:
    limit_qpdf()
    for what, octets in honest().items():
        assert refusal_of(octets) is None, what
    attacks = dishonest()
    for what, (reason, octets) in attacks.items():
        assert refusal_of(octets) == reason, what
    assert {reason for reason, _ in attacks.values()} == set(REFUSALS)


async def ask(application: Application, octets: bytes, kind: str) -> tuple[int, dict[str, Any]]:
    documents = [document_message(b"<a/>"), document_message(octets, media_type=kind, format="cms")]
    answer = await application.business("POST", REQUESTS, {"kind": "signature", "documents": documents})
    return answer.status_code, answer.json()


async def test_refused_request_names_reason_and_document(application: Application) -> None:
    assert (await ask(application, contract(2), "application/pdf"))[0] == 201
    for kind, code, reason in (
        ("application/pdf", "invalid_pdf", "javascript"),
        ("application/PDF", "invalid_pdf", "javascript"),
        ("image/png", "invalid_image", "not_an_image"),
    ):
        status, problem = await ask(application, pdf(o90=JAVASCRIPT), kind)
        assert (status, problem["code"], problem["reason"], problem["document"]) == (422, code, reason, 1)


def test_pdf_of_packed_arrays_is_refused_before_its_values_are_read() -> None:
    """Reading the values of this file of 51 kB takes over 5 s."""
    limit_qpdf()
    attack = pdfs.packed_arrays(25, 900_000)
    assert len(attack) < 60_000
    began = time.process_time()
    assert refusal_of(attack) == "too_large"
    assert time.process_time() - began < 1
    assert refusal_of(pdfs.packed_arrays(25, 100)) is None


def test_pdf_of_many_unpacked_values_is_refused() -> None:
    limit_qpdf()
    assert refusal_of(pdf(o90=b"[" + b"0 " * 999_000 + b"]", o91=b"[" + b"<<>>" * 999_000 + b"]")) is None
    attack = {f"o{number}": b"[" + b"0 " * 999_000 + b"]" for number in range(90, 93)}
    assert refusal_of(pdf(**attack)) == "too_large"


async def test_decompression_bomb_is_refused_quickly() -> None:
    began = time.monotonic()
    assert await refusal_of_pdf("customs", pdfs.bomb()) == "damaged"
    assert time.monotonic() - began < 5
    assert await refusal_of_pdf("customs", pdf()) is None
