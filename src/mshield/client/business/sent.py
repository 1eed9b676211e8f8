"""Whether a signed document is the one that was sent: content or digest, and where it is bound, the display."""

from collections.abc import Collection
from dataclasses import replace

from mshield.client.business.sent_pdf import pdf_attributes_in, require_sent_pdf
from mshield.client.business.values import Digest, Document, SignedDocument
from mshield.client.verify import VerificationError, failing
from mshield.gm.sm3 import sm3
from mshield.pki.asn1.arcs import DISPLAY_OIDS
from mshield.pki.signatures.formats import PDF, XML, profile_of, signs_attributes, signs_content
from mshield.pki.signatures.signed_attributes import (
    SignedAttributes,
    is_like_attributes,
    parse_signed_attributes,
)
from mshield.pki.xml.canonical import require_canonical
from mshield.pki.xml.making import canonical_content, content_in, signed_info

Sent = bytes | Digest | Document
"""How a caller names what it sent: the content, its digest, or the whole document with its display."""


def attributes_in(signed: SignedDocument, display_oids: Collection[str] = ()) -> SignedAttributes | None:
    """The signed attributes that the signature is over, None where it is over the content or its SM3, and for a PDF.

    `display_oids` are the caller's, beside those that everybody knows. Raises VerificationError.
    """
    if signed.format == PDF:
        pdf_attributes_in(signed, display_oids)
        return None
    if signs_attributes(signed.format, signed.options):
        with failing("signature"):
            return parse_signed_attributes(signed.message, display_oids={*DISPLAY_OIDS, *display_oids})
    if is_like_attributes(signed.message):
        raise VerificationError("message_mismatch", "signature", "signed attributes of another format")
    return None


def require_sent(signed: SignedDocument, attributes: SignedAttributes | None, sent: Sent) -> None:
    """Raises VerificationError `message_mismatch` or `display_mismatch` for another document."""
    document = sent if isinstance(sent, Document) else None
    if signed.format == PDF:
        require_sent_pdf(signed, _digest(sent), None if document is None else document)
        return
    if signed.format == XML:
        signed_digest = _digest_in_xml(signed)
        sent = _canonical(sent)
    elif attributes is not None:
        signed_digest = attributes.message_digest
    elif signs_content(signed.format, signed.options):
        signed_digest = sm3(signed.message)
    else:
        signed_digest = signed.message
    if signed_digest != _digest(sent).sm3 or (document is not None and document.format != signed.format):
        raise VerificationError("message_mismatch", "signature", "not the documents that were sent")
    if document is None:
        return
    is_bound = attributes is None or attributes.display == document.display_digest(signed.drawing)
    if not is_bound or not _is_drawn_as_named(signed, document):
        raise VerificationError("display_mismatch", "signature", "the phone showed something else")


def _digest_in_xml(signed: SignedDocument) -> bytes:
    """SM3 of the content in the finished file, of which the signed message has to be made."""
    with failing("signature"):
        content = content_in(signed.file)
        require_canonical(content)
        digest = sm3(content)
    if signed_info(content, digest, profile_of(signed.options)) != signed.message:
        raise VerificationError(
            "message_mismatch", "signature", "the file holds another content than was signed"
        )
    return digest


def _canonical(sent: Sent) -> Sent:
    """What was sent as XML, by its canonical form; a digest is that form's, or of a document that is in it already."""
    content = sent.content if isinstance(sent, Document) else sent
    if not isinstance(content, bytes):
        return sent
    with failing("signature"):
        canonical = canonical_content(content)
    return replace(sent, content=canonical) if isinstance(sent, Document) else canonical


def _is_drawn_as_named(signed: SignedDocument, document: Document) -> bool:
    """Whether the view that was named drew it; where none was named, that no view did."""
    named, view = document.view, signed.view
    if named is None or view is None:
        return named is None and view is None and signed.drawn is None
    return view.id == named.id and named.version in {None, view.version}


def _digest(sent: Sent) -> Digest:
    match sent:
        case bytes():
            return Digest.of(sent)
        case Digest():
            return sent
        case Document():
            return sent.content_digest
