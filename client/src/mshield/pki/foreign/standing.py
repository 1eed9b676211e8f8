"""Standing of a foreign signer: the trusted root it leads to, and the proof that it wasn't revoked."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from mshield.gm.engine import Engine
from mshield.pki.certificates.certificate import parse_certificate
from mshield.pki.errors import (
    PkiError,
    StaleStatus,
    StatusUnknown,
    UnknownIssuer,
)
from mshield.pki.foreign.certificate import ForeignCertificate, parse_foreign_certificate
from mshield.pki.foreign.crl import parse_foreign_crl, require_crl_of
from mshield.pki.foreign.ocsp import SKEW, foreign_status, parse_foreign_ocsp
from mshield.pki.foreign.path import find_foreign_path
from mshield.pki.foreign.trust_list import TrustedRoot
from mshield.pki.revocation.crl import UNSPECIFIED
from mshield.pki.verification.path import verify_chain
from mshield.pki.verification.status import revoked

By = Literal["ocsp", "crl"]


@dataclass(frozen=True, slots=True)
class Standing:
    """Path from signer to `root`, which is None if no trusted root is reached; `by` is the source that cleared it."""

    path: tuple[ForeignCertificate, ...]
    root: TrustedRoot | None
    by: By | None


def standing_of(
    engine: Engine,
    signer: ForeignCertificate,
    *,
    others: Sequence[bytes],
    roots: Sequence[TrustedRoot],
    at: int,
    crls: Sequence[bytes] = (),
    ocsp: bytes | None = None,
) -> Standing:
    """Determines the standing at `at` (ms); `others` are certificates (DER) supplied with the signature.

    Raises: CertificateRevoked, CertificateOnHold, StaleStatus, StatusUnknown, and the errors of
    `find_foreign_path` for an invalid path. A signer without a trusted root isn't an error, and then no
    status is checked.
    """
    try:
        path = find_foreign_path(
            engine, signer, _readable(others), [root.certificate for root in roots], at=at
        )
    except UnknownIssuer:
        return Standing((signer,), None, None)
    root = next(one for one in roots if one.certificate.der == path[-1].der)
    if root.how == "strict":
        _require_strict(engine, path, at)
    by: By | None = None
    if len(path) > 1:
        if _check_lists(engine, signer, path[1], crls, at):
            by = "crl"
        if ocsp is not None:
            _require_good(engine, ocsp, signer, path[1], at)
            by = "ocsp"
    return Standing(path, root, by)


def _readable(others: Sequence[bytes]) -> list[ForeignCertificate]:
    """Parses the certificates, skipping those that aren't SM2: they can't be on a path."""
    read = []
    for data in others:
        try:
            read.append(parse_foreign_certificate(data))
        except PkiError:
            continue
    return read


def _require_strict(engine: Engine, path: Sequence[ForeignCertificate], at: int) -> None:
    """Checks the path with the strict reader too. Raises: PkiError."""
    leaf, *above = (parse_certificate(one.der) for one in path)
    if above:
        verify_chain(engine, leaf=leaf, intermediates=above[:-1], roots=above[-1:], at=at)


def _check_lists(
    engine: Engine, signer: ForeignCertificate, issuer: ForeignCertificate, crls: Sequence[bytes], at: int
) -> bool:
    """Reports whether a current list of the issuer clears the signer.

    Raises: CertificateRevoked, CertificateOnHold, StaleStatus, and the errors of parsing and verifying a
    list.
    """
    cleared = False
    for data in crls:
        crl = parse_foreign_crl(data)
        if crl.issuer.der != issuer.subject.der or not crl.speaks_about(signer):
            continue
        require_crl_of(engine, crl, issuer)
        if crl.this_update > at + SKEW or at >= crl.next_update:
            raise StaleStatus("the revocation list is out of date, or from the future")
        entry = crl.revoked.get(signer.serial)
        if entry is not None:
            raise revoked(entry.at, entry.reason)
        cleared = True
    return cleared


def _require_good(
    engine: Engine, ocsp: bytes, signer: ForeignCertificate, issuer: ForeignCertificate, at: int
) -> None:
    single = foreign_status(engine, parse_foreign_ocsp(ocsp), certificate=signer, issuer=issuer, at=at)
    if single.state == "unknown":
        raise StatusUnknown("the responder does not know the certificate")
    if single.state == "revoked":
        reason = UNSPECIFIED if single.reason is None else single.reason
        raise revoked(single.revoked_at or 0, reason)
