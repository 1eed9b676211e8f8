"""Revocation status for clients without SM2: lists and OCSP responses signed with ECDSA on P-256 and SHA-256.

They cover SM2 certificates, and clients verify them with the signer's certificate, which they have to pin.
The list is an indirect one (RFC 5280, 5.2.5): its issuer is the signer, and entries name the certificates'
issuers.
"""

from collections.abc import Iterator, Sequence
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.x509 import ocsp as x509_ocsp

from mshield.pki.asn1 import der, oids
from mshield.pki.certificates import extensions as ext
from mshield.pki.certificates.certificate import Certificate, key_id
from mshield.pki.certificates.extensions import Extension
from mshield.pki.certificates.p256 import point_of
from mshield.pki.errors import Finding, IssueError, LintError
from mshield.pki.revocation.crl import Revoked, entry_der
from mshield.pki.revocation.ocsp import CertId, CertStatus, response_data, successful

_ALGORITHM: Final = der.sequence(der.oid(oids.ECDSA_WITH_SHA256))
_INDIRECT: Final = Extension(
    oids.ISSUING_DISTRIBUTION_POINT, der.sequence(der.implicit(4, b"\xff")), critical=True
)


class P256Signer:
    """A P-256 key with its self-signed certificate (DER)."""

    def __init__(self, private: ec.EllipticCurvePrivateKey, certificate: bytes) -> None:
        """Takes the key and its certificate. Raises: IssueError if they don't belong together."""
        parsed = x509.load_der_x509_certificate(certificate)
        if parsed.public_key() != private.public_key():
            raise IssueError("the key is not the certificate's")
        self.key: Final = private
        self._name = parsed.subject.public_bytes()
        self._key_id = key_id(point_of(private))
        self.certificate: Final = certificate

    def ocsp(
        self,
        statuses: Sequence[tuple[CertId, CertStatus]],
        *,
        now: int,
        next_update: int,
        nonce: bytes | None = None,
    ) -> bytes:
        """Signs a response (DER) that includes the signer's certificate; times in ms. Raises: LintError."""
        tbs = response_data(
            self._key_id,
            statuses,
            this_update=now,
            next_update=next_update,
            produced_at=now,
            nonce=nonce,
        )
        response = successful(self._signed(tbs, der.explicit(0, der.sequence(self.certificate))))
        read = list(x509_ocsp.load_der_ocsp_response(response).responses)
        if [answer.serial_number for answer in read] != [cert_id.serial for cert_id, _ in statuses]:
            raise LintError((Finding("statuses", "the response reads back differently"),))
        return response

    def crl(
        self,
        revoked: Sequence[tuple[Certificate, Sequence[Revoked]]],
        *,
        number: int,
        this_update: int,
        next_update: int,
        point: str | None = None,
    ) -> bytes:
        """Signs a list (DER) for all these issuers; times in ms. Raises: LintError.

        It covers all of their certificates, or only those that name `point` as their list's URL.
        """
        entries = [entry for issuer, own in revoked for entry in _entries(issuer, own)]
        extensions = (
            ext.authority_key_id(self._key_id),
            Extension(oids.CRL_NUMBER, der.integer(number)),
            _INDIRECT if point is None else ext.issuing_distribution_point(point, is_indirect=True),
        )
        tbs = der.sequence(
            der.integer(1),
            _ALGORITHM,
            self._name,
            der.time(this_update),
            der.time(next_update),
            *((der.sequence(*entries),) if entries else ()),
            der.explicit(0, der.sequence(*(extension.der for extension in extensions))),
        )
        list_der = self._signed(tbs)
        if len(x509.load_der_x509_crl(list_der)) != len(entries):
            raise LintError((Finding("entries", "the list reads back differently"),))
        return list_der

    def _signed(self, tbs: bytes, *rest: bytes) -> bytes:
        signature = self.key.sign(tbs, ec.ECDSA(SHA256()))
        return der.sequence(tbs, _ALGORITHM, der.bit_string(signature), *rest)


def _entries(issuer: Certificate, revoked: Sequence[Revoked]) -> Iterator[bytes]:
    """Yields entries in order; the first names the issuer, which also applies to those after it (RFC 5280, 5.3.3)."""
    for number, entry in enumerate(sorted(revoked)):
        if number:
            yield entry_der(entry)
        else:
            name = der.sequence(der.explicit(4, issuer.subject_der))
            yield entry_der(entry, Extension(oids.CERTIFICATE_ISSUER, name, critical=True))
