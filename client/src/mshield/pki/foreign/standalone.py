"""Checks a standalone certificate, revocation list or OCSP response: its signature, and who signed it.

These are two questions, as for a P7 (ADR 57): if the issuer isn't known, the signature isn't verified; if no
trusted root leads to the issuer, the issuer's identity isn't established.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from mshield.gm.engine import Engine
from mshield.pki.errors import BadCertificateSignature, PathError
from mshield.pki.foreign.certificate import ForeignCertificate
from mshield.pki.foreign.crl import ForeignCrl, require_crl_of
from mshield.pki.foreign.ocsp import SKEW, ForeignOcsp, is_answer_of, ocsp_until, require_ocsp_of
from mshield.pki.foreign.path import is_named, require_foreign_issued
from mshield.pki.foreign.standing import Standing, standing_of
from mshield.pki.foreign.trust_list import TrustedRoot

Verdict = Literal[
    "valid", "out_of_date", "status_not_checked", "signer_not_established", "signature_not_checked"
]


@dataclass(frozen=True, slots=True)
class KnownCertificates:
    """Certificates to verify with: `others`, given by the user, and trusted `roots`; `at` in ms is the moment."""

    others: Sequence[ForeignCertificate]
    roots: Sequence[TrustedRoot]
    at: int

    @property
    def candidates(self) -> tuple[ForeignCertificate, ...]:
        """All certificates that may be an issuer."""
        return (*self.others, *(root.certificate for root in self.roots))


@dataclass(frozen=True, slots=True)
class Part:
    """Result: `issuer` is the CA that signed, None if it isn't known; `standing` has the path to a trusted root."""

    verdict: Verdict
    issuer: ForeignCertificate | None
    standing: Standing | None

    @property
    def root(self) -> TrustedRoot | None:
        """The trusted root that the path leads to, or None."""
        return None if self.standing is None else self.standing.root


def verify_certificate(
    engine: Engine,
    certificate: ForeignCertificate,
    known: KnownCertificates,
    *,
    crls: Sequence[bytes] = (),
    ocsp: bytes | None = None,
    unchecked: bool = False,
) -> Part:
    """Verifies a standalone certificate; `unchecked` accepts one whose revocation status wasn't checked.

    Raises: PathError if a known issuer's signature is wrong, or a path is invalid.
    """
    issuer = _issuer_of(engine, certificate, known)
    others = [one.der for one in known.others]
    standing = standing_of(
        engine, certificate, others=others, roots=known.roots, at=known.at, crls=crls, ocsp=ocsp
    )
    if standing.root is None:
        return Part("signature_not_checked" if issuer is None else "signer_not_established", issuer, standing)
    # Nothing reports a root's own status: the user decides to trust it.
    is_cleared = standing.by is not None or unchecked or len(standing.path) == 1
    return Part("valid" if is_cleared else "status_not_checked", issuer, standing)


def verify_crl(engine: Engine, crl: ForeignCrl, known: KnownCertificates) -> Part:
    """Verifies a standalone revocation list. Raises: PathError."""
    issuers = [one for one in known.candidates if one.subject.der == crl.issuer.der]
    if not issuers:
        return Part("signature_not_checked", None, None)
    issuer = _first(lambda one: require_crl_of(engine, crl, one), issuers)
    return _of_issuer(engine, issuer, known, crl.this_update, crl.next_update)


def verify_ocsp(engine: Engine, ocsp: ForeignOcsp, known: KnownCertificates) -> Part:
    """Verifies a standalone OCSP response; its responder must have been valid when it was made. Raises: PathError."""
    issuers = [one for one in known.candidates if is_answer_of(ocsp, one)]
    if not issuers:
        return Part("signature_not_checked", None, None)
    issuer = _first(lambda one: require_ocsp_of(engine, ocsp, one, ocsp.produced_at), issuers)
    since = max(one.this_update for one in ocsp.singles)
    return _of_issuer(engine, issuer, known, since, min(map(ocsp_until, ocsp.singles)))


def _issuer_of(
    engine: Engine, certificate: ForeignCertificate, known: KnownCertificates
) -> ForeignCertificate | None:
    issuers = [one for one in (certificate, *known.candidates) if is_named(certificate, one)]
    return (
        None if not issuers else _first(lambda one: require_foreign_issued(engine, certificate, one), issuers)
    )


def _first(
    require: Callable[[ForeignCertificate], object], candidates: Sequence[ForeignCertificate]
) -> ForeignCertificate:
    """Returns the first candidate that `require` accepts. Raises: the last candidate's PathError."""
    for number, one in enumerate(candidates, 1):
        try:
            require(one)
        except PathError:
            if number == len(candidates):
                raise
            continue
        return one
    raise BadCertificateSignature("no issuer")


def _of_issuer(
    engine: Engine, issuer: ForeignCertificate, known: KnownCertificates, since: int, until: int
) -> Part:
    others = [one.der for one in known.others]
    standing = standing_of(engine, issuer, others=others, roots=known.roots, at=known.at)
    if standing.root is None:
        return Part("signer_not_established", issuer, standing)
    is_in_force = since <= known.at + SKEW and known.at < until
    return Part("valid" if is_in_force else "out_of_date", issuer, standing)
