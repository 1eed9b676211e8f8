"""Reads a file signed by others: a P7, an XML or a PDF, or a separate part of one, recognised by its bytes."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, Literal

from mshield.gm.engine import Engine
from mshield.pki.asn1 import oids
from mshield.pki.errors import DerError, P7Error, SignedPdfError
from mshield.pki.foreign.certificate import ForeignCertificate
from mshield.pki.foreign.p7 import Form, VerifiedP7, verify_p7
from mshield.pki.foreign.p7_file import MAX_P7, PART_LABELS, octets_of_file
from mshield.pki.foreign.pdf import signed_octets, verify_pdf_revisions
from mshield.pki.foreign.shape import shape_of
from mshield.pki.foreign.xml import verify_xml
from mshield.wire.shield_number import PATTERN

Kind = Literal["p7", "xml", "pdf"]
PartKind = Literal["time_stamp", "certificate", "crl", "ocsp"]
"""Kinds of parts that are verified on their own."""

Words = tuple[str, str]
"""Text in Chinese and in English."""

Line = tuple[Words, Words]
"""Label and value of an output line."""

_ARCS: Final = {"gb": "GB/T 35275", "rfc": "RFC 5652"}
_FORMAT: Final = ("格式", "format")
_ALGORITHM: Final = ("签名算法", "algorithm")
_COMMENTS: Final = (
    ("注释", "comments"),
    (
        "文件里有注释；注释没有签名，谁都能加，不要当作内容",
        "the file has some; comments aren't signed and anybody can add them, so don't rely on them",
    ),
)
_CERTIFICATES: Final = b"-----BEGIN CERTIFICATE-----"
_HEAD: Final = 1024
"""Number of bytes that identify the kind of a file."""


_ID_NUMBER: Final = re.compile(r"(?<![0-9])([0-9]{6})[0-9]{8}([0-9]{3}[0-9Xx])(?![0-9])")
"""Resident id number, whose birth date is masked."""


def masked(text: str) -> str:
    """Returns a name with the birth date in an id number masked."""
    return _ID_NUMBER.sub(r"\1********\2", text)


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """A correct signature. `facts` are for scripts, `lines` for people; `content` is the signed content.

    `others` are certificates (DER) that came with the signer's.
    """

    kind: Kind
    certificate: ForeignCertificate
    others: tuple[bytes, ...] = ()
    content: bytes = field(repr=False)
    facts: Mapping[str, object]
    lines: tuple[Line, ...]
    is_weak: bool = False
    """Whether the digest can be forged, so that the signature proves nothing."""


def other_kind(file: Path | None) -> Kind | PartKind | None:
    """Returns the kind of a file; None if it doesn't exist, or can't be a signature of other software."""
    return kind_of(file) if file is not None and file.is_file() else None


def kind_of(file: Path) -> Kind | PartKind | None:
    """Returns the kind that a file appears to be; None for JSON and other files that can't be such a signature."""
    with file.open("rb") as opened:
        head = opened.read(_HEAD)
    if head.startswith(b"%PDF-"):
        return "pdf"
    begin = head.removeprefix(b"\xef\xbb\xbf").lstrip()[:1]
    if begin == b"<":
        return "xml"
    # DER, PEM, and base64 of DER, which begins with the byte 0x30.
    return _kind_in(file) if begin in {b"\x30", b"-", b"M"} else None


def _kind_in(file: Path) -> Kind | PartKind:
    """Returns the kind by the content; anything unrecognised is treated as a P7, whose reader reports the error."""
    if file.stat().st_size > MAX_P7:
        return "p7"
    data = file.read_bytes()
    if data.lstrip().startswith(_CERTIFICATES):
        return "certificate"
    try:
        return shape_of(octets_of_file(data, PART_LABELS)) or "p7"
    except P7Error:
        return "p7"


def read_foreign(
    engine: Engine,
    kind: Kind,
    data: bytes,
    *,
    content: bytes | None,
    beside: list[ForeignCertificate],
    form: Form,
) -> Seen:
    """Verifies the signature by itself; `content`, `form` and the certificates `beside` are only for a P7.

    Raises: P7Error, XmlError, SignedPdfError (each with its reason).
    """
    if kind == "p7":
        return _p7(engine, data, content=content, beside=beside, form=form)
    return _OF_KIND[kind](engine, data)


