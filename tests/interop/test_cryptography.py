"""`cryptography` parses everything that `mshield.pki` makes and reads the same values."""

from datetime import UTC, datetime

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA1, SHA256
from cryptography.hazmat.primitives.serialization import Encoding, pkcs7
from cryptography.x509 import ocsp
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from mshield.pki.asn1.frame import assemble
from mshield.pki.certificates.csr import build_request_info
from mshield.pki.revocation.crl import CERTIFICATE_HOLD, KEY_COMPROMISE, Revoked
from mshield.pki.revocation.ocsp import CertId, HashName, build_ocsp_request, parse_ocsp_request
from mshield.pki.signatures.cms import build_signed_data
from tests.interop.evidence import MESSAGE, ocsp_response
from tests.unit.pki.authority import DAY, IDENTITY, NOW, POLICY, SUBJECT, URLS, authority

A = authority()


def moment(ms: int) -> datetime:
    """Returns a time as `cryptography` represents it."""
    return datetime.fromtimestamp(ms // 1000, UTC)


def test_cryptography_reads_a_leaf() -> None:
    leaf = x509.load_pem_x509_certificate(A.leaf.pem().encode())
    assert leaf.serial_number == A.leaf.serial
    assert leaf.signature_algorithm_oid.dotted_string == "1.2.156.10197.1.501"
    assert (leaf.not_valid_before_utc, leaf.not_valid_after_utc) == (
        moment(A.leaf.not_before),
        moment(A.leaf.not_after),
    )
    assert leaf.subject.get_attributes_for_oid(NameOID.COMMON_NAME)[0].value == SUBJECT.common_name
    assert leaf.tbs_certificate_bytes == A.leaf.tbs
    get = leaf.extensions.get_extension_for_class
    usage = get(x509.KeyUsage)
    assert usage.critical
    assert usage.value.digital_signature
    assert usage.value.content_commitment
    assert not usage.value.key_cert_sign
    assert get(x509.SubjectKeyIdentifier).value.digest == A.leaf.ski
    assert get(x509.AuthorityKeyIdentifier).value.key_identifier == A.issuing.ski
    assert [p.policy_identifier.dotted_string for p in get(x509.CertificatePolicies).value] == [POLICY]
    points = get(x509.CRLDistributionPoints).value
    assert [name.value for point in points for name in point.full_name or ()] == [URLS.crl]
    access = get(x509.AuthorityInformationAccess).value
    assert [a.access_location.value for a in access] == [URLS.ocsp, URLS.ca_issuer]
    code = leaf.extensions.get_extension_for_oid(x509.ObjectIdentifier("1.2.156.10260.4.1.4")).value
    assert isinstance(code, x509.UnrecognizedExtension)
    assert code.value[2:] == IDENTITY.credit_code.encode()


def test_cryptography_reads_cas_and_responder() -> None:
    root, issuing, responder = (x509.load_der_x509_certificate(c.der) for c in (A.root, A.issuing, A.ocsp))
    assert root.extensions.get_extension_for_class(x509.BasicConstraints).value == x509.BasicConstraints(
        ca=True, path_length=None
    )
    constraints = issuing.extensions.get_extension_for_class(x509.BasicConstraints)
    assert constraints.critical
    assert constraints.value == x509.BasicConstraints(ca=True, path_length=0)
    purposes = responder.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert list(purposes) == [ExtendedKeyUsageOID.OCSP_SIGNING]
    assert not responder.extensions.get_extension_for_class(x509.OCSPNoCheck).critical


def test_cryptography_reads_a_crl() -> None:
    entries = (
        Revoked(10, NOW - DAY, KEY_COMPROMISE),
        Revoked(11, NOW - DAY, CERTIFICATE_HOLD),
        Revoked(12, NOW, 0),
    )
    crl = x509.load_der_x509_crl(A.crl(entries, number=99))
    assert crl.extensions.get_extension_for_class(x509.CRLNumber).value.crl_number == 99
    assert crl.next_update_utc == moment(NOW + DAY)
    held = crl.get_revoked_certificate_by_serial_number(11)
    assert held is not None
    assert (
        held.extensions.get_extension_for_class(x509.CRLReason).value.reason
        == x509.ReasonFlags.certificate_hold
    )
    plain = crl.get_revoked_certificate_by_serial_number(12)
    assert plain is not None
    assert len(plain.extensions) == 0
    assert x509.load_der_x509_crl(A.crl()).get_revoked_certificate_by_serial_number(11) is None


@pytest.mark.parametrize(("hash_name", "algorithm"), [("sha1", SHA1), ("sha256", SHA256)])
def test_cryptography_reads_ocsp_requests_and_responses(
    hash_name: HashName, algorithm: type[SHA1] | type[SHA256]
) -> None:
    asked = CertId.of(A.issuing, A.leaf.serial, hash_name)
    request = ocsp.load_der_ocsp_request(build_ocsp_request([asked], nonce=b"12345678"))
    assert (request.serial_number, request.issuer_key_hash) == (A.leaf.serial, asked.issuer_key_hash)
    assert isinstance(request.hash_algorithm, algorithm)
    assert not request.extensions.get_extension_for_class(x509.OCSPNonce).critical
    response = ocsp.load_der_ocsp_response(ocsp_response(A, hash_name=hash_name))
    assert response.response_status == ocsp.OCSPResponseStatus.SUCCESSFUL
    assert response.certificate_status == ocsp.OCSPCertStatus.GOOD
    assert response.serial_number == A.leaf.serial
    assert response.responder_key_hash == A.ocsp.ski
    assert response.produced_at_utc == moment(NOW)
    assert [c.serial_number for c in response.certificates] == [A.ocsp.serial]


@pytest.mark.parametrize(("hash_name", "algorithm"), [("sha1", SHA1), ("sha256", SHA256)])
def test_a_request_made_by_cryptography_is_read(
    hash_name: HashName, algorithm: type[SHA1] | type[SHA256]
) -> None:
    leaf, issuing = (x509.load_der_x509_certificate(c.der) for c in (A.leaf, A.issuing))
    made = CertId.of(A.issuing, A.leaf.serial, hash_name)
    builder = ocsp.OCSPRequestBuilder().add_certificate_by_hash(
        made.issuer_name_hash, made.issuer_key_hash, leaf.serial_number, algorithm()
    )
    data = builder.add_extension(x509.OCSPNonce(b"0123456789abcdef"), critical=False).build()
    request = parse_ocsp_request(data.public_bytes(Encoding.DER))
    assert request.cert_ids == (made,)
    assert request.nonce == b"0123456789abcdef"
    assert issuing.subject == leaf.issuer


def test_cryptography_reads_a_certification_request() -> None:
    info = build_request_info(SUBJECT, A.leaf_key.public)
    request = x509.load_der_x509_csr(assemble(info, A.leaf_key.sign(info)))
    assert request.tbs_certrequest_bytes == info
    assert [a.value for a in request.subject] == [
        "CN",
        SUBJECT.organisation,
        SUBJECT.role,
        SUBJECT.common_name,
    ]


def test_cryptography_reads_the_certificates_of_a_cms() -> None:
    data = build_signed_data(
        content=MESSAGE, signature=A.leaf_key.sign(MESSAGE), certificate=A.leaf, chain=[A.issuing, A.root]
    )
    serials = {c.serial_number for c in pkcs7.load_der_pkcs7_certificates(data)}
    assert serials == {A.leaf.serial, A.issuing.serial, A.root.serial}
