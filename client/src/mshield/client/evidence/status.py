"""Status of a certificate at the time of a signature, from an OCSP response made afterwards.

A response from before the signature proves nothing about it. One with `revoked` still proves that the
certificate was good if the revocation was later than the signature.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from mshield.gm.engine import Engine
from mshield.pki.certificates.certificate import Certificate
from mshield.pki.errors import CertificateRevoked, StaleStatus, StatusUnknown
from mshield.pki.revocation.crl import Crl
from mshield.pki.revocation.ocsp import parse_ocsp_response
from mshield.pki.verification.path import check_crl, check_ocsp
from mshield.pki.verification.status import SKEW


@dataclass(frozen=True, slots=True)
class LaterStatus:
    """Revoked or on hold (reason 6) since `at` (ms), after the signature; `reason` as in RFC 5280."""

    at: int
    reason: int


@dataclass(frozen=True, slots=True)
class StatusThen:
    """Proof of good status at the time of the signature: a response made at `this_update` (ms)."""

    this_update: int
    later: LaterStatus | None


Now = LaterStatus | Literal["good"] | None
"""Status of a certificate at the moment of verification; None if unknown."""


def check_now(
    engine: Engine,
    certificate: Certificate,
    issuer: Certificate,
    lists: Sequence[Crl],
    *,
    signed_at: int,
    now: int,
) -> Now:
    """Determines the status from the issuer's lists that are in force.

    Raises: PkiError, as `check_crl`, if it was revoked before the signature.
    """
    own = [
        crl
        for crl in lists
        if (crl.issuer.der, crl.aki) == (issuer.subject_der, issuer.ski)
        and crl.speaks_about(certificate)
        and crl.this_update <= now + SKEW
        and now < crl.next_update
    ]
    for crl in own:
        try:
            check_crl(engine, certificate=certificate, issuer=issuer, crl=crl, at=now)
        except CertificateRevoked as error:
            if error.at <= signed_at:
                raise
            return LaterStatus(error.at, error.reason)
    return "good" if own else None


def check_status(
    engine: Engine,
    certificate: Certificate,
    issuer: Certificate,
    response: bytes,
    *,
    signed_at: int,
    now: int,
) -> StatusThen:
    """Determines the status at `signed_at` (ms), checked at `now`. Raises: PkiError, as `check_ocsp`.

    OCSP has whole seconds: a revocation in the second of the signature counts as earlier.
    """
    read = parse_ocsp_response(response)
    if len(read.statuses) != 1:
        raise StatusUnknown("the response must cover only this certificate")
    this_update = read.statuses[0].this_update
    if this_update < signed_at // 1000 * 1000:
        raise StaleStatus("the status is from before the signature")
    if max(this_update, read.produced_at) > now + SKEW:
        raise StaleStatus("the status is from the future")
    try:
        check_ocsp(engine, certificate=certificate, issuer=issuer, response=read, at=read.produced_at)
    except CertificateRevoked as error:
        if error.at <= signed_at:
            raise
        return StatusThen(this_update, LaterStatus(error.at, error.reason))
    return StatusThen(this_update, None)
