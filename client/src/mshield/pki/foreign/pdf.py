"""SM2 signatures in PDF files (ISO 32000-1, 12.8) that cover the whole file except their own hex string.

All other octets are signed, so verifying needs no PDF parser; what the pages show is another question.
"""

import re
from dataclasses import dataclass, field
from typing import Final

from mshield.gm.engine import Engine
from mshield.gm.sm3 import sm3
from mshield.pki.asn1 import der, oids
from mshield.pki.asn1.reader import Reader
from mshield.pki.errors import DerError, SignedPdfError
from mshield.pki.foreign.p7 import P7, VerifiedP7, parse_p7, verify_p7

MAX_PDF: Final = 64 * 1024 * 1024
"""Limit on a file's size in octets."""

CADES: Final = "ETSI.CAdES.detached"
SUBFILTERS: Final = frozenset({"adbe.pkcs7.detached", CADES})
_WHITE: Final = rb"[\x00\t\n\f\r ]"
_RANGE: Final = re.compile(
    rb"/ByteRange" + _WHITE + rb"*\[" + (_WHITE + rb"*([0-9]{1,10})" + _WHITE) * 3 + _WHITE + rb"*([0-9]{1,10})"
    + _WHITE + rb"*\]"
)  # fmt: skip
_SUBFILTER: Final = re.compile(rb"/SubFilter" + _WHITE + rb"*/([A-Za-z0-9._-]{1,64})")
_CONTENTS: Final = re.compile(rb"/Contents" + _WHITE + rb"*\Z")
_HEX: Final = re.compile(rb"(?:[0-9A-Fa-f]{2})+")
MAX_HEX: Final = 2 * 1024 * 1024
"""Limit on the digits of the hex string."""

MOST_SIGNATURES: Final = 64
"""Maximum number of signatures in one file."""

_NEAR: Final = 64
"""Distance in octets before the hex string within which its key `/Contents` must be."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifiedPdf:
    """A valid signature over the whole file; whether to trust its signer is another question."""

    subfilter: str
    gap: tuple[int, int]
    """Start and end of the hex string, brackets included; everything else up to `end` is signed."""

    end: int
    p7: VerifiedP7 = field(repr=False)


def verify_pdf(engine: Engine, file: bytes) -> VerifiedPdf:
    """Verifies a file's only signature. Raises: SignedPdfError, P7Error, DerError."""
    if len(file) > MAX_PDF or not file.startswith(b"%PDF-"):
        raise SignedPdfError("form", "not a PDF, or too long")
    start, end, subfilter = _signature(file, several=False)
    return _verify(engine, file, (start, end), subfilter)


@dataclass(frozen=True, slots=True)
class PdfSignature:
    """A signature that covers a whole file except its gap: its DER (`cms`), and the octets it covers."""

    gap: tuple[int, int]
    subfilter: str
    cms: bytes = field(repr=False)
    covered: bytes = field(repr=False)


def last_signature(file: bytes) -> PdfSignature:
    """Returns the signature that covers the whole file, not verified; earlier ones may exist.

    Raises: SignedPdfError.
    """
    start, end, subfilter = _signature(file, several=True)
    return PdfSignature(
        (start, end), subfilter, _contents(file[start + 1 : end - 1]), file[:start] + file[end:]
    )


def verify_pdf_revisions(engine: Engine, file: bytes) -> tuple[VerifiedPdf, ...]:
    """Verifies all signatures of a file, in order: each covers its own revision, the last one the whole file.

    An earlier signature says nothing about later revisions: each one's `end` is the part of the file that it
    covers. Raises: as `verify_pdf`.
    """
    if len(file) > MAX_PDF or not file.startswith(b"%PDF-"):
        raise SignedPdfError("form", "not a PDF, or too long")
    ends = sorted({int(match[3]) + int(match[4]) for match in _RANGE.finditer(file)})
    if file.count(b"/ByteRange") != len(ends) or not ends or len(ends) > MOST_SIGNATURES:
        raise SignedPdfError("range" if ends else "unsigned", f"{len(ends)} signatures")
    seen = []
    for end in ends:
        revision = file[:end] if end < ends[-1] else file
        if end > len(file):
            raise SignedPdfError("range", "the ByteRange does not cover the file")
        start, stop, subfilter = _signature(revision, several=True)
        seen.append(_verify(engine, revision, (start, stop), subfilter))
    return tuple(seen)


