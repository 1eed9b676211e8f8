"""CMP and EST in `cas.toml`: options, keys and certificates of the RA, and settings that are refused."""

import hashlib
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from mshield.gm import sm2
from mshield.gm.engine import load_engine
from mshield.pki.certificates.issue import self_signed_root
from mshield.pki.signer import KeySigner
from mshield.server.authorities.outside.adapter import Capabilities
from mshield.server.authorities.outside.cmp.authority import CmpAuthority
from mshield.server.authorities.outside.cmp.opened import read_sm2_key
from mshield.server.authorities.outside.cmp.protection import MacProtection, SignatureProtection
from mshield.server.authorities.outside.est import EstAuthority
from mshield.server.authorities.outside.opened import OutsideCas, open_outside_cas
from mshield.server.authorities.outside.settings import BadCas
from tests.unit.pki.authority import DAY, NOW, authority, ca_name, new_serial

A = authority()
CMP_MAC = 'secret_file="{folder}/secret"\n[ca.options]\nreference="ra-0001"\n'
CMP_SIGNED = (
    "[ca.options]\n"
    'ra_certificate="{folder}/ra.pem"\nra_key="{folder}/ra.key"\nanswer_certificates="{folder}/answers.pem"\n'
)
EST = 'revoke="by_hand"\nsecret_file="{folder}/secret"\n[ca.options]\nuser="ra"\nreenroll=true\n'
Open = Callable[[str, str], OutsideCas]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder with the files that the settings name; the RA's key is made by OpenSSL."""
    made: Path = tmp_path_factory.mktemp("cas")
    (made / "secret").write_text("insecure-test-secret\n")
    (made / "ca.pem").write_text(A.root.pem() + A.issuing.pem())
    (made / "answers.pem").write_text(A.issuing.pem())
    subprocess.run(["openssl", "genpkey", "-algorithm", "SM2", "-out", made / "ra.key"], check=True)
    signer = KeySigner(A.engine, read_sm2_key(A.engine, (made / "ra.key").read_text()))
    ra = self_signed_root(
        signer=signer, serial=new_serial(), subject=ca_name("RA"), not_before=NOW - DAY, not_after=NOW + DAY
    )
    (made / "ra.pem").write_text(ra.pem())
    return made


def opened(folder: Path, kind: str, more: str, url: str = "http://127.0.0.1:1/x") -> OutsideCas:
    """Opens a file with one CA."""
    root = hashlib.sha256(A.root.der).hexdigest()
    text = (
        f'[[ca]]\nname="example"\nkind="{kind}"\nurl="{url}"\ndisplay="示例"\ncertificates="{folder}/ca.pem"\n'
        f'roots=["{root}"]\nstatus_hosts=["ca.example.cn"]\nprofile="shield"\n{more.format(folder=folder)}'
        '[[route]]\nca="example"\n'
    )
    (folder / "cas.toml").write_text(text)
    made = open_outside_cas(str(folder / "cas.toml"), now=NOW)
    assert made is not None
    return made


def test_cmp_with_a_secret(folder: Path) -> None:
    adapter = opened(folder, "cmp", CMP_MAC + 'macs=["hmac-sm3"]\nform="cr"\n').adapters["example"]
    assert isinstance(adapter, CmpAuthority)
    assert adapter.protection == MacProtection(b"ra-0001", b"insecure-test-secret", ("hmac-sm3",))
    assert (adapter.form, adapter.profile, adapter.implicit_confirm) == ("cr", "shield", False)
    assert adapter.recipient == A.issuing.subject_der
    assert adapter.can == Capabilities(revoke="api", confirm=True)


def test_cmp_with_signatures(folder: Path) -> None:
    adapter = opened(folder, "cmp", "confirm=false\n" + CMP_SIGNED).adapters["example"]
    assert isinstance(adapter, CmpAuthority)
    assert adapter.implicit_confirm
    protection = adapter.protection
    assert isinstance(protection, SignatureProtection)
    assert [one.der for one in protection.pinned] == [A.issuing.der]
    algorithm = protection.new_algorithm()
    signature = sm2.Signature.from_der(protection.protect(algorithm, b"covered"))
    sm2.verify(load_engine(), protection.certificate.public_key, b"covered", signature)


def test_est(folder: Path) -> None:
    adapter = opened(folder, "est", EST).adapters["example"]
    assert isinstance(adapter, EstAuthority)
    assert (adapter.user, adapter.password, adapter.reenroll) == ("ra", b"insecure-test-secret", True)
    assert adapter.can == Capabilities(revoke="by_hand")


@pytest.mark.parametrize(
    ("kind", "more", "said"),
    [
        ("cmp", "", "needs secret_file"),
        ("cmp", 'secret_file="{folder}/secret"\n', "needs secret_file"),
        ("cmp", CMP_MAC + 'ra_key="sdf:1"\n', "needs secret_file"),
        ("cmp", CMP_MAC + 'macs=["hmac-sha1"]\n', "hmac-sha1"),
        ("cmp", CMP_MAC + 'macs=["md5"]\n', "options"),
        ("cmp", CMP_MAC + "unknown=1\n", "unknown"),
        ("cmp", CMP_SIGNED.replace("ra.key", "answers.pem"), "no SM2 key"),
        ("cmp", CMP_SIGNED.replace("ra.key", "missing"), "FileNotFoundError"),
        ("cmp", CMP_SIGNED.replace("{folder}/ra.key", "sdf:1"), "isn't open"),
        ("cmp", CMP_SIGNED.replace("ra.pem", "answers.pem"), "isn't the one certificate"),
        ("cmp", CMP_SIGNED.replace("answers.pem", "secret"), "has no certificate"),
        ("est", EST.replace("by_hand", "api"), "by_hand"),
        ("est", EST.replace('user="ra"', ""), "belong together"),
        ("est", 'revoke="by_hand"\n', "client_certificate"),
    ],
)
def test_settings_that_cannot_work_are_refused(folder: Path, kind: str, more: str, said: str) -> None:
    with pytest.raises(BadCas, match=said) as caught:
        opened(folder, kind, more)
    assert "example" in str(caught.value)
    assert "insecure" not in str(caught.value)
