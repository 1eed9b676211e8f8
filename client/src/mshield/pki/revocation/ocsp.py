"""OCSP responses (RFC 6960 4.2) signed with SM2; re-exports the request side from `ocsp_request`.

A response names its responder by key. Statuses come in the order of the request, whose nonce is echoed (RFC
9654).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Literal

from mshield.gm.sm2 import Signature
from mshield.pki.asn1 import der, oids
from mshield.pki.asn1.frame import assemble, read_frame
from mshield.pki.asn1.reader import Reader
from mshield.pki.certificates import extensions as ext
from mshield.pki.certificates.certificate import Certificate, key_id, parse_certificate
from mshield.pki.certificates.extensions import KeyUse
from mshield.pki.errors import DerError, Finding, IssueError, LintError, OcspError
from mshield.pki.revocation.crl import REASONS, UNSPECIFIED
from mshield.pki.revocation.ocsp_request import (
    CertId,
    HashName,
    OcspRequest,
    build_ocsp_request,
    nonce_extension,
    parse_ocsp_request,
    read_cert_id,
    read_nonce,
)
from mshield.pki.signer import Signer

__all__ = [
    "CertId", "CertStatus", "Good", "HashName", "OcspRequest", "OcspResponse", "RevokedAt", "SingleStatus",
    "Unknown", "build_ocsp_request", "build_ocsp_response", "error_response", "parse_ocsp_request",
    "parse_ocsp_response",
]  # fmt: skip

ErrorKind = Literal["malformed_request", "internal_error", "try_later", "sig_required", "unauthorized"]
_ERRORS: dict[ErrorKind, int] = {
    "malformed_request": 1, "internal_error": 2, "try_later": 3, "sig_required": 5, "unauthorized": 6,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Good:
    """Status of a certificate that isn't revoked."""


@dataclass(frozen=True, slots=True)
class RevokedAt:
    """Status of a certificate revoked or on hold since `at` (ms since the epoch); `reason` 6 is certificateHold."""

    at: int
    reason: int = UNSPECIFIED


@dataclass(frozen=True, slots=True)
class Unknown:
    """Status of a certificate that the responder doesn't know."""


CertStatus = Good | RevokedAt | Unknown


@dataclass(frozen=True, slots=True)
class SingleStatus:
    """Status of one certificate; times in ms, `next_update` None if newer information is always available."""

    cert_id: CertId
    status: CertStatus
    this_update: int
    next_update: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class OcspResponse:
    """A successful response as read; `responder_key_hash` is SHA-1 of the responder's key bits."""

    tbs: bytes = field(repr=False)
    signature: Signature = field(repr=False)
    responder_key_hash: bytes
    produced_at: int
    statuses: tuple[SingleStatus, ...]
    nonce: bytes | None
    certificates: tuple[Certificate, ...] = field(repr=False)


def error_response(kind: ErrorKind) -> bytes:
    """Returns an unsigned error response."""
    return der.sequence(der.enumerated(_ERRORS[kind]))


def build_ocsp_response(
    *,
    signer: Signer,
    responder: Certificate,
    issuer: Certificate,
    statuses: Sequence[tuple[CertId, CertStatus]],
    this_update: int,
    next_update: int | None,
    produced_at: int,
    nonce: bytes | None = None,
    include: Sequence[Certificate] | None = None,
) -> bytes:
    """Builds and signs a response (DER).

    `include` are certificates to include; None includes the responder's, unless it is the issuer itself.
    Raises: IssueError (wrong key), LintError (invalid content).
    """
    if signer.public != responder.public_key:
        raise IssueError("the signer's key is not the responder's")
    if include is None:
        include = () if responder.public_key == issuer.public_key else (responder,)
    tbs = response_data(
        key_id(responder.public_key),
        statuses,
        this_update=this_update,
        next_update=next_update,
        produced_at=produced_at,
        nonce=nonce,
    )
    findings = lint_ocsp(tbs, responder=responder, issuer=issuer)
    if findings:
        raise LintError(findings)
    certificates = (der.explicit(0, der.sequence(*(c.der for c in include))),) if include else ()
    return successful(assemble(tbs, signer.sign(tbs), *certificates))


def response_data(
    responder_key_id: bytes,
    statuses: Sequence[tuple[CertId, CertStatus]],
    *,
    this_update: int,
    next_update: int | None,
    produced_at: int,
    nonce: bytes | None,
) -> bytes:
    """Encodes the ResponseData that a responder signs, whatever its algorithm."""
    singles = (_single(cert_id, status, this_update, next_update) for cert_id, status in statuses)
    extensions = () if nonce is None else (der.explicit(1, der.sequence(nonce_extension(nonce).der)),)
    return der.sequence(
        der.explicit(2, der.octet_string(responder_key_id)),
        der.generalized_time(produced_at),
        der.sequence(*singles),
        *extensions,
    )


def successful(basic: bytes) -> bytes:
    """Encodes an OCSPResponse with this signed BasicOCSPResponse."""
    content = der.sequence(der.oid(oids.OCSP_BASIC), der.octet_string(basic))
    return der.sequence(der.enumerated(0), der.explicit(0, content))


