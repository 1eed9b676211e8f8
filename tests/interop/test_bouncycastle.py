"""BouncyCastle accepts everything that `mshield.pki` makes, and refuses each file once tampered with.

Nothing is skipped: without Java or the jars these tests fail and say what to install.
"""

from collections.abc import Callable
from pathlib import Path
from typing import get_args

import pytest

from mshield.pki.asn1.frame import assemble
from mshield.pki.certificates.csr import build_request_info
from mshield.pki.certificates.names import LeafSubject
from mshield.pki.certificates.profiles import LeafIdentity
from mshield.pki.revocation.crl import CERTIFICATE_HOLD, KEY_COMPROMISE, Revoked
from mshield.pki.revocation.ocsp import (
    CertId,
    CertStatus,
    Good,
    HashName,
    RevokedAt,
    Unknown,
    build_ocsp_response,
    error_response,
)
from mshield.pki.signatures.cms import build_signed_data
from tests.interop.evidence import MESSAGE, Form, ocsp_response, revoked_of_all_reasons, write_evidence
from tests.interop.judge import JudgeMissing, Rejected, judge
from tests.unit.pki.authority import (
    DAY,
    IDENTITY,
    NOW,
    OTHER_SHARD,
    SUBJECT,
    URLS,
    Authority,
    authority,
    make_authority,
    new_key,
)
from tests.unit.pki.forge import SIGNS, forge

