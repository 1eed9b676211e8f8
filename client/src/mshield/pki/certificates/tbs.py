"""TBSCertificate (RFC 5280, 4.1): a writer, and a reader that doesn't check the values.

`read_tbs` refuses bad DER but accepts wrong values: the lint and `certificate.py` check them.
"""

from dataclasses import dataclass

from mshield.pki.asn1 import der
from mshield.pki.asn1.frame import ALGORITHM, public_key_info, read_public_key_info
from mshield.pki.asn1.reader import Reader
from mshield.pki.certificates.extensions import Extension, read_explicit_extensions
from mshield.pki.certificates.names import Name, read_name

V3 = 2


@dataclass(frozen=True, slots=True)
class Tbs:
    """A to-be-signed certificate as read; times in ms since the epoch, algorithms as their DER."""

    version: int
    serial: int
    algorithm: bytes
    issuer: Name
    not_before: int
    not_after: int
    subject: Name
    key_algorithm: bytes
    public: bytes
    extensions: tuple[Extension, ...]


def build_tbs(
    *,
    serial: int,
    issuer_der: bytes,
    not_before: int,
    not_after: int,
    subject_der: bytes,
    public: bytes,
    extensions: tuple[Extension, ...],
) -> bytes:
    """Encodes a version 3 TBSCertificate for SM2; times in ms are truncated to seconds."""
    return der.sequence(
        der.explicit(0, der.integer(V3)),
        der.integer(serial),
        ALGORITHM,
        issuer_der,
        der.sequence(der.time(not_before), der.time(not_after)),
        subject_der,
        public_key_info(public),
        der.explicit(3, der.sequence(*(extension.der for extension in extensions))),
    )


def read_tbs(data: bytes) -> Tbs:
    """Reads a TBSCertificate in strict DER, without unique identifiers. Raises: DerError."""
    reader = Reader(data)
    inside = reader.enter()
    reader.end()
    version = inside.optional(0, Reader.integer) or 0
    serial, algorithm, issuer = inside.integer(), inside.raw(der.SEQUENCE), read_name(inside)
    validity = inside.enter()
    not_before, not_after = validity.time(), validity.time()
    validity.end()
    subject = read_name(inside)
    key_algorithm, public = read_public_key_info(inside)
    extensions = read_explicit_extensions(inside, 3)
    inside.end()
    return Tbs(
        version, serial, algorithm, issuer, not_before, not_after, subject, key_algorithm, public, extensions
    )
