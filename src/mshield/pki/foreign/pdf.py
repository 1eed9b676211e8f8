"""Signatures in PDF files (ISO 32000-1, 12.8) with SM2: one, which covers the whole file but its own hex string.

All octets but those are signed, so no reader of PDF is needed to verify; what the pages show is another question.
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
"""Octets of a file."""

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
"""Digits of the longest hex string."""

MOST_SIGNATURES: Final = 64
"""In one file."""

_NEAR: Final = 64
"""Octets in which the key of the hex string stands before it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifiedPdf:
    """A signature that is right over the whole file; whether to trust its signer is another question."""

    subfilter: str
    gap: tuple[int, int]
    """Where the hex string stands, with its brackets; all else up to `end` is signed."""

    end: int
    p7: VerifiedP7 = field(repr=False)


def verify_pdf(engine: Engine, file: bytes) -> VerifiedPdf:
    """The signature is right. Raises SignedPdfError with its reason, P7Error, DerError."""
    if len(file) > MAX_PDF or not file.startswith(b"%PDF-"):
        raise SignedPdfError("form", "no PDF, or one that is too long")
    start, end, subfilter = _signature(file, several=False)
    return _verified(engine, file, (start, end), subfilter)


@dataclass(frozen=True, slots=True)
class PdfSignature:
    """The signature that covers a whole file but its gap: as it stands there (DER), and the octets that it covers."""

    gap: tuple[int, int]
    subfilter: str
    cms: bytes = field(repr=False)
    covered: bytes = field(repr=False)


def last_signature(file: bytes) -> PdfSignature:
    """The one that covers the whole file, not verified; there may be others before. Raises SignedPdfError."""
    start, end, subfilter = _signature(file, several=True)
    return PdfSignature(
        (start, end), subfilter, _contents(file[start + 1 : end - 1]), file[:start] + file[end:]
    )


def verify_pdf_revisions(engine: Engine, file: bytes) -> tuple[VerifiedPdf, ...]:
    """All signatures of a file, the first first: each is right over its own revision, the last over the whole file.

    What an earlier one says of later revisions is nothing: `end` of each tells how much of the file it covers. Raises
    as `verify_pdf`.
    """
    if len(file) > MAX_PDF or not file.startswith(b"%PDF-"):
        raise SignedPdfError("form", "no PDF, or one that is too long")
    ends = sorted({int(match[3]) + int(match[4]) for match in _RANGE.finditer(file)})
    if file.count(b"/ByteRange") != len(ends) or not ends or len(ends) > MOST_SIGNATURES:
        raise SignedPdfError("range" if ends else "unsigned", f"{len(ends)} signatures")
    seen = []
    for end in ends:
        revision = file[:end] if end < ends[-1] else file
        if end > len(file):
            raise SignedPdfError("range", "the ByteRange does not cover the file")
        start, stop, subfilter = _signature(revision, several=True)
        seen.append(_verified(engine, revision, (start, stop), subfilter))
    return tuple(seen)


def signed_octets(file: bytes) -> int:
    """How much of a file its last signature says that it covers, of one to which something was added."""
    return max((int(match[3]) + int(match[4]) for match in _RANGE.finditer(file)), default=0)


def _verified(engine: Engine, file: bytes, gap: tuple[int, int], subfilter: str) -> VerifiedPdf:
    start, end = gap
    cms = _contents(file[start + 1 : end - 1])
    read = parse_p7(cms)
    if read.content is not None:
        raise SignedPdfError("contents", "the content stands inside")
    seen = verify_p7(engine, read, content=file[:start] + file[end:])
    if subfilter == CADES:
        _require_named(read, seen)
    return VerifiedPdf(subfilter=subfilter, gap=gap, end=len(file), p7=seen)


def _signature(file: bytes, *, several: bool) -> tuple[int, int, str]:
    """Start and end of the hex string, which is all that the signature doesn't cover, and the signature's kind.

    Of several it is the last one in the file.
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
        raise SignedPdfError("changed", "something follows what is signed")
    _require_contents(file, start, end)
    return start, end, _subfilter(file, (start, end), match.span())


def _require_contents(file: bytes, start: int, end: int) -> None:
    """The gap is the hex string of the Contents and nothing else."""
    if file[start : start + 1] != b"<" or file[end - 1 : end] != b">":
        raise SignedPdfError("range", "the gap is not just the Contents")
    if _CONTENTS.search(file[max(0, start - _NEAR) : start]) is None:
        raise SignedPdfError("range", "the gap is not the Contents")


def _subfilter(file: bytes, gap: tuple[int, int], ranged: tuple[int, int]) -> str:
    """The kind of the signature: the one SubFilter in the object that holds both the gap and the ByteRange."""
    begin = file.rfind(b" obj", 0, min(gap[0], ranged[0]))
    close = file.find(b"endobj", max(gap[1], ranged[1]))
    around = file[begin : gap[0]] + file[gap[1] : close]
    names = _SUBFILTER.findall(around)
    if begin < 0 or close < 0 or b"endobj" in around or len(names) != 1:
        raise SignedPdfError("range", "ByteRange, Contents and SubFilter are not of one signature")
    subfilter: str = names[0].decode("ascii")
    if subfilter not in SUBFILTERS:
        raise SignedPdfError("subfilter", "a kind of signature that is not read")
    return subfilter


def _contents(text: bytes) -> bytes:
    """The DER in the hex string, without the zeros after it."""
    if len(text) > MAX_HEX or _HEX.fullmatch(text) is None:
        raise SignedPdfError("contents", "the Contents are not hex, or too long")
    octets = bytes.fromhex(text.decode("ascii"))
    try:
        cms = Reader(octets).raw(der.SEQUENCE)
    except DerError as error:
        raise SignedPdfError("contents", "the Contents are no signature") from error
    if octets[len(cms) :].strip(b"\x00"):
        raise SignedPdfError("contents", "octets after the signature")
    return cms


def _require_named(read: P7, seen: VerifiedP7) -> None:
    """CAdES: the signed attributes name the signer's certificate by SM3 (RFC 5035)."""
    if read.signing_certificate is None:
        raise SignedPdfError("signing_certificate", "no signing-certificate-v2")
    one = Reader(read.signing_certificate).enter().enter().enter()
    algorithm = one.enter()
    name, digest = algorithm.oid(), one.octets()
    if name != oids.SM3 or digest != sm3(seen.certificate.der):
        raise SignedPdfError("signing_certificate", "signing-certificate-v2 names another certificate")
