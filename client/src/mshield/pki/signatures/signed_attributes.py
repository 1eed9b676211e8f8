"""Signed attributes of a CMS signature (RFC 5652, 5.3), which are signed in place of the content.

They are content type, SM3 of the content, SM3 of the display, and on request the time (GB/T 35275 only). M is
their DER as a SET OF. A verifier that knows only RFC 5652 checks the first two and ignores the display's.
"""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from mshield.pki.asn1 import der, oids
from mshield.pki.asn1.arcs import DISPLAY_OID
from mshield.pki.asn1.reader import Reader
from mshield.pki.errors import CmsError

DIGEST_BYTES: Final = 32
_DATA: Final = {der.oid(oid): oid for oid in (oids.CMS_DATA, oids.GB_DATA)}


@dataclass(frozen=True, slots=True)
class SignedAttributes:
    """Signed attributes: `message_digest` is SM3 of the content, `display` SM3 of `display_bytes`; 32 bytes each.

    `content_type` is RFC 5652's data or GB/T 35275's. `display_oid` is the attribute type of the display.
    `signing_time` (ms, whole seconds) is None if no time is signed.
    """

    message_digest: bytes
    display: bytes
    content_type: str = oids.CMS_DATA
    display_oid: str = DISPLAY_OID
    signing_time: int | None = None

    def encode(self) -> bytes:
        """Encodes M: the SET OF the attributes."""
        time = self.signing_time
        return der.set_of(
            _attribute(oids.CONTENT_TYPE, der.oid(self.content_type)),
            _attribute(oids.MESSAGE_DIGEST, der.octet_string(self.message_digest)),
            _attribute(self.display_oid, der.octet_string(self.display)),
            *(() if time is None else (_attribute(oids.SIGNING_TIME, der.time(time)),)),
        )


def parse_signed_attributes(
    message: bytes, *, display_oids: Collection[str] = (DISPLAY_OID,)
) -> SignedAttributes:
    """Parses the attributes encoded in M. Raises: DerError, CmsError for anything but their only form.

    The display has one of `display_oids`, which the caller accepts.
    """
    reader = Reader(message)
    values = dict(read_attribute(element) for element in reader.set_of())
    reader.end()
    content_type = _DATA.get(values.get(oids.CONTENT_TYPE, b""))
    if content_type is None:
        raise CmsError("the signed content type is not plain data")
    displays = [oid for oid in display_oids if oid in values]
    if len(displays) != 1:
        raise CmsError("there must be exactly one display")
    attributes = SignedAttributes(
        _digest(values.get(oids.MESSAGE_DIGEST)),
        _digest(values[displays[0]]),
        content_type=content_type,
        display_oid=displays[0],
        signing_time=_time(values.get(oids.SIGNING_TIME)),
    )
    if attributes.signing_time is not None and attributes.content_type != oids.GB_DATA:
        raise CmsError("RFC 5652's signed attributes must not include a time")
    if attributes.encode() != message:
        raise CmsError("an extra signed attribute, or one that occurs twice")
    return attributes


def is_like_attributes(content: bytes) -> bool:
    """Reports whether content begins like signed attributes: a SET of a SEQUENCE that begins with an OID, in BER.

    A bare signature over such content could be passed off as a CMS signature over another content, which
    nobody saw.
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


def read_attribute(element: Reader) -> tuple[str, bytes]:
    """Reads an attribute: its type, and the raw DER of its only value."""
    attribute = element.enter()
    oid, values = attribute.oid(), attribute.enter(der.SET)
    attribute.end()
    value = values.raw()
    values.end()
    return oid, value


def _time(value: bytes | None) -> int | None:
    if value is None:
        return None
    reader = Reader(value)
    time = reader.time()
    reader.end()
    return time


def _digest(value: bytes | None) -> bytes:
    reader = Reader(value or b"")
    digest = reader.octets()
    reader.end()
    if len(digest) != DIGEST_BYTES:
        raise CmsError("an SM3 digest has 32 bytes")
    return digest
