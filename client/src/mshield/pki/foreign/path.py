"""Paths from a foreign certificate to a trusted one: by name, key identifier if both have one, and signature."""

from collections.abc import Sequence
from typing import Final

from mshield.gm.engine import Engine
from mshield.gm.errors import BadSignature
from mshield.gm.sm2 import Signature, verify
from mshield.pki.certificates.extensions import KeyUse
from mshield.pki.errors import (
    BadCertificateSignature,
    Expired,
    NotACa,
    NotYetValid,
    UnknownCritical,
    UnknownIssuer,
)
from mshield.pki.foreign.certificate import ForeignCertificate

MAX_PATH: Final = 9
"""Maximum number of certificates above the leaf."""


def require_foreign_signature(
    engine: Engine, by: ForeignCertificate, signed: bytes, value: Signature
) -> None:
    """Verifies the SM2 signature under the default user id. Raises: BadCertificateSignature."""
    try:
        verify(engine, by.public_key, signed, value)
    except BadSignature as error:
        raise BadCertificateSignature("a signature does not verify") from error


def is_named(certificate: ForeignCertificate, issuer: ForeignCertificate) -> bool:
    """Reports whether it names this issuer: by the name's bytes, and by the key identifier if both have one."""
    aki, ski = certificate.values.aki, issuer.values.ski
    return certificate.issuer.der == issuer.subject.der and (aki is None or ski is None or aki == ski)


def require_foreign_issued(
    engine: Engine, certificate: ForeignCertificate, issuer: ForeignCertificate
) -> None:
    """Checks that this issuer is named and signed the certificate. Raises: UnknownIssuer, BadCertificateSignature."""
    if not is_named(certificate, issuer):
        raise UnknownIssuer("the certificate is from another issuer")
    require_foreign_signature(engine, issuer, certificate.tbs, certificate.signature)


def find_foreign_path(
    engine: Engine,
    leaf: ForeignCertificate,
    others: Sequence[ForeignCertificate],
    roots: Sequence[ForeignCertificate],
    *,
    at: int,
) -> tuple[ForeignCertificate, ...]:
    """Returns the path from the leaf to one of `roots`, both included, valid at `at` (ms).

    Raises: UnknownIssuer if there is no path; UnknownCritical, Expired, NotYetValid or NotACa if a
    certificate on it is unfit.
    """
    path = _walk(engine, leaf, others, roots)
    for certificate in path:
        if certificate.values.unknown_critical:
            raise UnknownCritical(f"critical {', '.join(certificate.values.unknown_critical)} is unknown")
        _require_valid(certificate, at)
    for below, issuer in enumerate(path[1:]):
        _require_ca(issuer, below)
    return path


def _walk(
    engine: Engine,
    leaf: ForeignCertificate,
    others: Sequence[ForeignCertificate],
    roots: Sequence[ForeignCertificate],
) -> tuple[ForeignCertificate, ...]:
    """Searches a path. Visits each certificate once, so repeated names cost no more than their number."""
    seen = {leaf.der}
    waiting: list[tuple[ForeignCertificate, ...]] = [(leaf,)]
    if any(root.der == leaf.der for root in roots):
        return (leaf,)
    while waiting:
        path = waiting.pop()
        root = next((ca for ca in roots if _issued(engine, path[-1], ca)), None)
        if root is not None:
            return (*path, root)
        if len(path) >= MAX_PATH:
            continue
        for ca in others:
            if ca.der not in seen and _issued(engine, path[-1], ca):
                seen.add(ca.der)
                waiting.append((*path, ca))
    raise UnknownIssuer("no path to a trusted root")


def _issued(engine: Engine, certificate: ForeignCertificate, issuer: ForeignCertificate) -> bool:
    try:
        require_foreign_issued(engine, certificate, issuer)
    except (UnknownIssuer, BadCertificateSignature):
        return False
    return True


def _require_valid(certificate: ForeignCertificate, at: int) -> None:
    """Checks the validity; the certificate is valid to the end of its last second."""
    if at < certificate.not_before:
        raise NotYetValid("a certificate is not valid yet")
    if at >= certificate.not_after + 1000:
        raise Expired("a certificate has expired")


def _require_ca(issuer: ForeignCertificate, below: int) -> None:
    values = issuer.values
    if not values.is_ca or (values.path_length is not None and below > values.path_length):
        raise NotACa("an issuer is not a CA, or has too many CAs below it")
    if values.key_usage is not None and KeyUse.KEY_CERT_SIGN not in values.key_usage:
        raise NotACa("an issuer may not sign certificates")
