"""Format of a bundle: its options, the message that was signed, and the rebuilt file for `xml`."""

import re
from collections.abc import Collection

import msgspec

from mshield.client.evidence.display import display_of
from mshield.client.signed_xml import reading_of
from mshield.client.verification import VerificationError, VerifiedSignature, failing
from mshield.gm.sm3 import sm3
from mshield.pki.certificates.certificate import parse_certificate_pem
from mshield.pki.errors import XmlError
from mshield.pki.signatures.evidence import Evidence, EvidenceDocument
from mshield.pki.signatures.formats import (
    NO_OPTIONS,
    PDF,
    XML,
    OptionRefused,
    Options,
    attributes_in,
    complete,
    pdf_attributes,
    profile_of,
    signs_attributes,
    signs_content,
)
from mshield.pki.signatures.pdf import PdfAttributes, covered_digest, parse_pdf_attributes
from mshield.pki.signatures.signed_attributes import is_like_attributes, parse_signed_attributes
from mshield.pki.xml.canonical import require_canonical
from mshield.pki.xml.making import key_name_in, serial_name, signed_info
from mshield.pki.xml.making import signed_file as signed_xml
from mshield.views import ReadContent, read_content
from mshield.wire.shield_number import PATTERN


def options_of(document: EvidenceDocument) -> Options:
    """Returns the format's options, which must be complete; none for a format without."""
    options = NO_OPTIONS if document.options is msgspec.UNSET else document.options
    oid = options.display_oid
    requested = msgspec.structs.replace(options, display_oid=msgspec.UNSET)
    try:
        whole = complete(document.format, requested, display_oid=None if oid is msgspec.UNSET else oid)
    except OptionRefused as error:
        raise VerificationError(
            "unreadable", "input", f"the option {error.field} is not allowed here"
        ) from error
    if whole != options or document.options == NO_OPTIONS:
        raise VerificationError("unreadable", "input", "an option is missing, or there is an extra one")
    return options


def message_of(evidence: Evidence, content: bytes | None, display_oids: Collection[str]) -> bytes:
    """Returns M: the content, its digest, or the signed attributes, which must match what the bundle shows.

    Raises: VerificationError.
    """
    document, attributes = evidence.document, evidence.signature.attributes
    name, options = document.format, options_of(document)
    if name == PDF or document.update is not msgspec.UNSET:
        return message_of_pdf(evidence, options, display_oids)
    if signs_attributes(name, options) != (attributes is not None):
        raise VerificationError("unreadable", "input", "this format has no signed attributes")
    if attributes is None:
        if name == XML:
            return _xml_message(document, options)
        if not signs_content(name, options):
            return bytes.fromhex(document.digest_sm3)
        if content is None:
            raise VerificationError("unreadable", "input", "a raw signature needs the content")
        if is_like_attributes(content):
            raise VerificationError("message_mismatch", "content", "the content is itself signed attributes")
        return content
    _require_display(document, attributes, options, display_oids)
    return attributes


def _require_display(
    document: EvidenceDocument, attributes: bytes, options: Options, display_oids: Collection[str]
) -> None:
    """Checks that the signed attributes match content, display and options. Raises: VerificationError."""
    digest = bytes.fromhex(document.digest_sm3)
    with failing("input"):
        signed = parse_signed_attributes(attributes, display_oids=display_oids)
    shown = attributes_in(
        document.format,
        options,
        digest=digest,
        display=sm3(display_of(document)),
        signing_time=signed.signing_time,
    )
    if signed.message_digest != digest:
        raise VerificationError("message_mismatch", "content", "the signed digest doesn't match the content")
    if shown is None or signed.display != shown.display:
        raise VerificationError("display_mismatch", "display", "the signed display differs")
    if signed != shown or (options.signing_time is True) != (signed.signing_time is not None):
        raise VerificationError("unreadable", "input", "the signed attributes differ from the options")


def _xml_message(document: EvidenceDocument, options: Options) -> bytes:
    """Returns M of the bundle's XML content, which must be canonical. Raises: VerificationError."""
    content = document.content
    if content is None:
        raise VerificationError("unreadable", "input", "a signature of XML needs the content")
    with failing("input"):
        require_canonical(content)
    return signed_info(content, bytes.fromhex(document.digest_sm3), profile_of(options))


def content_reader(document: EvidenceDocument, message: bytes) -> ReadContent:
    """Returns the parser for rendering the content; for `xml` the one that checks the message, as on phones."""
    if document.format != XML or document.content is None:
        return read_content
    return reading_of(document.content, message, profile_of(options_of(document)))


def require_made(evidence: Evidence, signature: VerifiedSignature, options: Options) -> None:
    """Rebuilds the file from content, signature and certificate, and compares it byte for byte.

    A shield number in it is only a claim. Raises: VerificationError (`message_mismatch`), XmlError (no
    KeyName).
    """
    document, file = evidence.document, evidence.signature.file
    key_name = key_name_in(file)
    serial = serial_name(signature.serial)
    if key_name != serial if options.key_name == "serial" else re.fullmatch(PATTERN, key_name) is None:
        raise XmlError("xml_certificate", "the KeyName differs from the options")
    again = signed_xml(
        document.content or b"",
        bytes.fromhex(document.digest_sm3),
        profile_of(options),
        value=signature.signature.to_raw(),
        key_name=key_name,
        certificate=signature.certificate.der,
    )
    if again != file:
        raise VerificationError("message_mismatch", "cms", "the file doesn't belong to this signature")


def attributes_of_pdf(evidence: Evidence, options: Options, display_oids: Collection[str]) -> PdfAttributes:
    """Parses the signed attributes of a PDF. Raises: VerificationError."""
    kind, encoded = options.pdf_signature, evidence.signature.attributes
    if not isinstance(kind, str) or encoded is None:
        raise VerificationError("unreadable", "input", "this format has no signed attributes")
    with failing("input"):
        return parse_pdf_attributes(encoded, kind, display_oids=display_oids)


def message_of_pdf(evidence: Evidence, options: Options, display_oids: Collection[str]) -> bytes:
    """Returns M of a PDF: the attributes of the file except its gap, the display and the signer."""
    document = evidence.document
    content, update = document.content, document.update
    if document.format != PDF or content is None or not isinstance(update, bytes):
        raise VerificationError("unreadable", "input", "a PDF needs its update, and other formats have none")
    read = attributes_of_pdf(evidence, options, display_oids)
    with failing("input"):
        covered = covered_digest(content, update)
        signer = sm3(parse_certificate_pem(evidence.certificate_pem).der)
    whole = pdf_attributes(options, covered=covered, display=sm3(display_of(document)), certificate=signer)
    if read.message_digest != covered:
        raise VerificationError("message_mismatch", "content", "the signed digest doesn't match the content")
    if read.display != whole.display:
        raise VerificationError("display_mismatch", "display", "the signed display differs")
    if read != whole:
        raise VerificationError("unreadable", "input", "the signed attributes differ from the options")
    return whole.encode()
