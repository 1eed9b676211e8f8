"""A bundle's format: its options, what was signed by it, and whether the file of `xml` is made of the rest of it."""

import re
from collections.abc import Collection

import msgspec

from mshield.client.evidence_display import display_of
from mshield.client.reading.signed_xml import reading_of
from mshield.client.verify import VerificationError, VerifiedSignature, failing
from mshield.domain.certificates.shield import PATTERN
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
    binds_display,
    complete,
    pdf_attributes,
    profile_of,
    signs_attributes,
    signs_content,
)
from mshield.pki.signatures.pdf import PdfAttributes, covered_digest, finished, parse_pdf_attributes
from mshield.pki.signatures.signed_attributes import is_like_attributes, parse_signed_attributes
from mshield.pki.xml.canonical import require_canonical
from mshield.pki.xml.making import key_name_in, serial_name, signed_info
from mshield.pki.xml.making import signed_file as signed_xml
from mshield.views import ReadContent, read_content


def options_of(document: EvidenceDocument) -> Options:
    """The options of its format, all that it has and no other; those of before where it tells none."""
    options = document.options
    if options is msgspec.UNSET:
        if document.format.startswith("gb") or document.format in {XML, PDF}:
            raise VerificationError("unreadable", "input", "this format has options")
        return NO_OPTIONS
    oid = options.display_oid
    asked = msgspec.structs.replace(options, display_oid=msgspec.UNSET)
    try:
        whole = complete(document.format, asked, display_oid=None if oid is msgspec.UNSET else oid)
    except OptionRefused as error:
        raise VerificationError("unreadable", "input", f"the option {error.field} is out of place") from error
    if whole != options or options == NO_OPTIONS or (binds_display(document.format, options) and not oid):
        raise VerificationError("unreadable", "input", "an option is missing or too many")
    return options


def message_of(evidence: Evidence, content: bytes | None, display_oids: Collection[str]) -> bytes:
    """M: the content or its digest, or the signed attributes, which must be those of what the bundle shows.

    Raises VerificationError.
    """
    document, attributes = evidence.document, evidence.signature.attributes
    name, options = document.format, options_of(document)
    if name == PDF or document.update is not msgspec.UNSET:
        return message_of_pdf(evidence, options, display_oids)
    if signs_attributes(name, options) != (attributes is not None):
        raise VerificationError("unreadable", "input", "signed attributes do not go with this format")
    if attributes is None:
        if name == XML:
            return _xml_message(document, options)
        if not signs_content(name, options):
            return bytes.fromhex(document.digest_sm3)
        if content is None:
            raise VerificationError("unreadable", "input", "a raw signature needs the content")
        if is_like_attributes(content):
            raise VerificationError("message_mismatch", "content", "the content is signed attributes")
        return content
    _require_shown(document, attributes, options, display_oids)
    return attributes


def _require_shown(
    document: EvidenceDocument, attributes: bytes, options: Options, display_oids: Collection[str]
) -> None:
    """Raises VerificationError unless these signed attributes are those of content, display and options."""
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
        raise VerificationError("message_mismatch", "content", "the signed digest is another content's")
    if shown is None or signed.display != shown.display:
        raise VerificationError("display_mismatch", "display", "the signed display is another one")
    if signed != shown or (options.signing_time is True) != (signed.signing_time is not None):
        raise VerificationError("unreadable", "input", "other signed attributes than the options say")


def _xml_message(document: EvidenceDocument, options: Options) -> bytes:
    """M of the bundle's content, which has to be canonical. Raises VerificationError."""
    content = document.content
    if content is None:
        raise VerificationError("unreadable", "input", "a signature of XML needs the content")
    with failing("input"):
        require_canonical(content)
    return signed_info(content, bytes.fromhex(document.digest_sm3), profile_of(options))


def content_reader(document: EvidenceDocument, message: bytes) -> ReadContent:
    """How its content is read to be drawn: that of `xml` by the reading that is held to its message, as by phones."""
    if document.format != XML or document.content is None:
        return read_content
    return reading_of(document.content, message, profile_of(options_of(document)))


def require_made(evidence: Evidence, signature: VerifiedSignature, options: Options) -> None:
    """The file is that of content, signature and certificate, to the octet; a shield's number in it is a claim.

    Raises VerificationError `message_mismatch`; XmlError for a file without a KeyName.
    """
    document, file = evidence.document, evidence.signature.file
    named = key_name_in(file)
    wanted = serial_name(signature.serial)
    if named != wanted if options.key_name == "serial" else re.fullmatch(PATTERN, named) is None:
        raise XmlError("xml_certificate", "another KeyName than the options say")
    again = signed_xml(
        document.content or b"",
        bytes.fromhex(document.digest_sm3),
        profile_of(options),
        value=signature.signature.to_raw(),
        key_name=named,
        certificate=signature.certificate.der,
    )
    if again != file:
        raise VerificationError("message_mismatch", "cms", "the file is not this signature's")


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
