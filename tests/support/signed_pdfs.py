"""Signed PDFs: honest ones, and ones that hide a change behind a signature. No signature is a real one."""

import re
from typing import Final

from mshield.server.content.pdf_order import Seal, Update
from mshield.server.content.pdf_update import prepared
from tests.support.pdfs import bodies, contract, page_text, pdf, stream, written

_SEAL: Final = Seal(name="李明", number="MS12345678901", time="2026-11-28 21:14:05 +08:00")
_FIELD: Final = b"/FT /Sig /T (s) /V 91 0 R"
_LOOK: Final = b"/Type /Annot /Subtype /Widget /F 132 /Rect [60 60 200 90] /AP << /N 92 0 R >>"
_SHOWN: Final = stream(b"", b"/Type /XObject /Subtype /Form /BBox [0 0 9 9]")


def signed(octets: bytes, *, field: str = "s1") -> bytes:
    """Appends an update like the service's, without the signature itself."""
    update = Update(
        field=field,
        subfilter="adbe.pkcs7.detached",
        reason="",
        time="D:20261128211405+08'00'",
        room=64,
        seal=_SEAL,
    )
    return octets + prepared(octets, update)


def by_others(
    onto: bytes | None = None,
    *,
    field: bytes = _FIELD + _LOOK,
    signature: bytes = b"",
    root: bytes = b"",
    form: bytes = b"",
    page: bytes = b"",
    **more: bytes,
) -> bytes:
    """Returns a contract with another party's signing update, or something similar, with extra entries."""
    plain = bodies()
    update = {
        1: plain[1].replace(
            b" >>", b" /AcroForm << /Fields [90 0 R] /SigFlags 3 " + form + b" >> " + root + b" >>"
        ),
        4: plain[4].replace(b" /Resources", b" /Annots [90 0 R] " + page + b" /Resources"),
        90: b"<< " + field + b" >>",
        91: b"<< /Type /Sig /ByteRange [0 XXXXXXXXXX XXXXXXXXXX XXXXXXXXXX] /Contents <%s> %s >>"
        % (b"00" * 64, signature),
        92: _SHOWN,
    } | {int(name[1:]): body for name, body in more.items()}
    return covered(written(update, onto=contract(1) if onto is None else onto))


def covered(octets: bytes) -> bytes:
    """Fills in the ByteRange, with everything covered except the last gap."""
    start = octets.rindex(b"/Contents <") + len(b"/Contents ")
    end = octets.index(b">", start) + 1
    numbers = b"[0 %010d %010d %010d]" % (start, end, len(octets) - end)
    return re.sub(rb"\[0 (?:X{10} ?){3}\]", numbers, octets)


def honest_signed() -> dict[str, bytes]:
    once = signed(contract(2))
    return {
        "signed by us": once,
        "signed by three": signed(signed(once, field="s2"), field="s3"),
        "signed by another": by_others(),
        "signed by another, then by us": signed(by_others(), field="s2"),
        "certified, and to be signed": by_others(signature=certification(2)),
        "signed with other words about the file": _as_info(b"<< /Producer (two) >>", number=80),
        "signed on a page that is turned": signed(pdf(page=b"/Rotate 270")),
        "signed without a look": by_others(
            field=_FIELD + b"/Type /Annot /Subtype /Widget /F 2 /Rect [0 0 0 0]"
        ),
        "signed behind a revision that adds": signed(
            written({80: b"<< /Type /StructTreeRoot >>"}, onto=contract(1))
        ),
    }


def certification(allowed: int) -> bytes:
    return (
        b"/Reference [<< /Type /SigRef /TransformMethod /DocMDP"
        b" /TransformParams << /Type /TransformParams /V /1.2 /P %d >> >>]" % allowed
    )