def _p7(
    engine: Engine, data: bytes, *, content: bytes | None, beside: list[ForeignCertificate], form: Form
) -> Seen:
    try:
        seen = verify_p7(engine, data, content=content, beside=beside, form=form)
    except DerError as error:
        raise P7Error("form", str(error)) from error
    arc = _ARCS[seen.arc]
    location = ("原文在文件外", "detached") if seen.detached else ("含原文", "with its content")
    text = (f"{arc}, {location[0]}", f"{arc}, {location[1]}")
    return _of_p7("p7", seen, seen.content, {}, (_FORMAT, text))


def _pdf(engine: Engine, data: bytes) -> Seen:
    try:
        *earlier, seen = verify_pdf_revisions(engine, data)
    except DerError as error:
        raise SignedPdfError("contents", str(error)) from error
    except SignedPdfError as error:
        if error.reason == "changed":  # the signed part can be examined by itself
            error.extra = {**error.extra, "signed_octets": signed_octets(data)}
        raise
    before = [{"signer": _common_name(one.p7.certificate), "octets": one.end} for one in earlier]
    facts = {"subfilter": seen.subfilter, "gap": list(seen.gap), "earlier": before}
    format_name = f"PDF, {seen.subfilter}, {_ARCS[seen.p7.arc]}"
    result = _of_p7("pdf", seen.p7, seen.p7.content, facts, (_FORMAT, _same(format_name)))
    lines = [
        (
            ("更早的签名", "an earlier signature"),
            (
                f"{one['signer']}，密码学上正确，只覆盖文件的前 {one['octets']} 字节；证书未核对",
                f"{one['signer']}, valid for the first {one['octets']} octets; the certificate wasn't checked",
            ),
        )
        for one in before
    ]
    return replace(result, lines=(*result.lines, *lines))


def _common_name(certificate: ForeignCertificate) -> str:
    names = [value for kind, value in certificate.subject.attributes if kind == oids.COMMON_NAME]
    return masked(names[0]) if names else "?"


def _of_p7(kind: Kind, seen: VerifiedP7, content: bytes, facts: Mapping[str, object], line: Line) -> Seen:
    form = "r‖s" if seen.raw_value else "DER"
    lines: list[Line] = [
        line,
        (("签名属性", "signed attributes"), ("有", "yes") if seen.attributes else ("无", "none")),
        (_ALGORITHM, _same(f"{seen.algorithm}, {form}")),
    ]
    claimed = None if seen.signing_time is None else iso(seen.signing_time)
    if claimed is not None:
        said = (
            f"{claimed} (签名人自称的时间，未经证实)",
            f"{claimed} (claimed by the signer, not proven)",
        )
        lines.append((("签名时间", "signing time"), said))
    if seen.display is not None:
        lines.append((("展示内容", "display"), ("有，未对照", "bound, not compared")))
    return Seen(
        kind=kind,
        certificate=seen.certificate,
        others=tuple(seen.others),
        content=content,
        facts={
            "arc": seen.arc,
            "attributes": seen.attributes,
            "detached": seen.detached,
            "algorithm": seen.algorithm,
            "raw_value": seen.raw_value,
            "signing_time": claimed,
            "display": None if seen.display is None else seen.display.hex(),
            **facts,
        },
        lines=tuple(lines),
    )


def _xml(engine: Engine, data: bytes) -> Seen:
    seen = verify_xml(engine, data, number=PATTERN, legacy=True)
    named = f"XML Signature, {'Exclusive C14N' if seen.exclusive else 'C14N 1.0'}"
    claimed = f"{seen.key_name} (没有签名，谁都能改)", f"{seen.key_name} (not signed: anybody can change it)"
    lines: list[Line] = [
        (_FORMAT, _same(named)),
        (_ALGORITHM, _same(seen.method)),
        (("密钥名", "key name"), claimed),
    ]
    if seen.has_comments:
        lines.append(_COMMENTS)
    return Seen(
        kind="xml",
        certificate=seen.certificate,
        content=seen.content,
        is_weak=seen.weak,
        facts={
            "method": seen.method,
            "exclusive": seen.exclusive,
            "key_name": seen.key_name,
            "comments": seen.has_comments,
        },
        lines=tuple(lines),
    )


_OF_KIND: Final[Mapping[Kind, Callable[[Engine, bytes], Seen]]] = {"pdf": _pdf, "xml": _xml}


def _same(text: str) -> Words:
    return text, text


def iso(ms: int) -> str:
    """Formats a time in ms, in UTC."""
    return datetime.fromtimestamp(ms / 1000, UTC).isoformat()
