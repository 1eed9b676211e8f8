"""Documents of the format `xml` (docs/formats.md): the canonical form, which is signed and shown; the finished file."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from mshield.domain import errors
from mshield.domain.systems.text_charset import is_xml
from mshield.gm.sm2 import Signature
from mshield.pki.certificates.certificate import Certificate
from mshield.pki.errors import XmlError
from mshield.pki.signatures.formats import XML, Options, profile_of
from mshield.pki.xml.making import canonical_content, serial_name, signed_file
from mshield.services.requests.document import Document

_AT_ONCE: Final = 16 * 1024
"""Octets up to which it takes no longer than starting a thread is worth."""


async def canonical_contents(documents: Sequence[Document]) -> tuple[Document, ...]:
    """The documents, those of the format `xml` with the canonical form of their content in its place.

    Raises InvalidXml with its reason and the document's number, from 0; InvalidRequest for a type that isn't XML.
    """
    if all(document.format != XML for document in documents):
        return tuple(documents)
    size = sum(len(document.content or b"") for document in documents if document.format == XML)
    if size <= _AT_ONCE:
        return _canonical(documents)
    return await asyncio.to_thread(_canonical, documents)


def xml_file(
    *,
    content: bytes,
    digest: bytes,
    options: Options,
    signature: Signature,
    certificate: Certificate,
    shield_number: str,
) -> bytes:
    """The finished file of canonical content, whose SM3 is `digest`."""
    by_serial = options.key_name == "serial"
    return signed_file(
        content,
        digest,
        profile_of(options),
        value=signature.to_raw(),
        key_name=serial_name(certificate.serial) if by_serial else shield_number,
        certificate=certificate.der,
    )


def _canonical(documents: Sequence[Document]) -> tuple[Document, ...]:
    return tuple(_of_one(number, document) for number, document in enumerate(documents))


def _of_one(number: int, document: Document) -> Document:
    if document.format != XML:
        return document
    if not is_xml(document.media_type):
        raise errors.InvalidRequest(fields=["media_type"])
    try:
        return replace(document, content=canonical_content(document.content or b""))
    except XmlError as error:
        raise errors.InvalidXml(reason=error.reason, document=number) from error
