"""Foreign certificates as read: SM2, version 3, strict DER, with the deviations that real CAs have."""

from dataclasses import dataclass
from typing import Final

from mshield.pki.asn1 import der, oids
from mshield.pki.asn1.reader import Reader
from mshield.pki.certificates.certificate import X509Certificate
from mshield.pki.certificates.extensions import KeyUse
from mshield.pki.certificates.tbs import V3
from mshield.pki.errors import CertificateError
from mshield.pki.foreign.extensions import read_explicit_foreign, read_foreign_values
from mshield.pki.foreign.frame import open_foreign_frame, read_foreign_key, read_serial
from mshield.pki.foreign.names import read_foreign_name
from mshield.pki.foreign.text import read_time

_NO_SIGNERS: Final = frozenset({oids.SERVER_AUTH, oids.TIME_STAMPING, oids.OCSP_SIGNING})
"""Purposes that a signer of documents may have beside others, but not as the only ones."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ForeignCertificate(X509Certificate):
    """A foreign certificate; extensions are in the certificate's order."""

    @property
    def may_sign(self) -> bool:
        """Whether the certificate may sign documents: its key usage permits it, and no purpose excludes it."""
        uses, purposes = self.values.key_usage or frozenset(), self.values.purposes
        signs = bool(uses & {KeyUse.DIGITAL_SIGNATURE, KeyUse.NON_REPUDIATION})
        return signs and (purposes is None or not _NO_SIGNERS.issuperset(purposes))


def parse_foreign_certificate(data: bytes) -> ForeignCertificate:
    """Parses a certificate from DER. Raises: DerError, CertificateError. `path.py` decides whether to trust it."""
    framed = open_foreign_frame(data)
    outer = Reader(framed.tbs)
    inside = outer.enter()
    outer.end()
    if inside.optional(0, Reader.integer) != V3:
        raise CertificateError("not a version 3 certificate")
    serial = read_serial(inside)
    if inside.raw(der.SEQUENCE) != framed.algorithm:
        raise CertificateError("the two signature algorithms differ")
    issuer = read_foreign_name(inside)
    validity = inside.enter()
    not_before, not_after = read_time(validity), read_time(validity)
    validity.end()
    if not_after < not_before:
        raise CertificateError("the validity ends before it begins")
    subject, public = read_foreign_name(inside), read_foreign_key(inside)
    extensions = read_explicit_foreign(inside, 3)
    inside.end()
    return ForeignCertificate(
        der=data,
        tbs=framed.tbs,
        signature=framed.signature,
        serial=serial,
        issuer=issuer,
        subject=subject,
        not_before=not_before,
        not_after=not_after,
        public_key=public,
        extensions=extensions,
        values=read_foreign_values(extensions),
    )
