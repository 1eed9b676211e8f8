"""A bundle's format and its options; of `xml` what was signed, and that its file is made of the rest of the bundle."""

import re

import msgspec

from mshield.client.verify import VerificationError, VerifiedSignature, failing
from mshield.domain.certificates.shield import PATTERN
from mshield.pki.errors import XmlError
from mshield.pki.signatures.evidence import Evidence, EvidenceDocument
from mshield.pki.signatures.formats import (
    NO_OPTIONS,
    PDF,
    XML,
    OptionRefused,
    Options,
    binds_display,
    complete,
    profile_of,
)
from mshield.pki.xml.canonical import require_canonical
from mshield.pki.xml.making import key_name_in, serial_name, signed_file, signed_info


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


def xml_message(document: EvidenceDocument, options: Options) -> bytes:
    """M of the bundle's content, which has to be canonical. Raises VerificationError."""
    content = document.content
    if content is None:
        raise VerificationError("unreadable", "input", "a signature of XML needs the content")
    with failing("input"):
        require_canonical(content)
    return signed_info(content, bytes.fromhex(document.digest_sm3), profile_of(options))


def require_made(evidence: Evidence, signature: VerifiedSignature, options: Options) -> None:
    """The file is that of content, signature and certificate, to the octet; a shield's number in it is a claim.

    Raises VerificationError `message_mismatch`; XmlError for a file without a KeyName.
    """
    document, file = evidence.document, evidence.signature.file
    named = key_name_in(file)
    wanted = serial_name(signature.serial)
    if named != wanted if options.key_name == "serial" else re.fullmatch(PATTERN, named) is None:
        raise XmlError("xml_certificate", "another KeyName than the options say")
    again = signed_file(
        document.content or b"",
        bytes.fromhex(document.digest_sm3),
        profile_of(options),
        value=signature.signature.to_raw(),
        key_name=named,
        certificate=signature.certificate.der,
    )
    if again != file:
        raise VerificationError("message_mismatch", "cms", "the file is not this signature's")
