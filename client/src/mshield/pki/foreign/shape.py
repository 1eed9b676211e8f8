"""Detection of a DER file's kind by its first tags. Whether it is valid is left to its reader."""

from typing import Final, Literal

from mshield.pki.asn1 import der, oids
from mshield.pki.asn1.reader import Reader
from mshield.pki.errors import DerError

Shape = Literal["p7", "time_stamp", "certificate", "crl", "ocsp"]

_SIGNED_DATA: Final = frozenset({oids.CMS_SIGNED_DATA, oids.GB_SIGNED_DATA})
_VERSION: Final = 0xA0
_UTF8: Final = 0x0C
_MOST: Final = 3
_TIMES: Final = frozenset({der.UTC_TIME, der.GENERALIZED_TIME})


def shape_of(data: bytes) -> Shape | None:
    """Returns the likely kind; None if it is none of these, truncated, or followed by other data.

    A SignedData is `p7` unless it holds a time stamp. A SignedData in BER gives None.
    """
    try:
        reader = Reader(data)
        inside = reader.enter()
        reader.end()
        return _shape(inside)
    except DerError:
        return None


def _shape(inside: Reader) -> Shape | None:
    match inside.peek():
        case der.OID:
            return _signed(inside)
        case der.ENUMERATED:
            return "ocsp"
        case der.SEQUENCE:
            return _body(inside.enter())
    return None


def _body(body: Reader) -> Shape | None:
    if body.peek() == _VERSION:
        return "certificate"
    has_number = body.peek() == der.INTEGER
    if has_number:
        body.integer()
    members = [body.raw() for _ in range(_MOST) if body.more()]
    if has_number and _is_status(members):
        return "time_stamp"
    tags = [one[0] for one in members]
    if tags[:2] != [der.SEQUENCE, der.SEQUENCE]:
        return None
    # After algorithm and issuer comes a list's time, or the SEQUENCE of times of a version 1 certificate.
    return "crl" if tags[2:] and tags[2] in _TIMES else "certificate"


def _is_status(members: list[bytes]) -> bool:
    """Reports whether these members of a PKIStatusInfo follow its number: nothing, text, or failure bits."""
    if not members or members[0][0] == der.BIT_STRING:
        return True
    return members[0][0] == der.SEQUENCE and Reader(members[0]).enter().peek() == _UTF8


def _signed(inside: Reader) -> Shape | None:
    if inside.oid() not in _SIGNED_DATA:
        return None
    wrapped = inside.explicit(0)
    if wrapped is None:
        return None
    signed = wrapped.enter()
    signed.integer()
    signed.raw(der.SET)
    return "time_stamp" if signed.enter().oid() == oids.TST_INFO else "p7"
