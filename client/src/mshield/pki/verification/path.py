"""Offline verification of a certificate and its status (RFC 5280 section 6), for SM2 only.

Each function takes the moment to check for, and returns a frozen result that describes what was proved, or
raises a PathError.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from mshield.gm.engine import Engine
from mshield.pki.certificates import trust
from mshield.pki.certificates.certificate import Certificate
from mshield.pki.certificates.extensions import KeyUse
from mshield.pki.errors import UnknownIssuer
from mshield.pki.verification.status import CrlStatus, OcspStatus, check_crl, check_ocsp

__all__ = ["CrlStatus", "OcspStatus", "VerifiedChain", "check_crl", "check_ocsp", "verify_chain"]

MAX_INTERMEDIATES = 8


@dataclass(frozen=True, slots=True)
class VerifiedChain:
    """A valid path at `at` (ms since the epoch): leaf, CAs from its issuer upwards, trusted root."""

    leaf: Certificate
    intermediates: tuple[Certificate, ...]
    root: Certificate
    at: int

    @property
    def issuer(self) -> Certificate:
        """The CA that issued the leaf."""
        return self.intermediates[0] if self.intermediates else self.root


def verify_chain(
    engine: Engine,
    *,
    leaf: Certificate,
    intermediates: Sequence[Certificate],
    roots: Sequence[Certificate],
    at: int,
) -> VerifiedChain:
    """Finds and verifies the path from the leaf to one of `roots` at `at` (ms).

    `intermediates` may be in any order and include unneeded ones. The root's own signature and validity are
    checked too. Revocation isn't: see `check_crl` and `check_ocsp`. Raises: BadCertificateSignature, Expired,
    NotYetValid, UnknownIssuer, NotACa, WrongUsage, UnknownCritical.
    """
    path = _find_path(leaf, intermediates, roots)
    for certificate in path:
        trust.require_understood(certificate)
    for below, (certificate, issuer) in enumerate(pairwise(path)):
        trust.require_ca(issuer, below=below)
        trust.require_issued(engine, certificate, issuer)
    root = path[-1]
    trust.require_signature(engine, root.public_key, root.tbs, root.signature, "root certificate")
    for certificate in path:
        trust.require_valid(certificate, at)
    trust.require_usage(leaf, KeyUse.DIGITAL_SIGNATURE)
    return VerifiedChain(leaf, tuple(path[1:-1]), root, at)


def _find_path(
    leaf: Certificate, intermediates: Sequence[Certificate], roots: Sequence[Certificate]
) -> tuple[Certificate, ...]:
    """Searches a path, in the order of `intermediates`: a cross-certified CA has a certificate by each root.

    Each certificate is visited once, so that many with the same name cost no more than their number.
    """
    seen = {leaf.der}
    waiting: list[tuple[Certificate, ...]] = [(leaf,)]
    while waiting:
        path = waiting.pop()
        root = next((ca for ca in roots if _names(path[-1], ca)), None)
        if root is not None:
            return (*path, root)
        if len(path) > MAX_INTERMEDIATES:
            continue
        above = [ca for ca in intermediates if ca.der not in seen and _names(path[-1], ca)]
        seen.update(ca.der for ca in above)
        waiting += [(*path, ca) for ca in reversed(above)]
    raise UnknownIssuer(f"no path from certificate {leaf.serial:x} to a trusted root")


def _names(certificate: Certificate, issuer: Certificate) -> bool:
    return (certificate.issuer_der, certificate.aki) == (issuer.subject_der, issuer.ski)
