"""Makes certificates that the lint would refuse, so that verification has something to refuse."""

from mshield.pki.asn1.frame import assemble
from mshield.pki.certificates.certificate import Certificate, key_id, parse_certificate
from mshield.pki.certificates.extensions import Extension, KeyUse, authority_key_id, key_usage, subject_key_id
from mshield.pki.certificates.names import Name, make_name
from mshield.pki.certificates.tbs import build_tbs
from mshield.pki.signer import KeySigner
from tests.unit.pki.authority import NOW, YEAR, new_serial


def forge(
    *extensions: Extension,
    key: KeySigner,
    issuer: Certificate,
    issuer_key: KeySigner,
    subject: Name | None = None,
    not_before: int = NOW,
    not_after: int = NOW + YEAR,
    aki: bytes | None = None,
) -> Certificate:
    """Makes a certificate with SKI, AKI (by default the issuer's) and the given extensions, without any check."""
    assert issuer.ski is not None
    tbs = build_tbs(
        serial=new_serial(),
        issuer_der=issuer.subject_der,
        not_before=not_before,
        not_after=not_after,
        subject_der=(subject or make_name(country="CN", common_name="伪造")).der,
        public=key.public,
        extensions=(subject_key_id(key_id(key.public)), authority_key_id(aki or issuer.ski), *extensions),
    )
    return parse_certificate(assemble(tbs, issuer_key.sign(tbs)))


SIGNS = key_usage(KeyUse.DIGITAL_SIGNATURE)
SIGNS_CERTIFICATES = key_usage(KeyUse.KEY_CERT_SIGN, KeyUse.CRL_SIGN)
