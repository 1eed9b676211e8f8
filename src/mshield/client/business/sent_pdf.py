"""Whether a PDF came back with its signature: it begins with what was sent, and the signature covers it whole."""

from collections.abc import Collection

from mshield.client.business.values import Digest, Document, SignedDocument
from mshield.client.verify import VerificationError, failing
from mshield.gm.sm3 import sm3
from mshield.pki.asn1.arcs import DISPLAY_OIDS
from mshield.pki.errors import PkiError
from mshield.pki.foreign.pdf import last_signature
from mshield.pki.signatures.pdf import PdfAttributes, parse_pdf_attributes


def pdf_attributes_in(signed: SignedDocument, display_oids: Collection[str] = ()) -> PdfAttributes:
    """The signed attributes, which are those of the file that came. Raises VerificationError."""
    options = signed.options
    kind = options.pdf_signature
    with failing("signature"):
        attributes = parse_pdf_attributes(
            signed.message,
            "rfc" if not isinstance(kind, str) else kind,
            display_oids={*DISPLAY_OIDS, *display_oids, *_named(signed)},
        )
        last = last_signature(signed.file)
    if attributes.message_digest != sm3(last.covered) or last.cms != signed.cms:
        raise VerificationError("message_mismatch", "signature", "the file is not what was signed")
    return attributes


def require_sent_pdf(signed: SignedDocument, digest: Digest, document: Document | None) -> None:
    """Raises VerificationError `message_mismatch` or `display_mismatch` for another document."""
    file = signed.file
    if sm3(file[: digest.size]) != digest.sm3 or (document is not None and document.format != signed.format):
        raise VerificationError("message_mismatch", "signature", "not the documents that were sent")
    try:
        gap = last_signature(file).gap
    except PkiError as error:
        raise VerificationError("message_mismatch", "signature", str(error)) from error
    if gap[0] <= digest.size:
        raise VerificationError("message_mismatch", "signature", "the signature stood in what was sent")
    bound = pdf_attributes_in(signed).display
    if document is not None and bound is not None and bound != document.display_digest(signed.drawing):
        raise VerificationError("display_mismatch", "signature", "the phone showed something else")


def _named(signed: SignedDocument) -> Collection[str]:
    oid = signed.options.display_oid
    return (oid,) if isinstance(oid, str) else ()
