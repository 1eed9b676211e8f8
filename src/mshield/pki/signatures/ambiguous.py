"""Content whose bare signature would serve as something else that nobody saw: it is never signed as it stands.

A verifier refuses the same as the content of a SignedData without attributes, but for what only a signer can judge.
"""

import re
from typing import Final, Literal

from mshield.gm.transcript import is_internal_message
from mshield.pki.asn1 import der
from mshield.pki.signatures.signed_attributes import is_like_attributes

Ambiguity = Literal["empty", "internal", "attributes", "digest", "signed_info", "to_be_signed", "tls"]

_BASE64: Final = re.compile(rb"[A-Za-z0-9+/]{43}=(?:\r\n|\r|\n)?")
_HEX: Final = re.compile(rb"[0-9A-Fa-f]{64}(?:\r\n|\r|\n)?")
_SIGNED_INFO: Final = re.compile(rb"(?:\xef\xbb\xbf)?[ \t\r\n]*<(?:[^ \t\r\n:<>/]+:)?SignedInfo[ \t\r\n>/]")
_REQUEST, _CERTIFICATE, _LIST = b"\x02\x01\x00\x30", b"\xa0\x03\x02\x01", b"\x02\x01\x01\x30"
_SM2_WITH_SM3: Final = b"\x2a\x81\x1c\xcf\x55"
_HEAD: Final = 24
"""Octets in which a list's TBSCertList names its algorithm."""

_TLS: Final = b" " * 64 + b"TLS 1.3"
_DIGEST_BYTES: Final = 32


def ambiguity(content: bytes) -> Ambiguity | None:
    """What else a bare signature over this content would be; None where it is nothing else.

    What a login signs is judged apart, by its JSON.
    """
    seen = content_of_another(content)
    if seen is not None:
        return seen
    if not content:
        return "empty"
    if _is_to_be_signed(content):
        return "to_be_signed"
    return "tls" if content.startswith(_TLS) else None


def content_of_another(content: bytes) -> Ambiguity | None:
    """What a verifier refuses as the content of a SignedData without attributes; None where it may be one."""
    if is_internal_message(content):
        return "internal"
    if is_like_attributes(content):
        return "attributes"
    if is_digest(content):
        return "digest"
    return "signed_info" if is_like_signed_info(content) else None


def is_ambiguous(content: bytes) -> bool:
    """Whether it is refused as ambiguous; internal messages, logins and attributes have refusals of their own."""
    return ambiguity(content) not in {None, "internal", "attributes"}


def is_digest(content: bytes) -> bool:
    """Whether it is 32 octets, or these in base64 or hex: a file's digest, by whose signature OFD files are signed."""
    if len(content) == _DIGEST_BYTES:
        return True
    return bool(_BASE64.fullmatch(content) or _HEX.fullmatch(content))


def is_like_signed_info(content: bytes) -> bool:
    """Whether content begins as XML's SignedInfo does."""
    return _SIGNED_INFO.match(content) is not None


def _is_to_be_signed(content: bytes) -> bool:
    """Whether it begins as CertificationRequestInfo, TBSCertificate or TBSCertList do, its length in any BER form."""
    if len(content) < 2 or content[0] != der.SEQUENCE:
        return False
    length = content[1]
    inside = content[2 + (length & 0x7F if length & 0x80 else 0) :][:4]
    return inside in {_REQUEST, _CERTIFICATE} or (inside == _LIST and _SM2_WITH_SM3 in content[:_HEAD])
