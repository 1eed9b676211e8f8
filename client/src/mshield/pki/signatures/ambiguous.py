"""Detection of content whose bare signature could be passed off as a signature over something else.

Such content is never signed as it is. Verifiers refuse it too as the content of a SignedData without
attributes, except for the checks that only a signer can make.
"""

import re
from typing import Final, Literal

from mshield.gm.transcript import is_internal_message
from mshield.pki.signatures.ofd_lists import is_ofd_list
from mshield.pki.signatures.signed_attributes import is_like_attributes
from mshield.pki.signatures.to_be_signed import is_to_be_signed

Ambiguity = Literal[
    "empty", "internal", "attributes", "digest", "signed_info", "ofd_list", "to_be_signed", "tls"
]

_BASE64: Final = re.compile(rb"[A-Za-z0-9+/]{43}=(?:\r\n|\r|\n)?")
_HEX: Final = re.compile(rb"[0-9A-Fa-f]{64}(?:\r\n|\r|\n)?")
_SIGNED_INFO: Final = re.compile(rb"(?:\xef\xbb\xbf)?[ \t\r\n]*<(?:[^ \t\r\n:<>/]+:)?SignedInfo[ \t\r\n>/]")
_TLS: Final = b" " * 64 + b"TLS 1.3"
_DIGEST_BYTES: Final = 32


def ambiguity(content: bytes) -> Ambiguity | None:
    """Returns what else a bare signature over this content could be; None if nothing.

    Login messages are checked separately, by their JSON.
    """
    other = content_of_another(content)
    if other is not None:
        return other
    if not content:
        return "empty"
    if is_to_be_signed(content):
        return "to_be_signed"
    if is_ofd_list(content):
        return "ofd_list"
    return "tls" if content.startswith(_TLS) else None


def content_of_another(content: bytes) -> Ambiguity | None:
    """Returns why a verifier refuses this as the content of a SignedData without attributes; None if it doesn't."""
    if is_internal_message(content):
        return "internal"
    if is_like_attributes(content):
        return "attributes"
    if is_digest(content):
        return "digest"
    return "signed_info" if is_like_signed_info(content) else None


def is_ambiguous(content: bytes) -> bool:
    """Reports whether it is refused as ambiguous; internal messages and attributes have their own errors."""
    return ambiguity(content) not in {None, "internal", "attributes"}


def is_digest(content: bytes) -> bool:
    """Reports whether it is 32 octets, raw or in base64 or hex: OFD files are signed by signing such a digest."""
    if len(content) == _DIGEST_BYTES:
        return True
    return bool(_BASE64.fullmatch(content) or _HEX.fullmatch(content))


def is_like_signed_info(content: bytes) -> bool:
    """Reports whether content begins like XML's SignedInfo."""
    return _SIGNED_INFO.match(content) is not None
