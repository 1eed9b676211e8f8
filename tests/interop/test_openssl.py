"""`openssl verify` accepts root and issuing CA as a chain of two, and refuses changed ones.

OpenSSL gets the SM2 id of the verified certificate from the command line; for a third level, a CRL, OCSP, CMS
and `-check_ss_sig` it assumes an empty id, so only BouncyCastle verifies those.
"""

import shutil
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding

from mshield.pki.asn1.arcs import DISPLAY_OID
from mshield.pki.asn1.frame import assemble
from mshield.pki.certificates.certificate import Certificate
from mshield.pki.certificates.csr import build_request_info
from mshield.pki.certificates.extensions import (
    Extension,
    crl_distribution_points,
    issuing_distribution_point,
)
from mshield.pki.signatures.cms import build_signed_data
from tests.interop.evidence import MESSAGE, attributes_of
from tests.unit.pki.authority import (
    DAY,
    NOW,
    OTHER_SHARD,
    SUBJECT,
    URLS,
    authority,
    make_authority,
    new_serial,
)

A = authority()
OTHER = make_authority(A.engine)


def openssl(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Runs the command; if it is missing, the test fails and says what to install."""
    if shutil.which("openssl") is None:
        pytest.fail("the openssl command is missing; install with: apt-get install openssl")
    return subprocess.run(["openssl", *arguments], capture_output=True, text=True, check=False)


def verify(
    folder: Path, *, root: Certificate, certificate: Certificate, at: int = NOW
) -> subprocess.CompletedProcess[str]:
    """Runs `openssl verify` on one certificate under one root at this time (ms)."""
    (folder / "root.pem").write_text(root.pem(), encoding="ascii")
    (folder / "certificate.pem").write_text(certificate.pem(), encoding="ascii")
    return openssl(
        "verify",
        "-attime", str(at // 1000),
        "-x509_strict",
        "-vfyopt", "distid:1234567812345678",
        "-CAfile", str(folder / "root.pem"),
        str(folder / "certificate.pem"),
    )  # fmt: skip


def test_the_chain_of_two_verifies(tmp_path: Path) -> None:
    result = verify(tmp_path, root=A.root, certificate=A.issuing)
    assert (result.returncode, result.stdout.strip()[-2:]) == (0, "OK"), result.stderr


def test_another_root_of_the_same_name_is_refused(tmp_path: Path) -> None:
    assert verify(tmp_path, root=OTHER.root, certificate=A.issuing).returncode != 0


@pytest.mark.parametrize("certificate", [A.root, A.issuing, A.leaf, A.ocsp])
def test_openssl_prints_every_certificate(tmp_path: Path, certificate: Certificate) -> None:
    (tmp_path / "c.pem").write_text(certificate.pem(), encoding="ascii")
    result = openssl(
        "x509", "-in", str(tmp_path / "c.pem"), "-noout", "-text", "-nameopt", "utf8,sep_comma_plus"
    )
    assert result.returncode == 0
    assert "SM2-with-SM3" in result.stdout
    assert certificate.subject.common_name in result.stdout


def test_the_request_verifies(tmp_path: Path) -> None:
    info = build_request_info(SUBJECT, A.leaf_key.public)
    (tmp_path / "request.der").write_bytes(assemble(info, A.leaf_key.sign(info)))
    arguments = ("req", "-inform", "DER", "-in", str(tmp_path / "request.der"), "-noout", "-verify")
    assert openssl(*arguments, "-vfyopt", "distid:1234567812345678").returncode == 0
    assert openssl(*arguments, "-vfyopt", "distid:8765432187654321").returncode != 0


@pytest.mark.parametrize(
    ("command", "data"), [("crl", A.crl()), ("asn1parse", A.leaf.der)], ids=["crl", "asn1parse"]
)
def test_openssl_parses_the_other_objects(tmp_path: Path, command: str, data: bytes) -> None:
    (tmp_path / "data.der").write_bytes(data)
    assert openssl(command, "-inform", "DER", "-in", str(tmp_path / "data.der"), "-noout").returncode == 0


def test_openssl_accepts_only_the_shards_list(tmp_path: Path) -> None:
    """The CA of this test uses P-256: OpenSSL can't be given the SM2 id for lists."""
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name.from_rfc4514_string("CN=CA")
    start, end = (datetime.fromtimestamp((NOW + days * DAY) / 1000, UTC) for days in (-1, 1))

    def as_written(extension: Extension) -> x509.UnrecognizedExtension:
        return x509.UnrecognizedExtension(x509.ObjectIdentifier(extension.oid), extension.value)

    def write(file: str, subject: x509.Name, extension: x509.ExtensionType, *, critical: bool) -> int:
        builder = x509.CertificateBuilder(name, subject, key.public_key(), new_serial(), start, end)
        made = builder.add_extension(extension, critical=critical).sign(key, SHA256())
        (tmp_path / file).write_bytes(made.public_bytes(Encoding.PEM))
        return made.serial_number

    def said(*revoked: int, point: str) -> str:
        builder = x509.CertificateRevocationListBuilder(name, start, end)
        builder = builder.add_extension(as_written(issuing_distribution_point(point)), critical=True)
        for serial in revoked:
            builder = builder.add_revoked_certificate(x509.RevokedCertificateBuilder(serial, start).build())
        (tmp_path / "crl.pem").write_bytes(builder.sign(key, SHA256()).public_bytes(Encoding.PEM))
        done = openssl(
            "verify", "-crl_check", "-extended_crl",
            "-attime", str(NOW // 1000),
            "-CAfile", str(tmp_path / "ca.pem"),
            "-CRLfile", str(tmp_path / "crl.pem"),
            str(tmp_path / "leaf.pem"),
        )  # fmt: skip
        return done.stdout + done.stderr

    write("ca.pem", name, x509.BasicConstraints(ca=True, path_length=0), critical=True)
    points = as_written(crl_distribution_points((URLS.crl,)))
    serial = write("leaf.pem", x509.Name.from_rfc4514_string("CN=leaf"), points, critical=False)
    assert ": OK" in said(point=URLS.crl)
    assert "certificate revoked" in said(serial, point=URLS.crl)
    assert "different CRL scope" in said(point=OTHER_SHARD)


def test_openssl_verifies_the_signature_over_signed_attributes(tmp_path: Path) -> None:
    """Calls `openssl pkeyutl`, since `openssl cms` has no option for the SM2 user id."""
    signed = attributes_of(content=MESSAGE).encode()
    (tmp_path / "attributes.der").write_bytes(signed)
    (tmp_path / "signature.der").write_bytes(A.leaf_key.sign(signed).to_der())
    (tmp_path / "leaf.pem").write_text(A.leaf.pem(), encoding="ascii")
    key = openssl("x509", "-in", str(tmp_path / "leaf.pem"), "-noout", "-pubkey")
    (tmp_path / "key.pem").write_text(key.stdout, encoding="ascii")
    for name, good in (("1234567812345678", True), ("8765432187654321", False)):
        done = openssl(
            "dgst", "-sm3",
            "-verify", str(tmp_path / "key.pem"),
            "-signature", str(tmp_path / "signature.der"),
            "-sigopt", f"distid:{name}",
            str(tmp_path / "attributes.der"),
        )  # fmt: skip
        assert (done.returncode == 0) == good, done.stderr


def test_openssl_prints_a_cms_with_signed_attributes(tmp_path: Path) -> None:
    attributes = attributes_of(content=MESSAGE)
    cms = build_signed_data(
        content=None,
        signature=A.leaf_key.sign(attributes.encode()),
        certificate=A.leaf,
        attributes=attributes,
    )
    (tmp_path / "cms.der").write_bytes(cms)
    done = openssl("cms", "-cmsout", "-print", "-inform", "DER", "-in", str(tmp_path / "cms.der"))
    assert done.returncode == 0, done.stderr
    for said in ("contentType", "messageDigest", DISPLAY_OID, "eContent: <ABSENT>"):
        assert said in done.stdout
