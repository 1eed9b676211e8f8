"""Issued certificates, parsed: content of each profile, and refusals of the parser."""

import pytest

from mshield.gm.sm2 import verify
from mshield.pki.asn1 import der, oids
from mshield.pki.asn1.frame import ALGORITHM, KEY_ALGORITHM, assemble
from mshield.pki.certificates.certificate import (
    Certificate,
    key_id,
    parse_certificate,
    parse_certificate_pem,
    parse_certificates_pem,
)
from mshield.pki.certificates.extensions import KeyUse
from mshield.pki.certificates.issue import serial_from
from mshield.pki.certificates.names import leaf_subject
from mshield.pki.certificates.profiles import LeafIdentity
from mshield.pki.errors import CertificateError, DerError, IssueError
from tests.unit.pki.authority import DAY, IDENTITY, NOW, POLICY, SUBJECT, URLS, YEAR, authority

A = authority()


def test_root_has_the_profile_of_a_root() -> None:
    root = A.root
    assert root.is_ca
    assert root.values.path_length is None
    assert root.values.key_usage == frozenset[int]({KeyUse.KEY_CERT_SIGN, KeyUse.CRL_SIGN})
    assert root.issuer_der == root.subject_der
    assert (root.ski, root.aki) == (key_id(A.root_key.public), None)


def test_issuing_ca_has_its_profile() -> None:
    issuing = A.issuing
    assert issuing.is_ca
    assert issuing.values.path_length == 0
    assert issuing.aki == A.root.ski
    assert issuing.values.crl_urls == ("http://ca.example.cn/pki/root.crl",)
    assert issuing.values.ca_issuer_urls == ("http://ca.example.cn/pki/root.cer",)
    assert issuing.values.policies == (POLICY,)


def test_leaf_has_its_profile() -> None:
    leaf = A.leaf
    assert not leaf.is_ca
    assert leaf_subject(leaf.subject) == SUBJECT
    assert leaf.values.key_usage == frozenset[int]({KeyUse.DIGITAL_SIGNATURE, KeyUse.NON_REPUDIATION})
    assert leaf.values.purposes == (oids.DOCUMENT_SIGNING,)
    assert (leaf.values.id_kind, leaf.values.id_number) == ("resident", IDENTITY.id_number)
    assert leaf.values.credit_code == IDENTITY.credit_code
    assert (leaf.values.crl_urls, leaf.values.ocsp_urls) == ((URLS.crl,), (URLS.ocsp,))
    assert leaf.values.ca_issuer_urls == (URLS.ca_issuer,)
    assert (leaf.not_before, leaf.not_after) == (NOW - DAY, NOW + YEAR)
    assert leaf.public_key == A.leaf_key.public
    critical = {e.oid for e in leaf.extensions if e.critical}
    assert critical == {oids.KEY_USAGE}
    verify(A.engine, A.issuing.public_key, leaf.tbs, leaf.signature)


def test_leaf_without_id_number_has_no_identify_code() -> None:
    leaf = A.issue(identity=LeafIdentity(id_number=None, credit_code=IDENTITY.credit_code))
    assert leaf.values.id_number is None
    assert oids.IDENTIFY_CODE not in {e.oid for e in leaf.extensions}
    assert leaf.values.credit_code == IDENTITY.credit_code


def test_ocsp_responder_has_its_profile() -> None:
    assert A.ocsp.values.purposes == (oids.OCSP_SIGNING,)
    assert A.ocsp.values.ocsp_no_check
    assert A.ocsp.aki == A.issuing.ski


def test_invalid_pem_is_refused_quickly() -> None:
    assert parse_certificates_pem("-----BEGIN CERTIFICATE-----\n" * 200_000) == ()
    for text in ("é", "%", "AAA"):
        with pytest.raises(DerError):
            parse_certificate_pem(f"-----BEGIN CERTIFICATE-----{text}-----END CERTIFICATE-----")


def test_pem_round_trip() -> None:
    assert parse_certificate_pem(A.leaf.pem()) == A.leaf
    assert parse_certificates_pem("chain:\n" + A.leaf.pem() + A.issuing.pem()) == (A.leaf, A.issuing)
    assert max(map(len, A.leaf.pem().splitlines())) == 64


@pytest.mark.parametrize("text", ["", "-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----"])
def test_pem_without_certificate_is_refused(text: str) -> None:
    with pytest.raises((CertificateError, DerError)):
        parse_certificate_pem(text)


def test_pem_that_is_not_base64_is_refused() -> None:
    with pytest.raises(DerError):
        parse_certificate_pem("-----BEGIN CERTIFICATE-----\nAAA!\n-----END CERTIFICATE-----")


def test_two_certificates_are_refused_as_one() -> None:
    with pytest.raises(CertificateError):
        parse_certificate_pem(A.leaf.pem() * 2)


def test_serial_numbers_are_positive_and_of_twenty_octets() -> None:
    for random in (bytes(20), b"\xff" * 20):
        assert len(der.integer(serial_from(random))) == 2 + 20
    with pytest.raises(ValueError, match="20"):
        serial_from(bytes(16))


def test_the_issuers_key_must_sign() -> None:
    with pytest.raises(IssueError):
        A.issue(signer=A.root_key)


def _changed(certificate: Certificate, old: bytes, new: bytes) -> bytes:
    """Returns the certificate with bytes of its TBS replaced by as many others."""
    assert len(old) == len(new)
    assert certificate.tbs.count(old) >= 1
    return assemble(certificate.tbs.replace(old, new), certificate.signature)


OTHER_ALGORITHM = der.sequence(der.oid("1.2.156.10197.1.502"))
OTHER_KEY_ALGORITHM = der.sequence(der.oid(oids.EC_PUBLIC_KEY), der.oid("1.2.156.10197.1.302"))


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(A.leaf.der + b"\x00", id="trailing byte"),
        pytest.param(A.leaf.der[:-1], id="cut short"),
        pytest.param(A.leaf.der.replace(ALGORITHM, OTHER_ALGORITHM), id="other signature algorithm"),
        pytest.param(_changed(A.leaf, ALGORITHM, OTHER_ALGORITHM), id="signature algorithms differ"),
        pytest.param(_changed(A.leaf, KEY_ALGORITHM, OTHER_KEY_ALGORITHM), id="other curve"),
        pytest.param(
            _changed(A.leaf, A.leaf.public_key, A.leaf.public_key[:-1] + bytes((A.leaf.public_key[-1] ^ 1,))),
            id="key off the curve",
        ),
        pytest.param(_changed(A.leaf, b"\xa0\x03\x02\x01\x02", b"\xa0\x03\x02\x01\x01"), id="version 2"),
        pytest.param(
            _changed(A.leaf, der.oid(oids.ORGANISATION_CODE), der.oid(oids.IDENTIFY_CODE)),
            id="extension twice",
        ),
    ],
)
def test_parser_refuses_invalid_certificates(data: bytes) -> None:
    with pytest.raises((CertificateError, DerError)):
        parse_certificate(data)


@pytest.mark.parametrize("serial", [0, -5, 1 << 159])
def test_parser_refuses_serial_numbers_out_of_range(serial: int) -> None:
    tbs = A.leaf.tbs
    start = tbs.index(b"\xa0\x03\x02\x01\x02") + 5
    body = tbs[start + 22 :]
    whole = der.sequence(b"\xa0\x03\x02\x01\x02", der.integer(serial), body)
    with pytest.raises(CertificateError):
        parse_certificate(assemble(whole, A.leaf.signature))
