"""A signature that stands in a PDF: what is signed of the file, and how the signature comes into it (docs/formats.md).

A content and its update are one file, whose signature covers all but a gap in the update. The signed attributes are
content type, SM3 of what is covered, for CAdES SM3 of the signer's certificate, and where it is asked for the display.
"""

import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import Final, Literal, NamedTuple

from mshield.gm.sm3 import sm3
from mshield.pki.asn1 import der, oids
from mshield.pki.asn1.frame import DIGEST_ALGORITHM
from mshield.pki.asn1.reader import Reader
from mshield.pki.errors import CmsError
from mshield.pki.signatures.signed_attributes import read_attribute

PdfSignature = Literal["rfc", "gb35275", "cades"]
"""The signature's types: RFC 5652's, GB/T 35275's, or RFC 5652's with the signer's certificate named."""

SUBFILTERS: Final[dict[PdfSignature, str]] = {
    "rfc": "adbe.pkcs7.detached",
    "gb35275": "adbe.pkcs7.detached",
    "cades": "ETSI.CAdES.detached",
}

DIGEST_BYTES: Final = 32
_DATA: Final[dict[PdfSignature, str]] = {
    "rfc": oids.CMS_DATA,
    "gb35275": oids.GB_DATA,
    "cades": oids.CMS_DATA,
}
_WHITE: Final = rb"[\x00\t\n\f\r ]"
_RANGE: Final = re.compile(
    rb"/ByteRange" + _WHITE + rb"*\[" + (_WHITE + rb"*([0-9]{1,10})" + _WHITE) * 3 + _WHITE + rb"*([0-9]{1,10})"
    + _WHITE + rb"*\]"
)  # fmt: skip
_CONTENTS: Final = re.compile(rb"/Contents" + _WHITE + rb"*\Z")
_ONCE: Final = (b"/ByteRange", b"startxref", b"%%EOF")
_NEAR: Final = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class PdfAttributes:
    """`message_digest` is SM3 of all of the file but the gap, `certificate` SM3 of the signer's; 32 bytes each.

    `display` is SM3 of `display_bytes`, under `display_oid`; None where it isn't bound, `certificate` but for CAdES.
    """

    kind: PdfSignature
    message_digest: bytes
    certificate: bytes | None = None
    display: bytes | None = None
    display_oid: str = oids.DISPLAY_DIGEST

    @property
    def signing_time(self) -> int | None:
        """None: the time stands in the file."""
        return None

    def encode(self) -> bytes:
        """M: the DER of the SET OF the attributes. ValueError where the certificate is missing or too many."""
        if (self.kind == "cades") != (self.certificate is not None):
            raise ValueError("CAdES names the signer's certificate, and nothing else does")
        more = []
        if self.certificate is not None:
            named = der.sequence(DIGEST_ALGORITHM, der.octet_string(self.certificate))
            more.append((oids.SIGNING_CERTIFICATE_V2, der.sequence(der.sequence(named))))
        if self.display is not None:
            more.append((self.display_oid, der.octet_string(self.display)))
        pairs = (
            (oids.CONTENT_TYPE, der.oid(_DATA[self.kind])),
            (oids.MESSAGE_DIGEST, der.octet_string(self.message_digest)),
            *more,
        )
        return der.set_of(*(der.sequence(der.oid(oid), der.set_of(value)) for oid, value in pairs))


def parse_pdf_attributes(
    message: bytes, kind: PdfSignature, *, display_oids: Collection[str]
) -> PdfAttributes:
    """The attributes that M encodes. DerError or CmsError for anything but their one form.

    A display may stand under one of `display_oids`, the reader's own.
    """
    reader = Reader(message)
    values = dict(read_attribute(element) for element in reader.set_of())
    reader.end()
    displays = [oid for oid in display_oids if oid in values]
    if len(displays) > 1:
        raise CmsError("more than one display")
    named = values.get(oids.SIGNING_CERTIFICATE_V2)
    attributes = PdfAttributes(
        kind=kind,
        message_digest=_octets(values.get(oids.MESSAGE_DIGEST, b"")),
        certificate=None if named is None else named[-DIGEST_BYTES:],
        display=_octets(values[displays[0]]) if displays else None,
        display_oid=displays[0] if displays else oids.DISPLAY_DIGEST,
    )
    if (kind == "cades") != (named is not None) or attributes.encode() != message:
        raise CmsError("other signed attributes than this kind of signature has")
    return attributes


class Gap(NamedTuple):
    """Where the signature's hex string stands, with its brackets; all else of the file is signed."""

    start: int
    end: int


def gap_in(content: bytes, update: bytes) -> Gap:
    """The gap of a file that is ready to be signed: its content and the update to it.

    Raises CmsError unless the update is one, and its one ByteRange leaves out a hex string of zeros and nothing else.
    """
    if any(update.count(word) != 1 for word in _ONCE):
        raise CmsError("the update is not one, with one signature")
    match = _RANGE.search(update)
    size = len(content) + len(update)
    if match is None:
        raise CmsError("the ByteRange is not four numbers")
    first, start, end, rest = map(int, match.groups())
    if first or not len(content) < start < end < size or end + rest != size:
        raise CmsError("the ByteRange does not cover the file")
    own = update[start - len(content) : end - len(content)]
    before = update[max(0, start - len(content) - _NEAR) : start - len(content)]
    zeros = own[1:-1]
    if own[:1] + own[-1:] != b"<>" or zeros.strip(b"0") or len(zeros) % 2 or not _CONTENTS.search(before):
        raise CmsError("the gap is not just the Contents")
    return Gap(start, end)


def covered_digest(content: bytes, update: bytes) -> bytes:
    """SM3 of all of the file but the gap. Raises as `gap_in`."""
    start, end = gap_in(content, update)
    return sm3(content + update[: start - len(content)] + update[end - len(content) :])


def finished(content: bytes, update: bytes, cms: bytes) -> bytes:
    """The signed file: the signature (DER) in the gap. Raises as `gap_in`, and where it is too long."""
    start, end = gap_in(content, update)
    room = end - start - 2
    text = cms.hex().encode()
    if len(text) > room:
        raise CmsError("the signature is longer than its gap")
    return b"".join(
        (
            content,
            update[: start + 1 - len(content)],
            text.ljust(room, b"0"),
            update[end - 1 - len(content) :],
        )
    )


def fits(content: bytes, update: bytes, cms: bytes) -> bool:
    """Whether the signature is no longer than the gap. Raises as `gap_in`."""
    start, end = gap_in(content, update)
    return 2 * len(cms) <= end - start - 2


def _octets(value: bytes) -> bytes:
    reader = Reader(value)
    octets = reader.octets()
    reader.end()
    if len(octets) != DIGEST_BYTES:
        raise CmsError("an SM3 digest has 32 bytes")
    return octets