def dishonest_signed() -> dict[str, tuple[str, bytes]]:
    once, other = signed(contract(1)), stream(page_text(("Total: CNY 1000000.00",)))
    plain = bodies()
    moved = plain[4].replace(b"5 0 R", b"95 0 R").replace(b" /Resources", b" /Annots [90 0 R] /Resources")
    patch = b"<< /Type /Annot /Subtype /Widget /F 4 /Rect [0 0 595 842] /FT /Tx /T (t) /AP << /N 92 0 R >> >>"
    return {
        "certified against changes": ("certified", by_others(signature=certification(1))),
        "certified by rights of a vendor": ("certified", by_others(root=b"/Perms << /UR3 91 0 R >>")),
        "locked against changes": ("certified", by_others(field=_FIELD + _LOOK + b"/Lock << /P 1 >>")),
        "a signature that brings another text": ("revisions", by_others(o5=other)),
        "a signature that brings another font": (
            "revisions",
            by_others(o3=b"<< /Type /Font /Subtype /Type1 /BaseFont /Courier >>"),
        ),
        "a signature that moves the page to another text": ("revisions", by_others(o4=moved, o95=other)),
        "a signature that turns the page": ("revisions", by_others(page=b"/Rotate 180")),
        "a signature that turns all pages": (
            "revisions",
            by_others(o2=b"<< /Type /Pages /Count 1 /Kids [4 0 R] /Rotate 180 >>"),
        ),
        "a signature that opens elsewhere": ("revisions", by_others(root=b"/OpenAction [4 0 R /Fit]")),
        "a text as words about the file": ("revisions", _as_info(other)),
        "a font as words about the file": ("revisions", _as_info(b"<< /BaseFont (Courier) >>", number=3)),
        "changed behind the last signature": ("revisions", written({5: other}, onto=once)),
        "added behind the last signature": ("revisions", written({95: other}, onto=once)),
        "a signature of nothing": (
            "revisions",
            by_others(o91=b"<< /Type /Sig /ByteRange [0 1 2 3] /Contents <00> >>"),
        ),
        "a signature with a wide gap": (
            "revisions",
            re.sub(rb"\[0 (\d{10})", lambda match: b"[0 %010d" % (int(match[1]) - 4), by_others()),
        ),
        "a field that looks different on paper": (
            "form",
            by_others(field=_FIELD + _LOOK.replace(b"/F 132", b"/F 36")),
        ),
        "a field that is not printed": (
            "form",
            by_others(field=_FIELD + _LOOK.replace(b"/F 132", b"/F 128")),
        ),
        "a field with two looks": (
            "form",
            by_others(field=_FIELD + _LOOK.replace(b"/N 92 0 R", b"/N << /On 92 0 R /Off 92 0 R >>")),
        ),
        "an unsigned field": ("form", by_others(field=_LOOK + b"/FT /Sig /T (s)")),
        "a form beside the signature": (
            "form",
            by_others(o95=patch),
        ),
        "a field that says it is drawn anew": ("form", by_others(form=b"/NeedAppearances true")),
        "a script in a signature's field": (
            "javascript",
            by_others(field=_FIELD + _LOOK + b"/AA << /E << /S /JavaScript /JS (x) >> >>"),
        ),
        "a note beside the signature": (
            "annotation",
            by_others(o95=b"<< /Type /Annot /Subtype /FreeText /Rect [0 0 9 9] >>"),
        ),
    }


def _as_info(body: bytes, *, number: int = 5) -> bytes:
    """Makes a signing update that replaces an object which it also declares as document information."""
    first = written(bodies() | {80: b"<< /Producer (one) >>"})
    first = first.replace(b"/Root", b"/Info %d 0 R /Root" % number)
    update = by_others(first, **{f"o{number}": body})
    begin = update.rindex(b"trailer")
    blank = re.sub(rb"\[0 \d{10} \d{10} \d{10}\]", b"[0 XXXXXXXXXX XXXXXXXXXX XXXXXXXXXX]", update[:begin])
    return covered(blank + update[begin:].replace(b"/Root", b"/Info %d 0 R /Root" % number))
