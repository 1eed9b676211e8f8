"""Offline revocation check, with a CRL (RFC 5280, 6.3) or an OCSP response (RFC 6960, 3.2).

Either is accepted only if the issuer or its delegate signed it, and if it covers this certificate and moment.
"""

from dataclasses import dataclass

from mshield.gm.engine import Engine
from mshield.pki.asn1 import oids
from mshield.pki.certificates import trust
from mshield.pki.certificates.certificate import Certificate, key_id
from mshield.pki.certificates.extensions import KeyUse
from mshield.pki.certificates.profiles import DAY
from mshield.pki.errors import (
    CertificateOnHold,
    CertificateRevoked,
    StaleStatus,
    StatusUnknown,
    UnknownIssuer,
)
from mshield.pki.revocation.crl import CERTIFICATE_HOLD, Crl, parse_crl
from mshield.pki.revocation.ocsp import Good, OcspResponse, RevokedAt, SingleStatus, parse_ocsp_response

SKEW = 300_000
"""Tolerance in ms for a status from the future: clocks differ, and times are in whole seconds."""

OCSP_LIFE = DAY
"""Validity in ms of a response without nextUpdate."""


@dataclass(frozen=True, slots=True)
class CrlStatus:
    """Proof of not being revoked: the list's number and its times in ms."""

    number: int
    this_update: int
    next_update: int


@dataclass(frozen=True, slots=True)
class OcspStatus:
    """Proof of good status: the response's times in ms, and the certificate of its signer."""

    produced_at: int
    this_update: int
    next_update: int
    responder: Certificate


def check_crl(
    engine: Engine, *, certificate: Certificate, issuer: Certificate, crl: bytes | Crl, at: int
) -> CrlStatus:
    """Checks that the certificate isn't on its issuer's list, current at `at` (ms); a shard's list must cover it.

    Raises: UnknownIssuer, StatusUnknown (list of another shard), WrongUsage, BadCertificateSignature,
    StaleStatus, CertificateRevoked, CertificateOnHold; DerError, CrlError (unreadable list).
    """
    crl = parse_crl(crl) if isinstance(crl, bytes) else crl
    if crl.issuer.der != issuer.subject_der or crl.aki != issuer.ski:
        raise UnknownIssuer("the revocation list is from another issuer")
    _require_own(certificate, issuer)
    if not crl.speaks_about(certificate):
        raise StatusUnknown("the revocation list covers other certificates: this one doesn't name its point")
    trust.require_usage(issuer, KeyUse.CRL_SIGN)
    trust.require_signature(engine, issuer.public_key, crl.tbs, crl.signature, "revocation list")
    _require_fresh(at, crl.this_update, crl.next_update)
    entry = crl.revoked.get(certificate.serial)
    if entry is not None:
        raise revoked(entry.at, entry.reason)
    return CrlStatus(crl.number, crl.this_update, crl.next_update)


def check_ocsp(
    engine: Engine,
    *,
    certificate: Certificate,
    issuer: Certificate,
    response: bytes | OcspResponse,
    at: int,
    nonce: bytes | None = None,
) -> OcspStatus:
    """Checks that the response says good for this certificate, is current at `at` (ms), and has `nonce` if given.

    Raises: StatusUnknown, BadCertificateSignature, WrongUsage, UnknownIssuer, Expired, NotYetValid,
    UnknownCritical, StaleStatus, CertificateRevoked, CertificateOnHold; DerError, OcspError (unreadable
    response).
    """
    response = parse_ocsp_response(response) if isinstance(response, bytes) else response
    _require_own(certificate, issuer)
    responder = _responder(engine, issuer, response, at)
    trust.require_signature(engine, responder.public_key, response.tbs, response.signature, "OCSP response")
    if nonce is not None and response.nonce != nonce:
        raise StaleStatus("the response does not answer this request: its nonce differs")
    single = _single(certificate, issuer, response)
    next_update = single.this_update + OCSP_LIFE if single.next_update is None else single.next_update
    _require_fresh(at, single.this_update, next_update)
    match single.status:
        case Good():
            return OcspStatus(response.produced_at, single.this_update, next_update, responder)
        case RevokedAt(revoked_at, reason):
            raise revoked(revoked_at, reason)
        case _:
            raise StatusUnknown("the responder does not know the certificate")


def _require_own(certificate: Certificate, issuer: Certificate) -> None:
    # Serial numbers are unique per CA only: without this, another CA's list would clear the certificate.
    if (certificate.issuer_der, certificate.aki) != (issuer.subject_der, issuer.ski):
        raise UnknownIssuer("the certificate is from another issuer")


def _require_fresh(at: int, this_update: int, next_update: int) -> None:
    if this_update > at + SKEW:
        raise StaleStatus("the status is later than the requested moment")
    if at >= next_update:
        raise StaleStatus("the status is out of date")


def revoked(at: int, reason: int) -> CertificateRevoked:
    """Returns the error for a certificate revoked for this reason, or on hold."""
    if reason == CERTIFICATE_HOLD:
        return CertificateOnHold("the certificate is on hold", at=at, reason=reason)
    return CertificateRevoked(f"the certificate is revoked for reason {reason}", at=at, reason=reason)


def _single(certificate: Certificate, issuer: Certificate, response: OcspResponse) -> SingleStatus:
    for single in response.statuses:
        if single.cert_id.serial == certificate.serial and single.cert_id.issued_by(issuer):
            return single
    raise StatusUnknown("the response doesn't cover this certificate")


def _responder(engine: Engine, issuer: Certificate, response: OcspResponse, at: int) -> Certificate:
    """Returns the signer: the issuer itself, or a responder that it gave OCSPSigning (RFC 6960, 4.2.2.2)."""
    if response.responder_key_hash == key_id(issuer.public_key):
        trust.require_usage(issuer, KeyUse.DIGITAL_SIGNATURE)
        return issuer
    for candidate in response.certificates:
        if response.responder_key_hash == key_id(candidate.public_key):
            _require_delegate(engine, issuer, candidate, at)
            return candidate
    raise StatusUnknown("the responder's certificate is not in the response")


def _require_delegate(engine: Engine, issuer: Certificate, responder: Certificate, at: int) -> None:
    trust.require_understood(responder)
    trust.require_issued(engine, responder, issuer)
    trust.require_valid(responder, at)
    trust.require_usage(responder, KeyUse.DIGITAL_SIGNATURE)
    if oids.OCSP_SIGNING not in (responder.values.purposes or ()):
        raise StatusUnknown("the responder is not authorised: OCSPSigning is missing")
    if not responder.values.ocsp_no_check:
        raise StatusUnknown("the responder's own status would have to be checked: nocheck is missing")
