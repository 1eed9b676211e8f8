"""Certificates in a SignedData without signers (RFC 5652, RFC 7030 4.1.3), of either arc, in DER or BER."""

from typing import Final

from mshield.pki.asn1 import der, oids
from mshield.pki.asn1.reader import Reader
from mshield.pki.errors import DerError, P7Error
from mshield.pki.foreign.ber import Wrapper
from mshield.pki.foreign.p7_file import octets_of_file

_TYPES: Final = frozenset({oids.CMS_SIGNED_DATA, oids.GB_SIGNED_DATA})
_MAX_CERTIFICATES: Final = 64
_CERTIFICATES, _CRLS = 0xA0, 0xA1


def read_certs_only(data: bytes) -> tuple[bytes, ...]:
    """Returns the certificates, at most 64, unchanged; `data` is DER, BER, base64 or PEM. Raises: DerError."""
    try:
        outer = Wrapper(octets_of_file(data))
    except P7Error as error:
        raise DerError(str(error)) from error
    outer.enter(der.SEQUENCE)
    if Reader(outer.strict(der.OID)).oid() not in _TYPES:
        raise DerError("not a SignedData")
    outer.enter(0xA0)
    outer.enter(der.SEQUENCE)
    Reader(outer.strict(der.INTEGER)).integer()
    outer.enter(der.SET)  # no digest
    outer.leave()
    outer.enter(der.SEQUENCE)
    outer.strict(der.OID)
    outer.leave()
    certificates = _set(outer, _CERTIFICATES)
    _set(outer, _CRLS)
    outer.enter(der.SET)  # no signer
    for _ in range(4):
        outer.leave()
    outer.end()
    return certificates


def _set(outer: Wrapper, tag: int) -> tuple[bytes, ...]:
    if outer.peek() != tag:
        return ()
    found: list[bytes] = []
    outer.enter(tag)
    while outer.more():
        if len(found) == _MAX_CERTIFICATES:
            raise DerError("too many certificates or lists")
        found.append(outer.strict(der.SEQUENCE))
    outer.leave()
    return tuple(found)
