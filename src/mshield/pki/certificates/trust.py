"""The single judgements that paths and statuses are made of: signature, validity, CA, usage.

Each raises one typed PathError or returns nothing.
"""

from mshield.gm.engine import Engine
from mshield.gm.errors import BadSignature
from mshield.gm.sm2 import Signature, verify
from mshield.pki.certificates.certificate import Certificate
from mshield.pki.certificates.extensions import KeyUse
from mshield.pki.errors import (
    BadCertificateSignature,
    Expired,
    NotACa,
    NotYetValid,
    UnknownCritical,
    UnknownIssuer,
    WrongUsage,
)


def require_signature(engine: Engine, public: bytes, tbs: bytes, signature: Signature, what: str) -> None:
    """The SM2 signature under the default id verifies, else BadCertificateSignature."""
    try:
        verify(engine, public, tbs, signature)
    except BadSignature as error:
        raise BadCertificateSignature(f"the signature on the {what} does not verify") from error


def require_valid(certificate: Certificate, at: int) -> None:
    """`at` (ms) is within the validity, both ends included, else NotYetValid or Expired.

    Validity has whole seconds, so the last second counts to its end.
    """
    if at < certificate.not_before:
        raise NotYetValid(f"{_who(certificate)} is not valid yet")
    if at >= certificate.not_after + 1000:
        raise Expired(f"{_who(certificate)} has expired")


def require_understood(certificate: Certificate) -> None:
    """No critical extension is unknown, else UnknownCritical."""
    if certificate.values.unknown_critical:
        raise UnknownCritical(
            f"{_who(certificate)} has critical {', '.join(certificate.values.unknown_critical)}"
        )


def require_issued(engine: Engine, certificate: Certificate, issuer: Certificate) -> None:
    """The certificate names this issuer by name and key id, and its signature verifies with its key."""
    if (
        certificate.issuer_der != issuer.subject_der
        or certificate.aki is None
        or certificate.aki != issuer.ski
    ):
        raise UnknownIssuer(f"{_who(certificate)} is not issued by {_who(issuer)}")
    require_signature(engine, issuer.public_key, certificate.tbs, certificate.signature, _who(certificate))


def require_ca(issuer: Certificate, *, below: int) -> None:
    """The certificate may sign certificates with `below` CAs between it and the leaf, else NotACa."""
    if not issuer.is_ca:
        raise NotACa(f"{_who(issuer)} is not a CA")
    limit = issuer.values.path_length
    if limit is not None and below > limit:
        raise NotACa(f"{_who(issuer)} permits {limit} CAs below it, not {below}")
    if KeyUse.KEY_CERT_SIGN not in (issuer.values.key_usage or ()):
        raise NotACa(f"{_who(issuer)} may not sign certificates")


def require_usage(certificate: Certificate, use: KeyUse) -> None:
    """The key usage permits this use, else WrongUsage; a certificate without key usage permits none."""
    if use not in (certificate.values.key_usage or ()):
        raise WrongUsage(f"{_who(certificate)} may not be used for {use.name.lower()}")


def _who(certificate: Certificate) -> str:
    return f"certificate {certificate.serial:x} ({certificate.subject.common_name})"
