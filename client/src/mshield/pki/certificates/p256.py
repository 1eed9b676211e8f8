"""Self-signed P-256 certificates for clients without SM2, each with a single purpose."""

from collections.abc import Collection
from datetime import UTC, datetime

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import NameOID

from mshield.pki.asn1 import oids
from mshield.pki.certificates.certificate import key_id
from mshield.pki.certificates.extensions import KeyUse


def make_p256_certificate(
    private: ec.EllipticCurvePrivateKey,
    *,
    country: str | None,
    organisation: str,
    common_name: str,
    serial: int,
    not_before: int,
    not_after: int,
    uses: Collection[KeyUse],
    purpose: str,
) -> bytes:
    """Makes a certificate (DER) with one extended purpose; times in ms.

    The purpose time stamping is critical (RFC 3161, 2.3). A certificate for OCSP signing carries nocheck: no
    other responder could report its status.
    """
    parts = ((NameOID.COUNTRY_NAME, country), (NameOID.ORGANIZATION_NAME, organisation))
    attributes = [x509.NameAttribute(kind, value) for kind, value in parts if value is not None]
    name = x509.Name([*attributes, x509.NameAttribute(NameOID.COMMON_NAME, common_name)])
    identifier = x509.SubjectKeyIdentifier(key_id(point_of(private)))
    builder = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(private.public_key())
        .serial_number(serial)
        .not_valid_before(_moment(not_before))
        .not_valid_after(_moment(not_after))
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_key_usage(uses), critical=True)
        .add_extension(
            x509.ExtendedKeyUsage([x509.ObjectIdentifier(purpose)]), critical=purpose == oids.TIME_STAMPING
        )
        .add_extension(identifier, critical=False)
    )
    if purpose == oids.OCSP_SIGNING:
        builder = builder.add_extension(x509.OCSPNoCheck(), critical=False)
    return builder.sign(private, SHA256()).public_bytes(Encoding.DER)


def point_of(private: ec.EllipticCurvePrivateKey) -> bytes:
    """Returns the public key, 65 bytes."""
    return private.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


def _key_usage(uses: Collection[KeyUse]) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=KeyUse.DIGITAL_SIGNATURE in uses,
        content_commitment=KeyUse.NON_REPUDIATION in uses,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=KeyUse.KEY_CERT_SIGN in uses,
        crl_sign=KeyUse.CRL_SIGN in uses,
        encipher_only=False,
        decipher_only=False,
    )


def _moment(ms: int) -> datetime:
    return datetime.fromtimestamp(ms / 1000, UTC).replace(microsecond=0)
