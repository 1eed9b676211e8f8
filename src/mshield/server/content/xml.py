"""Canonical form of XML to be signed, as an answer instead of an error, so that another process can return it."""

from mshield.pki.errors import XmlError
from mshield.pki.xml.making import canonical_content


def canonical_or_refusal(octets: bytes) -> tuple[str | None, bytes]:
    """Returns the reason for refusing the document, or None and its canonical form."""
    try:
        return None, canonical_content(octets)
    except XmlError as error:
        return error.reason, b""
