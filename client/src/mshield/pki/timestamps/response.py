"""Responses to requests (RFC 3161, 2.4.2): a token, or the reason for refusing one."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from mshield.pki.asn1 import der
from mshield.pki.asn1.reader import Reader
from mshield.pki.errors import DerError, TimeStampError

BITS: Final[Mapping[str, int]] = MappingProxyType(
    {
        "bad_alg": 0,
        "bad_request": 2,
        "bad_data_format": 5,
        "time_not_available": 14,
        "unaccepted_policy": 15,
        "unaccepted_extension": 16,
        "system_failure": 25,
    }
)
"""Bits of PKIFailureInfo."""

_GRANTED: Final = frozenset({0, 1})
_REJECTION: Final = 2


def granted(token: bytes) -> bytes:
    """Encodes a response with this token."""
    return der.sequence(der.sequence(der.integer(0)), token)


def rejected(failure: str) -> bytes:
    """Encodes a response without a token, with the failure bit of `BITS`."""
    return der.sequence(der.sequence(der.integer(_REJECTION), der.named_bits(BITS[failure])))


def token_of(answer: bytes) -> bytes:
    """Returns the token in a response. Raises: TimeStampError (`status`: the authority refused; `form`)."""
    try:
        reader = Reader(answer)
        inside = reader.enter()
        reader.end()
        status = inside.enter().integer()  # text and failure bits may follow
        if status not in _GRANTED:
            raise TimeStampError("status", f"the authority answers with status {status}")
        token = inside.raw(der.SEQUENCE)
        inside.end()
    except DerError as error:
        raise TimeStampError("form", str(error)) from error
    return token
