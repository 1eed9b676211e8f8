"""Parsed certificates: frozen, with the values that the rest of the system needs.

Only SM2 certificates of version 3 in strict DER are read (GM/T 0015). `path.py` decides whether to trust one.
"""

import hashlib
from dataclasses import dataclass, field

from mshield.gm.sm2 import Signature
from mshield.pki.asn1 import pem
from mshield.pki.asn1.frame import ALGORITHM, KEY_ALGORITHM, open_frame
from mshield.pki.certificates.extensions import Extension
from mshield.pki.certificates.names import Name
from mshield.pki.certificates.point import on_curve
from mshield.pki.certificates.tbs import V3, Tbs, read_tbs
from mshield.pki.certificates.values import ExtensionValues, read_values
from mshield.pki.errors import CertificateError


@dataclass(frozen=True, slots=True, kw_only=True)
class X509Certificate:
    """Fields that all parsed certificates share; times in ms since the epoch; `signature` covers `tbs`."""

    der: bytes = field(repr=False)
    tbs: bytes = field(repr=False)
    signature: Signature = field(repr=False)
    serial: int
    issuer: Name
    subject: Name
    not_before: int
    not_after: int
    public_key: bytes = field(repr=False)
    extensions: tuple[Extension, ...] = field(repr=False)
    values: ExtensionValues = field(repr=False)

    def fingerprint(self) -> bytes:
        """Returns SHA-256 of the whole certificate, 32 bytes."""
        return hashlib.sha256(self.der).digest()


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificate(X509Certificate):
    """A certificate of the strict profile."""

    @property
    def issuer_der(self) -> bytes:
        """DER of the issuer's name."""
        return self.issuer.der

    @property
    def subject_der(self) -> bytes:
        """DER of the subject's name."""
        return self.subject.der

    @property
    def ski(self) -> bytes | None:
        """Subject key identifier."""
        return self.values.ski

    @property
    def aki(self) -> bytes | None:
        """Authority key identifier."""
        return self.values.aki

    @property
    def is_ca(self) -> bool:
        """Whether basic constraints mark it as a CA."""
        return self.values.is_ca

    def pem(self) -> str:
        """Returns the certificate as PEM, with a final newline."""
        return pem.encode("CERTIFICATE", self.der)


def key_id(public: bytes) -> bytes:
    """Returns SHA-1 of the key bits, 20 bytes: RFC 5280 4.2.1.2 method 1, and OCSP's key hash."""
    return hashlib.sha1(public, usedforsecurity=False).digest()


def parse_certificate(data: bytes) -> Certificate:
    """Parses a certificate from DER. Raises: DerError (not strict), CertificateError (not SM2, not version 3)."""
    framed = open_frame(data)
    tbs = read_tbs(framed.tbs)
    if tbs.version != V3:
        raise CertificateError("not a version 3 certificate")
    if tbs.algorithm != ALGORITHM:
        raise CertificateError("the two signature algorithms differ")
    if tbs.key_algorithm != KEY_ALGORITHM or not on_curve(tbs.public):
        raise CertificateError("the public key is not an uncompressed point of the SM2 curve")
    if tbs.serial <= 0 or tbs.serial.bit_length() > 159:
        raise CertificateError("the serial number is not positive or longer than 20 octets")
    return from_parts(data, framed.tbs, framed.signature, tbs, read_values(tbs.extensions))


def from_parts(
    data: bytes, signed: bytes, signature: Signature, tbs: Tbs, values: ExtensionValues
) -> Certificate:
    """Assembles a certificate from its bytes and what was already read from them: `tbs` and `values`."""
    return Certificate(
        der=data,
        tbs=signed,
        signature=signature,
        serial=tbs.serial,
        issuer=tbs.issuer,
        subject=tbs.subject,
        not_before=tbs.not_before,
        not_after=tbs.not_after,
        public_key=tbs.public,
        extensions=tbs.extensions,
        values=values,
    )


def parse_certificate_pem(text: str) -> Certificate:
    """Reads the only certificate in a PEM text. Raises: CertificateError (none or several), DerError (bad PEM)."""
    certificates = parse_certificates_pem(text)
    if len(certificates) != 1:
        raise CertificateError(f"expected one certificate, found {len(certificates)}")
    return certificates[0]


def parse_certificates_pem(text: str) -> tuple[Certificate, ...]:
    """Reads all certificates of a PEM text, in order. Raises: CertificateError, DerError."""
    return tuple(map(parse_certificate, pem.decode("CERTIFICATE", text)))
