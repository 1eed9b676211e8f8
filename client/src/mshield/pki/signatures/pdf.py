"""Signature inside a PDF: what is signed of the file, and how the signature is inserted (docs/formats.md).

A content and its update form one file, whose signature covers all of it except a gap in the update. The
signed attributes are content type, SM3 of what is covered, for CAdES SM3 of the signer's certificate, and on
request the display.
"""

import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import Final, Literal, NamedTuple

from mshield.gm.sm3 import sm3
from mshield.pki.asn1 import der, oids
from mshield.pki.asn1.arcs import DISPLAY_OID
from mshield.pki.asn1.frame import DIGEST_ALGORITHM
from mshield.pki.asn1.reader import Reader
from mshield.pki.errors import CmsError
from mshield.pki.signatures.signed_attributes import read_attribute

PdfSignature = Literal["rfc", "gb35275", "cades"]
"""Types of the signature: RFC 5652's, GB/T 35275's, or RFC 5652's with the signer's certificate named."""

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
    """Signed attributes of a PDF. `message_digest` is SM3 of all of the file except the gap (32 bytes).

    `certificate` is SM3 of the signer's certificate, None except for CAdES. `display` is SM3 of
    `display_bytes`, stored under `display_oid`; None if it isn't bound.
    """

    kind: PdfSignature
    message_digest: bytes
    certificate: bytes | None = None
    display: bytes | None = None
    display_oid: str = DISPLAY_OID

    @property
    def signing_time(self) -> int | None:
        """Always None: the time is in the file."""
        return None

    def encode(self) -> bytes:
        """Encodes M: the SET OF the attributes. Raises: ValueError unless exactly CAdES has the certificate."""
        if (self.kind == "cades") != (self.certificate is not None):
            raise ValueError("only CAdES names the signer's certificate, and it must")
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
    """Parses the attributes encoded in M. Raises: DerError, CmsError for anything but their only form.

    A display may have one of `display_oids`, which the caller accepts.
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
        display_oid=displays[0] if displays else DISPLAY_OID,
    )
    if (kind == "cades") != (named is not None) or attributes.encode() != message:
        raise CmsError("signed attributes that this kind of signature doesn't have")
    return attributes


class Gap(NamedTuple):
    """Start and end of the signature's hex string, brackets included; all else of the file is signed."""

    start: int
    end: int


def gap_in(content: bytes, update: bytes) -> Gap:
    """Returns the gap of a file that is ready to be signed: its content and the update to it.

    Raises: CmsError unless the update is well-formed and its only ByteRange excludes exactly one hex string
    of zeros.
    """
    if any(update.count(word) != 1 for word in _ONCE):
        raise CmsError("the update must contain exactly one signature")
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
        raise CmsError("the gap contains more than the Contents")
    return Gap(start, end)


def covered_digest(content: bytes, update: bytes) -> bytes:
    """Returns SM3 of the file except the gap. Raises: CmsError, as `gap_in`."""
    start, end = gap_in(content, update)
    return sm3(content + update[: start - len(content)] + update[end - len(content) :])


def finished(content: bytes, update: bytes, cms: bytes) -> bytes:
    """Returns the signed file, with the signature (DER) in the gap. Raises: CmsError (as `gap_in`, or too long)."""
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
    """Reports whether the signature fits into the gap. Raises: CmsError, as `gap_in`."""
    start, end = gap_in(content, update)
    return 2 * len(cms) <= end - start - 2


def _octets(value: bytes) -> bytes:
    reader = Reader(value)
    octets = reader.octets()
    reader.end()
    if len(octets) != DIGEST_BYTES:
        raise CmsError("an SM3 digest has 32 bytes")
    return octets
