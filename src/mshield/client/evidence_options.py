"""The options of a bundle's document: all that its format has."""

import msgspec

from mshield.client.verify import VerificationError
from mshield.pki.signatures.evidence import EvidenceDocument
from mshield.pki.signatures.formats import (
    NO_OPTIONS,
    PDF,
    OptionRefused,
    Options,
    binds_display,
    complete,
)


def options_of(document: EvidenceDocument) -> Options:
    """The options of its format, all that it has and no other; those of before where it tells none."""
    options = document.options
    if options is msgspec.UNSET:
        if document.format == PDF or document.format.startswith("gb"):
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
