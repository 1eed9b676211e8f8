"""The signed attributes of a CMS signature (RFC 5652, 5.3), which are signed in place of the content.

They are exactly three: content type, SM3 of the content, SM3 of the display. M is their DER as a SET OF; a verifier
that knows only RFC 5652 checks the first two and passes over the third.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from mshield.gm.sm3 import sm3
from mshield.pki.asn1 import der, oids
from mshield.pki.asn1.reader import Reader
from mshield.pki.errors import CmsError
from mshield.pki.signatures.display import Drawing, display_bytes

DIGEST_BYTES: Final = 32


@dataclass(frozen=True, slots=True)
class SignedAttributes:
    """`message_digest` is SM3 of the content, `display` SM3 of `display_bytes`; 32 bytes each."""

    message_digest: bytes
    display: bytes

    def encode(self) -> bytes:
        """M: the DER of the SET OF the attributes."""
        return der.set_of(
            _attribute(oids.CONTENT_TYPE, der.oid(oids.CMS_DATA)),
            _attribute(oids.MESSAGE_DIGEST, der.octet_string(self.message_digest)),
            _attribute(oids.DISPLAY_DIGEST, der.octet_string(self.display)),
        )


def attributes_of(
    *,
    digest: bytes,
    title: str,
    media_type: str,
    size: int,
    lines: Sequence[tuple[str, str]],
    drawing: Drawing | None = None,
) -> SignedAttributes:
    """The attributes of a document whose content has this SM3 digest and size in bytes."""
    display = display_bytes(title=title, media_type=media_type, size=size, lines=lines, drawing=drawing)
    return SignedAttributes(digest, sm3(display))


def parse_signed_attributes(message: bytes) -> SignedAttributes:
    """The attributes that M encodes. DerError or CmsError for anything but their one form."""
    reader = Reader(message)
    values = dict(_read(element) for element in reader.set_of())
    reader.end()
    if values.get(oids.CONTENT_TYPE) != der.oid(oids.CMS_DATA):
        raise CmsError("the signed content type is not plain data")
    attributes = SignedAttributes(
        _digest(values.get(oids.MESSAGE_DIGEST)), _digest(values.get(oids.DISPLAY_DIGEST))
    )
    if attributes.encode() != message:
        raise CmsError("a signed attribute too many, or one that stands twice")
    return attributes


def is_like_attributes(content: bytes) -> bool:
    """Whether content begins as signed attributes do, anyone's: a SET of a SEQUENCE that begins with an OID, in BER.

    A bare signature over such content would serve as a CMS signature over another content, which nobody saw.
    """
    at = 0
    for tag in (der.SET, der.SEQUENCE):
        if len(content) < at + 2 or content[at] != tag:
            return False
        length = content[at + 1]
        at += 2 + (length & 0x7F if length & 0x80 else 0)
    return content[at : at + 1] == bytes((der.OID,))


def _attribute(oid: str, value: bytes) -> bytes:
    return der.sequence(der.oid(oid), der.set_of(value))


def _read(element: Reader) -> tuple[str, bytes]:
    """An attribute's type and its one value as it stands."""
    attribute = element.enter()
    oid, values = attribute.oid(), attribute.enter(der.SET)
    attribute.end()
    value = values.raw()
    values.end()
    return oid, value


def _digest(value: bytes | None) -> bytes:
    reader = Reader(value or b"")
    digest = reader.octets()
    reader.end()
    if len(digest) != DIGEST_BYTES:
        raise CmsError("an SM3 digest has 32 bytes")
    return digest
