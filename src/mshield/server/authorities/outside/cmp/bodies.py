"""Bodies of the messages that the service sends (RFC 9810, 5.3), each with its number in PKIBody."""

import hashlib
from typing import Final, NamedTuple

from mshield.gm.sm3 import sm3
from mshield.pki.asn1 import der, oids
from mshield.pki.asn1.reader import Reader
from mshield.pki.errors import DerError

CR, P10CR, RR, CERT_CONF, POLL_REQ = 2, 4, 11, 24, 25
P10_REQUEST: Final = -1
"""certReqId of a PKCS#10, and of polls for answers other than certificates (RFC 9483, 4.1.4 and 4.4)."""

CRMF_REQUEST: Final = 0
HOLD, RELEASE = 6, 8
"""Reasons certificateHold and removeFromCRL (RFC 5280, 5.3.1)."""

_RA_VERIFIED: Final = b"\x80\x00"
_REJECTION: Final = 2
_BAD_CERT_TEMPLATE: Final = 19
_SHA384: Final = frozenset({"1.2.840.10045.4.3.3", "1.2.840.113549.1.1.12"})
_SHA512: Final = frozenset({"1.2.840.10045.4.3.4", "1.2.840.113549.1.1.13"})


class Body(NamedTuple):
    """Content of a PKIBody and its number."""

    number: int
    content: bytes


def p10cr(request: bytes) -> Body:
    """Asks for a certificate by a PKCS#10; its signature proves possession of the key."""
    return Body(P10CR, request)


def cr_ra_verified(subject: bytes, public_key_info: bytes) -> Body:
    """Asks for a certificate by a template (RFC 4211); the service itself has verified possession of the key."""
    key = b"\xa6" + public_key_info[1:]  # [6] IMPLICIT SubjectPublicKeyInfo
    template = der.sequence(der.explicit(5, subject), key)
    request = der.sequence(der.integer(CRMF_REQUEST), template)
    return Body(CR, der.sequence(der.sequence(request, _RA_VERIFIED)))


def poll_req(request_id: int) -> Body:
    """Asks for an answer that is waiting."""
    return Body(POLL_REQ, der.sequence(der.sequence(der.integer(request_id))))


def cert_conf(certificate: bytes, request_id: int, *, accepted: bool) -> Body:
    """Accepts a certificate, or rejects it so that the CA withdraws it."""
    status: tuple[bytes, ...] = ()
    if not accepted:
        text = der.sequence(der.utf8("certificate not accepted"))
        status = (der.sequence(der.integer(_REJECTION), text, der.named_bits(_BAD_CERT_TEMPLATE)),)
    one = der.sequence(der.octet_string(certificate_hash(certificate)), der.integer(request_id), *status)
    return Body(CERT_CONF, der.sequence(one))


def rr(issuer: bytes, serial: int, reason: int) -> Body:
    """Revokes a certificate, holds it (`HOLD`) or releases it (`RELEASE`)."""
    template = der.sequence(der.implicit(1, der.integer_content(serial)), der.explicit(3, issuer))
    extension = der.sequence(der.oid(oids.REASON_CODE), der.octet_string(der.enumerated(reason)))
    return Body(RR, der.sequence(der.sequence(template, der.sequence(extension))))


def certificate_hash(certificate: bytes) -> bytes:
    """Returns certHash: by the hash of the certificate's signature algorithm, SM3 for SM2; SHA-256 if unknown."""
    algorithm = _signature_algorithm(certificate)
    if algorithm == oids.SM2_WITH_SM3:
        return sm3(certificate)
    name = "sha384" if algorithm in _SHA384 else "sha512" if algorithm in _SHA512 else "sha256"
    return hashlib.new(name, certificate).digest()


def _signature_algorithm(certificate: bytes) -> str | None:
    try:
        inside = Reader(certificate).enter()
        inside.raw(der.SEQUENCE)
        return inside.enter().oid()
    except DerError:
        return None
