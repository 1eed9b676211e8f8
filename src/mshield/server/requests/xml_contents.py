"""Documents of the format `xml` (docs/formats.md): canonical form to sign and display, and the finished file."""

from collections.abc import Sequence
from dataclasses import replace

from mshield.gm.sm2 import Signature
from mshield.pki.certificates.certificate import Certificate
from mshield.pki.signatures.formats import XML, Options, profile_of
from mshield.pki.xml.making import serial_name, signed_file
from mshield.server.content.xml import canonical_or_refusal
from mshield.server.errors import InvalidRequest
from mshield.server.requests.content_process import AT_ONCE, canonical_xml
from mshield.server.requests.document import Document
from mshield.server.requests.errors import InvalidXml
from mshield.wire.text_charset import is_xml


async def canonical_contents(client_id: str, documents: Sequence[Document]) -> tuple[Document, ...]:
    """Replaces the content of documents of the format `xml` by its canonical form.

    Raises: InvalidXml (with reason and the document's number, from 0), InvalidRequest (media type isn't XML),
    Unavailable (too many contents of this business system are waiting).
    """
    if all(document.format != XML for document in documents):
        return tuple(documents)
    size = sum(len(document.content or b"") for document in documents if document.format == XML)
    is_small = size <= AT_ONCE
    return tuple([await _canonical(client_id, *one, is_small=is_small) for one in enumerate(documents)])


def xml_file(
    *,
    content: bytes,
    digest: bytes,
    options: Options,
    signature: Signature,
    certificate: Certificate,
    shield_number: str,
) -> bytes:
    """Returns the finished file for canonical content whose SM3 is `digest`."""
    by_serial = options.key_name == "serial"
    return signed_file(
        content,
        digest,
        profile_of(options),
        value=signature.to_raw(),
        key_name=serial_name(certificate.serial) if by_serial else shield_number,
        certificate=certificate.der,
    )


async def _canonical(client_id: str, number: int, document: Document, *, is_small: bool) -> Document:
    if document.format != XML:
        return document
    if not is_xml(document.media_type):
        raise InvalidRequest(fields=["media_type"])
    content = document.content or b""
    reason, canonical = canonical_or_refusal(content) if is_small else await canonical_xml(client_id, content)
    if reason is not None:
        raise InvalidXml(reason=reason, document=number)
    return replace(document, content=canonical)
