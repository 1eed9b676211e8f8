"""Encodings of a file with a SignedData or a part of one: DER or BER, base64 with or without line breaks, PEM."""

import base64
import re
from collections.abc import Sequence
from typing import Final

from mshield.pki.asn1 import der
from mshield.pki.errors import P7Error

MAX_P7: Final = 64 * 1024 * 1024
"""Limit on a file's size in octets."""

_LABELS: Final = ("CMS", "PKCS7", "PKCS #7 SIGNED DATA")
PART_LABELS: Final = (
    *_LABELS, "CERTIFICATE", "X509 CRL", "OCSP RESPONSE", "TIMESTAMP TOKEN", "TIMESTAMP RESPONSE",
)  # fmt: skip
"""PEM labels accepted for a standalone file; the content decides which kind it is."""

_SPACE: Final = b" \t\r\n"
_BASE64: Final = re.compile(rb"[A-Za-z0-9+/]+={0,2}")


def octets_of_file(data: bytes, labels: Sequence[str] = _LABELS) -> bytes:
    """Returns the DER or BER in a file; PEM must have one of these labels. Raises: P7Error (`form`)."""
    if len(data) > MAX_P7:
        raise P7Error("form", "longer than 64 MiB")
    if data[:1] == bytes((der.SEQUENCE,)):
        return data
    text = data.strip(_SPACE)
    if text.startswith(b"-----"):
        text = _body(text, labels)
    text = text.translate(None, _SPACE)
    if len(text) % 4 or not _BASE64.fullmatch(text):
        raise P7Error("form", "neither DER nor base64 nor PEM")
    octets = base64.b64decode(text)
    if base64.b64encode(octets) != text:
        raise P7Error("form", "base64 with stray bits")
    return octets


def _body(text: bytes, labels: Sequence[str]) -> bytes:
    """Returns the text between the lines of the single PEM block."""
    for label in labels:
        begin, end = f"-----BEGIN {label}-----".encode(), f"-----END {label}-----".encode()
        if text.startswith(begin) and text.endswith(end) and len(text) >= len(begin) + len(end):
            return text[len(begin) : -len(end)]
    raise P7Error("form", "there must be exactly one PEM block, with a supported label")
