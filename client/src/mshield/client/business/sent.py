"""Checks that a signed document is the one that was sent: its content or digest, and its display if bound.

A signed PDF must begin with what was sent, and its signature must cover all of it.
"""

from collections.abc import Collection
from dataclasses import replace

from mshield.client.business.values import Digest, Document, SignedDocument
from mshield.client.verification import VerificationError, failing
from mshield.gm.sm3 import sm3
from mshield.pki.asn1.arcs import DISPLAY_OID
from mshield.pki.errors import PkiError
from mshield.pki.foreign.pdf import last_signature
from mshield.pki.signatures.formats import PDF, XML, profile_of, signs_attributes, signs_content
from mshield.pki.signatures.pdf import PdfAttributes, parse_pdf_attributes
from mshield.pki.signatures.signed_attributes import (
    SignedAttributes,
    is_like_attributes,
    parse_signed_attributes,
)
from mshield.pki.xml.canonical import require_canonical
from mshield.pki.xml.making import canonical_content, content_in, signed_info

Sent = bytes | Digest | Document
"""A sent document, given by its content, its digest, or the whole document with its display."""


def attributes_in(signed: SignedDocument, display_oids: Collection[str] = ()) -> SignedAttributes | None:
    """Returns the signed attributes; None for a PDF, or if the signature is over the content or its SM3.

    `display_oids` are accepted in addition to the well-known ones. Raises: VerificationError.
    """
    if signed.format == PDF:
        pdf_attributes_in(signed, display_oids)
        return None
    if signs_attributes(signed.format, signed.options):
        with failing("signature"):
            return parse_signed_attributes(signed.message, display_oids={DISPLAY_OID, *display_oids})
    if is_like_attributes(signed.message):
        raise VerificationError(
            "message_mismatch", "signature", "the signed attributes belong to another format"
        )
    return None


def require_sent(signed: SignedDocument, attributes: SignedAttributes | None, sent: Sent) -> None:
    """Compares a signed document with what was sent. Raises: VerificationError (message_mismatch, display_mismatch)."""
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
    """Returns SM3 of the content in the finished file, after checking that the signed message is made from it."""
    with failing("signature"):
        content = content_in(signed.file)
        require_canonical(content)
        digest = sm3(content)
    if signed_info(content, digest, profile_of(signed.options)) != signed.message:
        raise VerificationError(
            "message_mismatch", "signature", "the file's content differs from the signed one"
        )
    return digest


def _canonical(sent: Sent) -> Sent:
    """Canonicalizes XML that was sent; a digest is assumed to be that of the canonical form."""
    content = sent.content if isinstance(sent, Document) else sent
    if not isinstance(content, bytes):
        return sent
    with failing("signature"):
        canonical = canonical_content(content)
    return replace(sent, content=canonical) if isinstance(sent, Document) else canonical


def _is_drawn_as_named(signed: SignedDocument, document: Document) -> bool:
    """Reports whether the requested view rendered it, or no view did if none was requested."""
    requested, view = document.view, signed.view
    if requested is None or view is None:
        return requested is None and view is None and signed.drawn is None
    return view.id == requested.id and requested.version in {None, view.version}


def _digest(sent: Sent) -> Digest:
    match sent:
        case bytes():
            return Digest.of(sent)
        case Digest():
            return sent
        case Document():
            return sent.content_digest


def pdf_attributes_in(signed: SignedDocument, display_oids: Collection[str] = ()) -> PdfAttributes:
    """Returns the signed attributes after comparing them with the file. Raises: VerificationError."""
    options = signed.options
    kind = options.pdf_signature
    with failing("signature"):
        attributes = parse_pdf_attributes(
            signed.message,
            "rfc" if not isinstance(kind, str) else kind,
            display_oids={DISPLAY_OID, *display_oids, *_own_display_oid(signed)},
        )
        last = last_signature(signed.file)
    if attributes.message_digest != sm3(last.covered) or last.cms != signed.cms:
        raise VerificationError("message_mismatch", "signature", "the file differs from the signed one")
    return attributes


def require_sent_pdf(signed: SignedDocument, digest: Digest, document: Document | None) -> None:
    """Compares the file with what was sent. Raises: VerificationError (`message_mismatch`, `display_mismatch`)."""
    file = signed.file
    if sm3(file[: digest.size]) != digest.sm3 or (document is not None and document.format != signed.format):
        raise VerificationError("message_mismatch", "signature", "not the documents that were sent")
    try:
        gap = last_signature(file).gap
    except PkiError as error:
        raise VerificationError("message_mismatch", "signature", str(error)) from error
    if gap[0] <= digest.size:
        raise VerificationError(
            "message_mismatch", "signature", "the sent document already contained the signature"
        )
    bound = pdf_attributes_in(signed).display
    if document is not None and bound is not None and bound != document.display_digest(signed.drawing):
        raise VerificationError("display_mismatch", "signature", "the phone showed something else")


def _own_display_oid(signed: SignedDocument) -> Collection[str]:
    oid = signed.options.display_oid
    return (oid,) if isinstance(oid, str) else ()
