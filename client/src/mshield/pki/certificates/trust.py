"""The individual checks that paths and statuses consist of: signature, validity, CA, usage.

Each returns nothing, or raises one PathError.
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
    """Verifies the SM2 signature under the default user id. Raises: BadCertificateSignature."""
    try:
        verify(engine, public, tbs, signature)
    except BadSignature as error:
        raise BadCertificateSignature(f"the signature on the {what} does not verify") from error


def require_valid(certificate: Certificate, at: int) -> None:
    """Checks that `at` (ms) is within the validity, both ends included. Raises: NotYetValid, Expired.

    Validity is in whole seconds, so the certificate is valid to the end of its last second.
    """
    if at < certificate.not_before:
        raise NotYetValid(f"{_who(certificate)} is not valid yet")
    if at >= certificate.not_after + 1000:
        raise Expired(f"{_who(certificate)} has expired")


def require_understood(certificate: Certificate) -> None:
    """Checks that no critical extension is unknown. Raises: UnknownCritical."""
    if certificate.values.unknown_critical:
        raise UnknownCritical(
            f"{_who(certificate)} has critical {', '.join(certificate.values.unknown_critical)}"
        )


def require_issued(engine: Engine, certificate: Certificate, issuer: Certificate) -> None:
    """Checks that the certificate names this issuer by name and key id, and that the issuer's key signed it.

    Raises: UnknownIssuer, BadCertificateSignature.
    """
    if (
        certificate.issuer_der != issuer.subject_der
        or certificate.aki is None
        or certificate.aki != issuer.ski
    ):
        raise UnknownIssuer(f"{_who(certificate)} is not issued by {_who(issuer)}")
    require_signature(engine, issuer.public_key, certificate.tbs, certificate.signature, _who(certificate))


def require_ca(issuer: Certificate, *, below: int) -> None:
    """Checks that `issuer` may sign certificates with `below` CAs between it and the leaf. Raises: NotACa."""
    if not issuer.is_ca:
        raise NotACa(f"{_who(issuer)} is not a CA")
    limit = issuer.values.path_length
    if limit is not None and below > limit:
        raise NotACa(f"{_who(issuer)} permits {limit} CAs below it, not {below}")
    if KeyUse.KEY_CERT_SIGN not in (issuer.values.key_usage or ()):
        raise NotACa(f"{_who(issuer)} may not sign certificates")


def require_usage(certificate: Certificate, use: KeyUse) -> None:
    """Checks that the key usage permits this use; no key usage permits nothing. Raises: WrongUsage."""
    if use not in (certificate.values.key_usage or ()):
        raise WrongUsage(f"{_who(certificate)} may not be used for {use.name.lower()}")


def _who(certificate: Certificate) -> str:
    return f"certificate {certificate.serial:x} ({certificate.subject.common_name})"
