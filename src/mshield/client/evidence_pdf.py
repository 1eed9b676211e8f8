"""The part of a bundle of evidence that a PDF has by itself: the update in which its signature stands."""

from collections.abc import Collection

from mshield.client.evidence_display import display_of
from mshield.client.verify import VerificationError, failing
from mshield.gm.sm3 import sm3
from mshield.pki.certificates.certificate import parse_certificate_pem
from mshield.pki.signatures.evidence import Evidence
from mshield.pki.signatures.formats import PDF, Options, pdf_attributes
from mshield.pki.signatures.pdf import PdfAttributes, covered_digest, finished, parse_pdf_attributes


def attributes_of_pdf(evidence: Evidence, options: Options, display_oids: Collection[str]) -> PdfAttributes:
    """The signed attributes as they are read. Raises VerificationError."""
    kind, encoded = options.pdf_signature, evidence.signature.attributes
    if not isinstance(kind, str) or encoded is None:
        raise VerificationError("unreadable", "input", "signed attributes do not go with this format")
    with failing("input"):
        return parse_pdf_attributes(encoded, kind, display_oids=display_oids)


def message_of_pdf(evidence: Evidence, options: Options, display_oids: Collection[str]) -> bytes:
    """M: the attributes of the content with its update but for the gap, of this display and signer."""
    document = evidence.document
    content, update = document.content, document.update
    if document.format != PDF or content is None or not isinstance(update, bytes):
        raise VerificationError("unreadable", "input", "a PDF and its update, or neither")
    read = attributes_of_pdf(evidence, options, display_oids)
    with failing("input"):
        covered = covered_digest(content, update)
        signer = sm3(parse_certificate_pem(evidence.certificate_pem).der)
    whole = pdf_attributes(options, covered=covered, display=sm3(display_of(document)), certificate=signer)
    if read.message_digest != covered:
        raise VerificationError("message_mismatch", "content", "the signed digest is another content's")
    if read.display != whole.display:
        raise VerificationError("display_mismatch", "display", "the signed display is another one")
    if read != whole:
        raise VerificationError("unreadable", "input", "other signed attributes than the options say")
    return whole.encode()


def signed_file(evidence: Evidence) -> bytes | None:
    """The PDF with its signature, as it was first made; None for another format. Raises VerificationError."""
    document = evidence.document
    if document.content is None or not isinstance(document.update, bytes):
        return None
    with failing("cms"):
        return finished(document.content, document.update, evidence.signature.cms)
