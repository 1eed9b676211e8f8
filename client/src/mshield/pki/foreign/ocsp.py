"""OCSP responses of foreign responders, and the status that one gives for a certificate at a moment (RFC 6960)."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final, Literal

from mshield.gm.engine import Engine
from mshield.gm.sm2 import Signature
from mshield.pki.asn1 import der, oids
from mshield.pki.asn1.reader import Reader
from mshield.pki.certificates.certificate import key_id
from mshield.pki.certificates.extensions import Extension, KeyUse
from mshield.pki.certificates.profiles import DAY
from mshield.pki.errors import (
    OcspError,
    PathError,
    PkiError,
    StaleStatus,
    StatusUnknown,
    UnknownIssuer,
)
from mshield.pki.foreign.certificate import ForeignCertificate, parse_foreign_certificate
from mshield.pki.foreign.extensions import read_explicit_foreign
from mshield.pki.foreign.frame import read_foreign_frame
from mshield.pki.foreign.names import read_foreign_name
from mshield.pki.foreign.path import is_named, require_foreign_issued, require_foreign_signature
from mshield.pki.revocation.ocsp import read_basic
from mshield.pki.revocation.ocsp_request import CertId, digest, read_cert_id, read_nonce

MAX_OCSP: Final = 256 * 1024
"""Limit in octets on a response with its certificates."""

MAX_CERTIFICATES: Final = 16
SKEW: Final = 300_000
"""Tolerance in ms for responses from the future: clocks differ."""

State = Literal["good", "revoked", "unknown"]


@dataclass(frozen=True, slots=True)
class ForeignSingle:
    """Status of one certificate; times in ms, `revoked_at` and `reason` if it is revoked."""

    cert_id: CertId
    state: State
    this_update: int
    next_update: int | None
    revoked_at: int | None = None
    reason: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ForeignOcsp:
    """A response as read. `responder` is the DER of a name if `by_name`, else the SHA-1 of a key."""

    tbs: bytes = field(repr=False)
    signature: Signature = field(repr=False)
    by_name: bool
    responder: bytes
    produced_at: int
    singles: tuple[ForeignSingle, ...]
    certificates: tuple[ForeignCertificate, ...] = field(repr=False)


def parse_foreign_ocsp(data: bytes) -> ForeignOcsp:
    """Parses a response from DER without verifying it. Raises: DerError, CertificateError, OcspError."""
    if len(data) > MAX_OCSP:
        raise OcspError("the answer is too long")
    basic = read_basic(data)
    inside = basic.enter()
    basic.end()
    framed = read_foreign_frame(inside)
    certificates = inside.optional(0, _certificates) or ()
    inside.end()
    by_name, responder, produced_at, singles = _data(framed.tbs)
    return ForeignOcsp(
        tbs=framed.tbs,
        signature=framed.signature,
        by_name=by_name,
        responder=responder,
        produced_at=produced_at,
        singles=singles,
        certificates=certificates,
    )


def foreign_status(
    engine: Engine,
    ocsp: ForeignOcsp,
    *,
    certificate: ForeignCertificate,
    issuer: ForeignCertificate,
    at: int,
) -> ForeignSingle:
    """Verifies the response and returns its status for this certificate, current at `at` (ms).

    Raises: UnknownIssuer, StatusUnknown, StaleStatus, BadCertificateSignature.
    """
    if not is_named(certificate, issuer):
        raise UnknownIssuer("the certificate is from another issuer")
    require_ocsp_of(engine, ocsp, issuer, at)
    single = next((one for one in ocsp.singles if _is_about(one.cert_id, certificate, issuer)), None)
    if single is None:
        raise StatusUnknown("the answer doesn't cover this certificate")
    if single.this_update > at + SKEW or at >= ocsp_until(single):
        raise StaleStatus("the status is out of date, or from the future")
    return single


def require_ocsp_of(engine: Engine, ocsp: ForeignOcsp, issuer: ForeignCertificate, at: int) -> None:
    """Checks that this CA signed the response, or a responder that it authorised, valid at `at` (ms).

    Raises: StatusUnknown, BadCertificateSignature.
    """
    responder = _responder(engine, ocsp, issuer, at)
    require_foreign_signature(engine, responder, ocsp.tbs, ocsp.signature)


def is_answer_of(ocsp: ForeignOcsp, issuer: ForeignCertificate) -> bool:
    """Reports whether all statuses are about certificates of this CA, by name and key; False if there is no status."""
    return bool(ocsp.singles) and all(_is_issued(one.cert_id, issuer) for one in ocsp.singles)


def ocsp_until(single: ForeignSingle) -> int:
    """Returns the end of a status in ms (exclusive): nextUpdate, or a day after thisUpdate if there is none."""
    return single.this_update + DAY + 1 if single.next_update is None else single.next_update


def _is_about(cert_id: CertId, certificate: ForeignCertificate, issuer: ForeignCertificate) -> bool:
    return cert_id.serial == certificate.serial and _is_issued(cert_id, issuer)


def _is_issued(cert_id: CertId, issuer: ForeignCertificate) -> bool:
    name, key = cert_id.issuer_name_hash, cert_id.issuer_key_hash
    return name == digest(cert_id.hash_name, issuer.subject.der) and key == digest(
        cert_id.hash_name, issuer.public_key
    )


def _responder(engine: Engine, ocsp: ForeignOcsp, issuer: ForeignCertificate, at: int) -> ForeignCertificate:
    """Returns the signer: the issuer itself, or a responder that it gave OCSPSigning (RFC 6960, 4.2.2.2)."""
    for candidate in (issuer, *ocsp.certificates):
        own = candidate.subject.der if ocsp.by_name else key_id(candidate.public_key)
        if own != ocsp.responder:
            continue
        if candidate.public_key == issuer.public_key and candidate.subject.der == issuer.subject.der:
            return issuer
        try:
            _require_delegate(engine, candidate, issuer, at)
        except PathError:
            continue
        return candidate
    raise StatusUnknown("the answer contains no responder authorised by the issuer")


def _require_delegate(
    engine: Engine, responder: ForeignCertificate, issuer: ForeignCertificate, at: int
) -> None:
    values = responder.values
    uses = values.key_usage
    if values.unknown_critical or oids.OCSP_SIGNING not in (values.purposes or ()):
        raise StatusUnknown("the responder is not authorised: OCSPSigning is missing")
    if uses is not None and not uses & {KeyUse.DIGITAL_SIGNATURE, KeyUse.NON_REPUDIATION}:
        raise StatusUnknown("the responder's key is not for signatures")
    if not responder.not_before <= at < responder.not_after + 1000:
        raise StatusUnknown("the responder's certificate was not valid at that time")
    require_foreign_issued(engine, responder, issuer)


def _certificates(wrapped: Reader) -> tuple[ForeignCertificate, ...]:
    """Reads the certificates; unreadable ones are skipped."""
    items, certificates, count = wrapped.enter(), [], 0
    while items.more():
        count += 1
        if count > MAX_CERTIFICATES:
            raise OcspError("too many certificates")
        encoded = items.raw(der.SEQUENCE)
        try:
            certificates.append(parse_foreign_certificate(encoded))
        except PkiError:
            continue
    return tuple(certificates)


def _data(tbs: bytes) -> tuple[bool, bytes, int, tuple[ForeignSingle, ...]]:
    outer = Reader(tbs)
    inside = outer.enter()
    outer.end()
    by_name = inside.optional(1, read_foreign_name)
    responder = inside.optional(2, Reader.octets) if by_name is None else by_name.der
    if responder is None:
        raise OcspError("not a version 1 response, or its responder has no name")
    produced_at, items, singles = inside.generalized_time(), inside.enter(), []
    while items.more():
        singles.append(_single(items.enter()))
    _require_known(read_explicit_foreign(inside, 1))
    inside.end()
    return by_name is not None, responder, produced_at, tuple(singles)


def _require_known(extensions: Sequence[Extension]) -> None:
    read_nonce(extensions)


def _single(item: Reader) -> ForeignSingle:
    cert_id = read_cert_id(item)
    state, revoked_at, reason = _state(item)
    this_update = item.generalized_time()
    next_update = item.optional(0, Reader.generalized_time)
    extensions = read_explicit_foreign(item, 1)
    item.end()
    if any(e.critical for e in extensions):
        raise OcspError("an unknown critical extension")
    return ForeignSingle(cert_id, state, this_update, next_update, revoked_at, reason)


def _state(item: Reader) -> tuple[State, int | None, int | None]:
    match item.peek():
        case 0x80 | 0x82 as tag:
            if item.content(tag):
                raise OcspError("a status has content that it must not have")
            return ("good" if tag == 0x80 else "unknown"), None, None
        case _:
            info = item.enter(0xA1)
            at, why = info.generalized_time(), info.optional(0, _reason)
            info.end()
            return "revoked", at, why


def _reason(why: Reader) -> int:
    return why.integer(der.ENUMERATED)