def read_basic(data: bytes) -> Reader:
    """Reads the BasicOCSPResponse inside an OCSPResponse. Raises: DerError, OcspError (an error response)."""
    reader = Reader(data)
    outer = reader.enter()
    reader.end()
    status, wrapped = outer.integer(der.ENUMERATED), outer.explicit(0)
    outer.end()
    if status != 0 or wrapped is None:
        raise OcspError(f"the responder answers with error {status}")
    content = wrapped.enter()
    wrapped.end()
    if content.oid() != oids.OCSP_BASIC:
        raise OcspError("not a basic response")
    basic = Reader(content.octets())
    content.end()
    return basic


def parse_ocsp_response(data: bytes) -> OcspResponse:
    """Parses a response from DER without verifying it: see `status.check_ocsp`.

    Raises: DerError, OcspError (an error response, or another form).
    """
    return _basic(read_basic(data))


def lint_ocsp(tbs: bytes, *, responder: Certificate, issuer: Certificate) -> tuple[Finding, ...]:
    """Returns all findings on a ResponseData that `responder` is about to sign for certificates of `issuer`."""
    try:
        _, produced_at, statuses, _ = _response_data(tbs)
    except (DerError, OcspError) as error:
        return (Finding("structure", str(error)),)
    return tuple(_findings(statuses, produced_at, responder, issuer))


def _findings(
    statuses: tuple[SingleStatus, ...], produced_at: int, responder: Certificate, issuer: Certificate
) -> Iterator[Finding]:
    delegated = responder.aki == issuer.ski and oids.OCSP_SIGNING in (responder.values.purposes or ())
    if KeyUse.DIGITAL_SIGNATURE not in (responder.values.key_usage or ()):
        yield Finding("responder_usage", "the responder's key usage lacks digitalSignature")
    if responder.public_key != issuer.public_key and not delegated:
        yield Finding("responder", "is neither the issuer nor delegated by it")
    if not statuses:
        yield Finding("no_status", "a response covers at least one certificate")
    for single in statuses:
        yield from _findings_of(single, produced_at, issuer)


def _findings_of(single: SingleStatus, produced_at: int, issuer: Certificate) -> Iterator[Finding]:
    status, this_update, next_update = single.status, single.this_update, single.next_update
    if not isinstance(status, Unknown) and not single.cert_id.issued_by(issuer):
        yield Finding("foreign_certificate", f"{single.cert_id.serial} is from another issuer")
    if isinstance(status, RevokedAt) and status.reason not in REASONS:
        yield Finding("reason", str(status.reason))
    if this_update > produced_at or (next_update is not None and next_update <= this_update):
        yield Finding("update_order", "must be this update, then produced at, then next update")


def _single(cert_id: CertId, status: CertStatus, this_update: int, next_update: int | None) -> bytes:
    until = () if next_update is None else (der.explicit(0, der.generalized_time(next_update)),)
    return der.sequence(cert_id.der, _status(status), der.generalized_time(this_update), *until)


def _status(status: CertStatus) -> bytes:
    match status:
        case Good():
            return der.implicit(0, b"")
        case RevokedAt(at, reason):
            why = (der.explicit(0, der.enumerated(reason)),) if reason else ()
            return der.explicit(1, b"".join((der.generalized_time(at), *why)))
        case Unknown():
            return der.implicit(2, b"")


def _basic(reader: Reader) -> OcspResponse:
    inside = reader.enter()
    reader.end()
    framed = read_frame(inside)
    certificates = _certificates(inside)
    inside.end()
    key_hash, produced_at, statuses, nonce = _response_data(framed.tbs)
    return OcspResponse(
        tbs=framed.tbs,
        signature=framed.signature,
        responder_key_hash=key_hash,
        produced_at=produced_at,
        statuses=statuses,
        nonce=nonce,
        certificates=certificates,
    )


def _certificates(inside: Reader) -> tuple[Certificate, ...]:
    wrapped, certificates = inside.explicit(0), []
    if wrapped is not None:
        items = wrapped.enter()
        wrapped.end()
        while items.more():
            certificates.append(parse_certificate(items.raw()))
    return tuple(certificates)


def _response_data(tbs: bytes) -> tuple[bytes, int, tuple[SingleStatus, ...], bytes | None]:
    outer = Reader(tbs)
    inside = outer.enter()
    outer.end()
    by_key = inside.explicit(2)
    if by_key is None:
        raise OcspError("not a version 1 response with the responder named by key")
    key_hash = by_key.octets()
    by_key.end()
    produced_at, items, statuses = inside.generalized_time(), inside.enter(), []
    while items.more():
        statuses.append(_read_single(items.enter()))
    nonce = read_nonce(ext.read_explicit_extensions(inside, 1))
    inside.end()
    return key_hash, produced_at, tuple(statuses), nonce


def _read_single(item: Reader) -> SingleStatus:
    cert_id, status, this_update = read_cert_id(item), _read_status(item), item.generalized_time()
    next_update = item.optional(0, Reader.generalized_time)
    extensions = ext.read_explicit_extensions(item, 1)
    item.end()
    if any(e.critical for e in extensions):
        raise OcspError("an unknown critical extension")
    return SingleStatus(cert_id, status, this_update, next_update)


def _read_status(item: Reader) -> CertStatus:
    match item.peek():
        case 0x80 | 0x82 as tag:
            if item.content(tag):
                raise OcspError("a status has content that it must not have")
            return Good() if tag == 0x80 else Unknown()
        case _:
            info = item.enter(0xA1)
            at, why = info.generalized_time(), info.optional(0, _reason)
            info.end()
            return RevokedAt(at, UNSPECIFIED if why is None else why)


def _reason(why: Reader) -> int:
    return why.integer(der.ENUMERATED)
