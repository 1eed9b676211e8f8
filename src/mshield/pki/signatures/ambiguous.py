"""Content that is never signed as it stands: its bare signature would serve for something that nobody saw.

Signed attributes (`is_like_attributes`) have a refusal of their own. These are the others: digests, which OFD and
GB/T 35275 sign in place of a file; XML's SignedInfo; what certificates, their requests and lists sign; what TLS signs.
"""

import re
from typing import Final

from mshield.pki.asn1 import der, oids

_DIGEST_BYTES: Final = 32
_ENCODED_DIGEST: Final = re.compile(rb"(?:[A-Za-z0-9+/]{43}=|[0-9A-Fa-f]{64})(?:\r?\n)?")
_SIGNED_INFO: Final = re.compile(rb"(?:\xef\xbb\xbf)?[ \t\r\n]*<(?:[^\s<>/:&]+:)?SignedInfo[ \t\r\n>/]")
_TLS_13: Final = b" " * 64 + b"TLS 1.3"
_REQUEST: Final = bytes.fromhex("02010030")
"""How a CertificationRequestInfo begins: version 0, then a name."""

_CERTIFICATE: Final = bytes.fromhex("a0030201")
"""How a TBSCertificate begins: its version, explicitly."""

_LIST: Final = bytes.fromhex("02010130")
"""How a TBSCertList begins: version 1, then an algorithm."""

_LIST_HEAD: Final = 24
_GM_ARC: Final = der.oid(oids.SM2_WITH_SM3)[2:7]


def is_ambiguous(content: bytes) -> bool:
    """Whether a signature over this content alone would say something else than what its reader sees."""
    return (
        is_digest(content)
        or is_like_signed_info(content)
        or _is_of_certificates(content)
        or content.startswith(_TLS_13)
        or not content
    )


def is_digest(content: bytes) -> bool:
    """Whether content is 32 octets, or base64 or hex of them, with or without a final newline."""
    return len(content) == _DIGEST_BYTES or _ENCODED_DIGEST.fullmatch(content) is not None


def is_like_signed_info(content: bytes) -> bool:
    """Whether content begins as XML's SignedInfo does."""
    return _SIGNED_INFO.match(content) is not None


def _is_of_certificates(content: bytes) -> bool:
    if len(content) < 2 or content[0] != der.SEQUENCE:
        return False
    length = content[1]
    at = 2 + (length & 0x7F if length & 0x80 else 0)
    head = content[at : at + 4]
    return head in {_REQUEST, _CERTIFICATE} or (head == _LIST and _GM_ARC in content[:_LIST_HEAD])
