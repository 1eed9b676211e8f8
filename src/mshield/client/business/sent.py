"""Whether a signed document is the one that was sent: content or digest, and where it is bound, the display."""

from collections.abc import Collection

from mshield.client.business.sent_pdf import pdf_attributes_in, require_sent_pdf
from mshield.client.business.values import Digest, Document, SignedDocument
from mshield.client.verify import VerificationError, failing
from mshield.gm.sm3 import sm3
from mshield.pki.asn1.arcs import DISPLAY_OIDS
from mshield.pki.signatures.formats import PDF, signs_attributes, signs_content
from mshield.pki.signatures.signed_attributes import (
    SignedAttributes,
    is_like_attributes,
    parse_signed_attributes,
)

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
    if attributes is not None:
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


def _is_drawn_as_named(signed: SignedDocument, document: Document) -> bool:
    """Whether the view that drew it is the one that was named, or none where none was."""
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