def signed_octets(file: bytes) -> int:
    """Returns how many octets of the file its signatures claim to cover; more may have been appended since."""
    return max((int(match[3]) + int(match[4]) for match in _RANGE.finditer(file)), default=0)


def _verify(engine: Engine, file: bytes, gap: tuple[int, int], subfilter: str) -> VerifiedPdf:
    start, end = gap
    cms = _contents(file[start + 1 : end - 1])
    read = parse_p7(cms)
    if read.content is not None:
        raise SignedPdfError("contents", "the content is included in the signature")
    seen = verify_p7(engine, read, content=file[:start] + file[end:])
    if subfilter == CADES:
        _require_signing_certificate(read, seen)
    return VerifiedPdf(subfilter=subfilter, gap=gap, end=len(file), p7=seen)


def _signature(file: bytes, *, several: bool) -> tuple[int, int, str]:
    """Returns start and end of the hex string, the only part that isn't signed, and the signature's kind.

    With `several`, reads the last signature in the file.
    """
    count = file.count(b"/ByteRange")
    if not count or (count > 1 and not several):
        raise SignedPdfError("several" if count else "unsigned", f"{count} signatures")
    match = _RANGE.match(file, file.rfind(b"/ByteRange"))
    if match is None:
        raise SignedPdfError("range", "the ByteRange is not four numbers")
    first, start, end, rest = map(int, match.groups())
    if first or not 0 < start < end < len(file) or not rest:
        raise SignedPdfError("range", "the ByteRange does not cover the file")
    if end + rest != len(file):
        raise SignedPdfError("changed", "the file continues after the signed part")
    _require_contents(file, start, end)
    return start, end, _subfilter(file, (start, end), match.span())


def _require_contents(file: bytes, start: int, end: int) -> None:
    """Checks that the gap is exactly the hex string of the Contents."""
    if file[start : start + 1] != b"<" or file[end - 1 : end] != b">":
        raise SignedPdfError("range", "the gap contains more than the Contents")
    if _CONTENTS.search(file[max(0, start - _NEAR) : start]) is None:
        raise SignedPdfError("range", "the gap is not the Contents")


def _subfilter(file: bytes, gap: tuple[int, int], ranged: tuple[int, int]) -> str:
    """Returns the signature's kind: the only SubFilter in the object that has both the gap and the ByteRange."""
    begin = file.rfind(b" obj", 0, min(gap[0], ranged[0]))
    close = file.find(b"endobj", max(gap[1], ranged[1]))
    around = file[begin : gap[0]] + file[gap[1] : close]
    names = _SUBFILTER.findall(around)
    if begin < 0 or close < 0 or b"endobj" in around or len(names) != 1:
        raise SignedPdfError("range", "ByteRange, Contents and SubFilter don't belong to one signature")
    subfilter: str = names[0].decode("ascii")
    if subfilter not in SUBFILTERS:
        raise SignedPdfError("subfilter", "unsupported kind of signature")
    return subfilter


def _contents(text: bytes) -> bytes:
    """Decodes the hex string to DER, without the zeros after it."""
    if len(text) > MAX_HEX or _HEX.fullmatch(text) is None:
        raise SignedPdfError("contents", "the Contents are not hex, or too long")
    octets = bytes.fromhex(text.decode("ascii"))
    try:
        cms = Reader(octets).raw(der.SEQUENCE)
    except DerError as error:
        raise SignedPdfError("contents", "the Contents are not a signature") from error
    if octets[len(cms) :].strip(b"\x00"):
        raise SignedPdfError("contents", "extra octets after the signature")
    return cms


def _require_signing_certificate(read: P7, seen: VerifiedP7) -> None:
    """Checks, for CAdES, that the signed attributes name the signer's certificate by SM3 (RFC 5035)."""
    if read.signing_certificate is None:
        raise SignedPdfError("signing_certificate", "no signing-certificate-v2")
    one = Reader(read.signing_certificate).enter().enter().enter()
    algorithm = one.enter()
    name, digest = algorithm.oid(), one.octets()
    if name != oids.SM3 or digest != sm3(seen.certificate.der):
        raise SignedPdfError("signing_certificate", "signing-certificate-v2 names another certificate")