A = authority()
OTHER = make_authority(A.engine)
AT = NOW + 1000


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A valid evidence folder."""
    write_evidence(tmp_path, A)
    return tmp_path


def test_everything_is_accepted(folder: Path) -> None:
    lines = judge(folder, at=AT)
    assert len(lines) == 9
    assert all(line.startswith("ok: ") for line in lines)
    text = "\n".join(lines)
    assert "CN=张伟, OU=操作员, O=深圳市蓝海报关有限公司, C=CN" in text
    assert "PKIX path of 2 certificates" in text
    for reason in ("KEY_COMPROMISE", "CERTIFICATE_HOLD", "PRIVILEGE_WITHDRAWN", "SUPERSEDED"):
        assert reason in text


def test_the_list_of_the_certificates_shard_is_accepted(folder: Path) -> None:
    (folder / "crl.der").write_bytes(A.crl(revoked_of_all_reasons(), point=URLS.crl))
    assert any("PKIX path of 2 certificates" in line for line in judge(folder, at=AT))


def test_detached_cms_is_accepted(tmp_path: Path) -> None:
    write_evidence(tmp_path, A, form="detached")
    assert any("CMS" in line for line in judge(tmp_path, at=AT))


@pytest.mark.parametrize("form", get_args(Form))
def test_cms_with_signed_attributes_is_accepted(tmp_path: Path, form: Form) -> None:
    write_evidence(tmp_path, A, form=form, with_attributes=True)
    lines = judge(tmp_path, at=AT)
    assert "ok: CMS SignedData with 3 certificates, 3 signed attributes" in lines
    assert any("over attributes.der" in line for line in lines)


@pytest.mark.parametrize(
    ("form", "file"), [("attached", "message.bin"), ("detached", "message.bin"), ("digest", "digest.bin")]
)
def test_signed_attributes_of_another_content_are_rejected(tmp_path: Path, form: Form, file: str) -> None:
    write_evidence(tmp_path, A, form=form, with_attributes=True)
    (tmp_path / file).write_bytes(_flip((tmp_path / file).read_bytes()))
    with pytest.raises(Rejected) as caught:
        judge(tmp_path, at=AT)
    assert caught.value.check == "cms"


@pytest.mark.parametrize("hash_name", ["sha256", "sm3"])
def test_ocsp_with_other_hashes_is_accepted(folder: Path, hash_name: HashName) -> None:
    (folder / "ocsp.der").write_bytes(ocsp_response(A, hash_name=hash_name))
    assert any("OCSP" in line for line in judge(folder, at=AT))


def test_a_leaf_with_hashed_passport_number_and_long_names_is_accepted(tmp_path: Path) -> None:
    leaf = A.issue(
        subject=LeafSubject(organisation="司" * 64, role="法人", common_name='Müller, "Ann" <+#;\\>'),
        identity=LeafIdentity(
            id_number="HMAC-SM3:" + "0f" * 32, credit_code=IDENTITY.credit_code, id_kind="passport"
        ),
        not_after=A.issuing.not_before + 4 * 365 * DAY,
    )
    other = Authority(
        A.engine, A.root_key, A.issuing_key, A.ocsp_key, A.leaf_key, A.root, A.issuing, A.ocsp, leaf
    )
    write_evidence(tmp_path, other)
    (tmp_path / "request.der").unlink()
    assert len(judge(tmp_path, at=AT)) == 8


def _ocsp(status: CertStatus, *, serial: int | None = None, at: int = NOW) -> bytes:
    return build_ocsp_response(
        signer=A.ocsp_key,
        responder=A.ocsp,
        issuer=A.issuing,
        statuses=[(CertId.of(A.issuing, serial or A.leaf.serial), status)],
        this_update=at,
        next_update=at + DAY,
        produced_at=at,
    )


def _unauthorised() -> bytes:
    """Returns a good response whose responder certificate, of the same key, lacks the OCSPSigning purpose."""
    plain = forge(SIGNS, key=A.ocsp_key, issuer=A.issuing, issuer_key=A.issuing_key)
    return build_ocsp_response(
        signer=A.ocsp_key,
        responder=A.ocsp,
        issuer=A.issuing,
        statuses=[(CertId.of(A.issuing, A.leaf.serial), Good())],
        this_update=NOW,
        next_update=NOW + DAY,
        produced_at=NOW,
        include=[plain],
    )


def _flip(data: bytes, position: int = -1) -> bytes:
    changed = bytearray(data)
    changed[position] ^= 1
    return bytes(changed)


def _other_request() -> bytes:
    info = build_request_info(SUBJECT, A.leaf_key.public)
    return assemble(info, OTHER.leaf_key.sign(info))


def _cms(message: bytes = MESSAGE) -> bytes:
    return build_signed_data(
        content=message, signature=A.leaf_key.sign(message), certificate=A.leaf, chain=[A.issuing]
    )


CERTIFICATES, LISTS, PATH, RAW = (
    "certificate signatures",
    "revocation lists",
    "path with revocation",
    "signature over the message",
)
HOLD = (Revoked(A.leaf.serial, NOW - DAY, CERTIFICATE_HOLD),)
TAMPERED: list[tuple[str, Callable[[bytes], bytes], str]] = [
    ("root.pem", lambda _: OTHER.root.pem().encode(), CERTIFICATES),
    ("issuing.pem", lambda _: OTHER.issuing.pem().encode(), CERTIFICATES),
    ("leaf.pem", lambda _: OTHER.leaf.pem().encode(), CERTIFICATES),
    ("leaf.pem", lambda _: A.issue(public=new_key(A.engine).public).pem().encode(), RAW),
    ("leaf.pem", lambda _: b"", "read certificates, message and lists"),
    ("message.bin", lambda data: data + b" ", RAW),
    ("message.bin", _flip, RAW),
    ("signature.der", _flip, RAW),
    ("signature.der", lambda _: OTHER.leaf_key.sign(MESSAGE).to_der(), RAW),
    ("signature.p7s", _flip, "cms"),
    ("signature.p7s", lambda _: _cms(MESSAGE + b" "), "cms"),
    ("signature.p7s", lambda data: data[:-1], "cms"),
    ("crl.der", _flip, LISTS),
    ("crl.der", lambda _: OTHER.crl(), LISTS),
    ("crl.der", lambda _: A.crl(at=NOW - 2 * DAY), LISTS),
    ("crl.der", lambda _: A.crl(HOLD), PATH),
    ("crl.der", lambda _: A.crl(HOLD, point=URLS.crl), PATH),
    ("crl.der", lambda _: A.crl(point=OTHER_SHARD), PATH),
    ("root-crl.der", _flip, LISTS),
    ("root-crl.der", lambda _: A.root_crl((Revoked(A.issuing.serial, NOW, KEY_COMPROMISE),)), PATH),
    ("ocsp.der", _flip, "ocsp"),
    (
        "ocsp.der",
        lambda data: data[: data.index(A.ocsp.der) - 10] + _flip(data[data.index(A.ocsp.der) - 10 :], 0),
        "ocsp",
    ),
    ("ocsp.der", lambda _: ocsp_response(OTHER), "ocsp"),
    ("ocsp.der", lambda _: _ocsp(RevokedAt(NOW - DAY, KEY_COMPROMISE)), "ocsp"),
    ("ocsp.der", lambda _: _ocsp(Unknown()), "ocsp"),
    ("ocsp.der", lambda _: _ocsp(Good(), serial=A.leaf.serial + 1), "ocsp"),
    ("ocsp.der", lambda _: _ocsp(Good(), at=NOW - 2 * DAY), "ocsp"),
    ("ocsp.der", lambda _: _unauthorised(), "ocsp"),
    ("ocsp.der", lambda _: error_response("try_later"), "ocsp"),
    ("request.der", _flip, "certification request"),
    ("request.der", lambda _: _other_request(), "certification request"),
]


@pytest.mark.parametrize(
    ("name", "change", "check"), TAMPERED, ids=[f"{i}-{t[0]}" for i, t in enumerate(TAMPERED)]
)
def test_a_tampered_file_is_rejected(
    folder: Path, name: str, change: Callable[[bytes], bytes], check: str
) -> None:
    file = folder / name
    file.write_bytes(change(file.read_bytes()))
    with pytest.raises(Rejected) as caught:
        judge(folder, at=AT)
    assert caught.value.check == check


def test_every_file_is_tampered_with(folder: Path) -> None:
    assert {name for name, _, _ in TAMPERED} == {file.name for file in folder.iterdir()}


@pytest.mark.parametrize("at", [A.leaf.not_before - 1000, A.leaf.not_after + 1000])
def test_judge_checks_the_time(folder: Path, at: int) -> None:
    with pytest.raises(Rejected):
        judge(folder, at=at)


def test_missing_java_names_the_package_to_install(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(folder))
    with pytest.raises(JudgeMissing, match="apt-get install"):
        judge(folder, at=AT)
