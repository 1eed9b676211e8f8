"""`mshield verify` of foreign files, `mshield trust`, and `mshield selftest --formats`, on the test vectors."""

import json
import re
from pathlib import Path
from typing import Any, Final

import pytest
from click.testing import CliRunner, Result

from mshield.cli.main import main
from mshield.gm.engine import load_engine
from mshield.pki.asn1 import pem
from mshield.pki.errors import DerError
from mshield.pki.foreign.certificate import parse_foreign_certificate
from mshield.pki.foreign.standing import standing_of
from mshield.pki.foreign.trust_list import How, trusted_root
from tests.vectors.files import FOLDER

FORMATS: Final = FOLDER / "formats"
AT: Final = ("--at", "2026-08-15T06:00:00Z")


def _run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(main, [str(each) for each in arguments])


def _verify(name: str, *arguments: str | Path) -> Result:
    return _run("verify", FORMATS / "p7" / name, *AT, *arguments)


@pytest.fixture
def trust(tmp_path: Path) -> Path:
    path = tmp_path / "trust.json"
    added = _run("trust", "add", FORMATS / "ca" / "root.cer", "--list", path, "--name", "测试机构根")
    assert added.exit_code == 0, added.output
    return path


@pytest.mark.parametrize(("lang", "said"), [
    ("zh", "密码学上正确，签名者未确认"), ("en", "Cryptographically correct, but the signer is not established"),
])  # fmt: skip
def test_an_unknown_root_is_never_called_valid(lang: str, said: str) -> None:
    done = _verify("gb-attrs-time.p7s", "--lang", lang)
    assert done.exit_code == 1
    assert said in done.stdout
    assert not re.search("签名有效|is valid", done.stdout)
    assert "GB/T 35275" in done.stdout


def test_report_describes_the_file() -> None:
    done = _verify("gb-raw-64.p7s", "--json")
    seen = json.loads(done.stdout)
    assert (done.exit_code, seen["verified"], seen["verdict"]) == (1, False, "signer_not_established")
    assert (seen["arc"], seen["attributes"], seen["detached"], seen["raw_value"]) == (
        "gb",
        False,
        False,
        True,
    )
    assert seen["algorithm"] == "1.2.156.10197.1.501"
    assert (seen["root"], seen["revocation"], seen["signing_time"]) == (None, None, None)
    claimed = json.loads(_verify("gb-attrs-time.p7s", "--json").stdout)
    assert claimed["signing_time"].startswith("2026-")


def test_a_trusted_root_and_a_status_make_it_valid(trust: Path) -> None:
    chain = ("--trust", trust, "--chain", FORMATS / "ca" / "issuing.cer")
    unknown = _verify("gb-attrs.p7s", *chain, "--lang", "en")
    assert (unknown.exit_code, "nothing shows whether" in unknown.stdout) == (1, True)
    ocsp = FORMATS / "ocsp" / "good.der"
    good = _verify("gb-attrs.p7s", *chain, "--ocsp", ocsp, "--lang", "zh")
    assert (good.exit_code, "签名有效" in good.stdout) == (0, True), good.output
    assert _verify("gb-attrs.p7s", *chain, "--crl", FORMATS / "crl" / "empty.crl").exit_code == 0
    listed = _verify("gb-attrs.p7s", *chain, "--crl", FORMATS / "crl" / "null-params.crl")
    assert (listed.exit_code, "[revoked]" in listed.stderr) == (1, True)
    assert _verify("gb-attrs.p7s", *chain, "--unchecked").exit_code == 0
    revoked = _verify("gb-attrs.p7s", *chain, "--ocsp", FORMATS / "ocsp" / "revoked.der", "--json")
    assert (revoked.exit_code, json.loads(revoked.stderr)["error"]["code"]) == (1, "revoked")
    late = ("verify", FORMATS / "p7" / "gb-attrs.p7s", *chain, "--at", "2046-01-01T00:00:00Z")
    assert "[expired]" in _run(*late).stderr


def test_detached_content_or_its_digest_is_accepted(tmp_path: Path) -> None:
    content = ("--content", FORMATS / "content.bin")
    assert json.loads(_verify("gb-detached-attrs.p7s", *content, "--json").stdout)["detached"]
    assert "[bad_p7]" in _verify("gb-detached-attrs.p7s").stderr
    assert "[bad_p7]" in _verify("gb-ofd-digest.p7s").stderr
    assert "签名者未确认" in _verify("gb-ofd-digest.p7s", *content, "--form", "digest", "--lang", "zh").stdout
    other = tmp_path / "other.bin"
    other.write_bytes(b"other")
    refused = _verify("gb-detached-attrs.p7s", "--content", other, "--json")
    assert json.loads(refused.stderr)["error"] == {
        "code": "bad_p7",
        "message": "the signed digest doesn't match the content",
        "reason": "digest",
    }
    beside = _verify("gb-no-certs.p7s", "--cert", FORMATS / "ca" / "leaf.cer")
    assert "Cryptographically correct" in beside.stdout


@pytest.mark.parametrize(("name", "fact", "value"), [
    ("xml/eport.xml", "exclusive", False), ("pdf/cades.pdf", "subfilter", "ETSI.CAdES.detached"),
    ("pdf/gb-p7.pdf", "arc", "gb"),
])  # fmt: skip
def test_xml_and_pdf_are_verified_like_a_p7(trust: Path, name: str, fact: str, value: object) -> None:
    file, chain = FORMATS / name, ("--chain", FORMATS / "ca" / "issuing.cer")
    unknown = _run("verify", file, *AT, "--json")
    seen = json.loads(unknown.stdout)
    assert (unknown.exit_code, seen["verdict"], seen[fact]) == (1, "signer_not_established", value)
    assert "签名者未确认" in _run("verify", file, *AT, "--lang", "zh").stdout
    trusted = ("verify", file, *AT, "--trust", trust, *chain)
    assert _run(*trusted, "--ocsp", FORMATS / "ocsp" / "good.der").exit_code == 0
    assert _run(*trusted, "--content", FORMATS / "content.bin").exit_code == 2


def test_weak_digest_is_never_valid(trust: Path) -> None:
    done = _run("verify", FORMATS / "xml" / "w3-uri-sha1.xml", *AT, "--trust", trust, "--unchecked", "--json")
    assert (done.exit_code, json.loads(done.stdout)["verdict"]) == (1, "weak_digest")


@pytest.mark.parametrize(("name", "code"), [
    ("xml/bad-content.xml", "xml_digest"), ("xml/bad-doctype.xml", "xml_structure"),
    ("pdf/bad-appended.pdf", "bad_signed_pdf"), ("pdf/bad-unsigned.pdf", "bad_signed_pdf"),
])  # fmt: skip
def test_fault_is_named(name: str, code: str) -> None:
    done = _run("verify", FORMATS / name, *AT, "--json")
    assert done.exit_code == 1
    assert json.loads(done.stderr)["error"]["code"] == code


def test_options_of_other_inputs_are_refused() -> None:
    assert _verify("gb-attrs.p7s", "--log-key", "x").exit_code == 2
    assert _run("verify", "--form", "digest", "--cms", FORMATS / "p7" / "gb-attrs.p7s").exit_code == 2


def test_trust_is_added_shown_and_removed(trust: Path, tmp_path: Path) -> None:
    [root] = json.loads(_run("trust", "list", "--list", trust, "--json").stdout)
    assert (root["name"], root["read"]) == ("测试机构根", "tolerant")
    add = ("trust", "add", "--list", trust)
    assert "[bad_trust_list]" in _run(*add, FORMATS / "ca" / "root.cer").stderr
    assert "SHA-256" in _run(*add, FORMATS / "ca" / "issuing.cer", "--sha256", "00").stderr
    assert "不是 CA 证书" in _run(*add, FORMATS / "ca" / "leaf.cer", "--lang", "zh").stderr
    nulls = _run(*add, FORMATS / "certificate" / "null-params.cer", "--read", "strict")
    assert nulls.exit_code == 1
    assert _run("trust", "remove", root["sha256"], "--list", trust).exit_code == 0
    assert json.loads(_run("trust", "list", "--list", trust, "--json").stdout) == []
    assert _run("trust", "remove", root["sha256"], "--list", trust).exit_code == 1
    forged, kind = tmp_path / "forged.json", "mshield-trust/v1"
    forms: tuple[object, ...] = (
        [],
        {"type": "x", "roots": []},
        {"type": kind},
        {"type": kind, "roots": ["x"]},
        {"type": kind, "roots": [{}]},
        {"type": kind, "roots": 1},
    )
    for form in forms:
        forged.write_text(json.dumps(form))
        assert "[bad_trust_list]" in _run("trust", "list", "--list", forged).stderr, form


def test_strict_root_accepts_only_strict_certificates() -> None:
    """Both chains lead to the same root, which is read tolerantly or strictly."""

    def stands(leaf: str, how: How) -> bool:
        signer = parse_foreign_certificate((FORMATS / "certificate" / f"{leaf}.cer").read_bytes())
        root = trusted_root("", how, (FORMATS / "ca" / "root.cer").read_bytes())
        others = [(FORMATS / "ca" / "issuing.cer").read_bytes()]
        standing = standing_of(load_engine(), signer, others=others, roots=[root], at=1_786_752_000_000)
        return standing.root is root

    assert stands("plain", "tolerant")
    assert stands("plain", "strict")
    assert stands("null-params", "tolerant")
    with pytest.raises(DerError):
        stands("null-params", "strict")


def _alone(name: str, *arguments: str | Path) -> tuple[int, dict[str, Any]]:
    done = _run("verify", FORMATS / name, *AT, "--json", *arguments)
    return done.exit_code, json.loads(done.stdout or done.stderr)


def test_single_time_stamp_reports_content_time_and_authority(trust: Path) -> None:
    content = ("--content", FORMATS / "content.bin")
    code, seen = _alone("tsp/sm2-gm-type.tsr", *content)
    assert (code, seen["verdict"], seen["arc"]) == (1, "signer_not_established", "gb")
    assert (seen["at"], seen["accuracy_us"]) == ("2026-08-01T01:02:03+00:00", 1_000_000)
    assert (seen["policy"], seen["imprint_algorithm"], seen["root"]) == ("2.999.1.3", "sm3", None)
    # A root of signers isn't a root for time stamps.
    assert _alone("tsp/sm2.tsr", *content, "--trust", trust)[1]["verdict"] == "signer_not_established"
    added = _run(
        "trust", "add", FORMATS / "ca" / "root.cer", "--as", "tsa-root", "--list", trust, "--name", "时间戳根"
    )
    assert added.exit_code == 0, added.output
    trusted = ("--trust", trust)
    assert _alone("tsp/sm2.tsr", *trusted)[1]["verdict"] == "data_not_given"
    code, seen = _alone("tsp/sm2.tsr", *content, *trusted)
    assert (code, seen["verdict"], seen["root"]["name"]) == (0, "valid", "时间戳根")
    p256 = ("--tsa-root", FORMATS / "ca" / "p-root.cer")
    assert _alone("tsp/p256.tsr", *content, *p256)[0] == 0
    other = ("--content", FORMATS / "ca" / "root.cer")
    assert _alone("tsp/sm2.tsr", *other, *trusted)[1]["error"]["reason"] == "imprint"
    assert _alone("tsp/bad-status.tsr")[1]["error"]["reason"] == "status"
    refused = ("verify", FORMATS / "tsp" / "sm2.tsr", *AT, *other, *trusted, "--lang")
    assert "时间戳是盖在别的数据上的" in _run(*refused, "zh").stderr
    assert "the time stamp covers other data" in _run(*refused, "en").stderr
    spoken = _run("verify", FORMATS / "tsp" / "sm2.tsr", *AT, "--lang", "zh").stdout
    assert "时间戳机构未确认" in spoken
    assert not re.search("有效，盖在|is valid", spoken)
    for strange in (("--root", FORMATS / "ca" / "root.cer"), ("--ocsp", FORMATS / "ocsp" / "good.der")):
        assert _run("verify", FORMATS / "tsp" / "sm2.tsr", *strange).exit_code == 2


def test_tsa_without_a_purpose_needs_a_waiver(tmp_path: Path) -> None:
    folder, path = FOLDER / "time_stamps" / "foreign", tmp_path / "trust.json"
    verify = ("verify", folder / "self.tsr", "--content", folder / "content.bin", "--trust", path, "--json")

    def add(*how: str) -> None:
        assert _run("trust", "add", folder / "self-root.cer", "--list", path, *how).exit_code == 0

    add("--as", "tsa-root")
    assert json.loads(_run(*verify).stderr)["error"]["reason"] == "purpose"
    add("--as", "tsa-waiver")
    good = _run(*verify)
    assert (good.exit_code, json.loads(good.stdout)["read"]) == (0, "tolerant"), good.output
    listed = json.loads(_run("trust", "list", "--list", path, "--json").stdout)
    assert [one["as"] for one in listed] == ["tsa-root", "tsa-waiver"]
    strict = _run(
        "trust", "add", folder / "tsa-root.cer", "--as", "tsa-root", "--read", "strict", "--list", path
    )
    assert "[bad_trust_list]" in strict.stderr
    assert _run("trust", "remove", listed[0]["sha256"], "--list", path).exit_code == 0
    assert json.loads(path.read_text()) == {"type": "mshield-trust/v1", "roots": []}


@pytest.mark.parametrize(("name", "arguments", "verdict"), [
    ("certificate/eport-like.cer", (), "signature_not_checked"),
    ("certificate/eport-like.cer", ("--chain", "ca/issuing.cer"), "signer_not_established"),
    ("certificate/eport-like.cer", ("--root", "ca/root.cer"), "signature_not_checked"),
    ("certificate/eport-like.cer", ("--root", "ca/root.cer", "--chain", "ca/issuing.cer"), "status_not_checked"),
    ("certificate/eport-like.cer",
     ("--root", "ca/root.cer", "--chain", "ca/issuing.cer", "--crl", "crl/plain.crl"), "valid"),
    ("ca/root.cer", (), "signer_not_established"),
    ("ca/root.cer", ("--root", "ca/root.cer"), "valid"),
    ("crl/plain.crl", (), "signature_not_checked"),
    ("crl/plain.crl", ("--chain", "ca/issuing.cer"), "signer_not_established"),
    ("crl/plain.crl", ("--root", "ca/issuing.cer"), "valid"),
    ("crl/plain.crl", ("--root", "ca/issuing.cer", "--at", "2026-12-01T00:00:00Z"), "out_of_date"),
    ("ocsp/revoked.der", (), "signature_not_checked"),
    ("ocsp/revoked.der", ("--chain", "ca/issuing.cer"), "signer_not_established"),
    ("ocsp/revoked.der", ("--root", "ca/issuing.cer"), "valid"),
    ("ocsp/bad-old.der", ("--root", "ca/issuing.cer"), "out_of_date"),
])  # fmt: skip
def test_single_file_is_valid_only_under_a_trusted_root(
    name: str, arguments: tuple[str, ...], verdict: str
) -> None:
    given = [FORMATS / one if "/" in one else one for one in arguments]
    code, seen = _alone(name, *given)
    assert (code, seen["verdict"]) == (0 if verdict == "valid" else 1, verdict), seen
    assert (seen["signed_by"] is None) == (verdict == "signature_not_checked")
    spoken = _run("verify", FORMATS / name, *AT, *given, "--lang", "zh").stdout
    assert ("现在有效" in spoken) == (verdict == "valid")


@pytest.mark.parametrize(("name", "code"), [
    ("certificate/sig-tampered.cer", "bad_signature"), ("certificate/boolean-01.cer", "unreadable"),
    ("crl/other-key.crl", "bad_signature"), ("crl/delta.crl", "unreadable"),
    ("ocsp/bad-signature.der", "bad_signature"), ("ocsp/bad-leaf.der", "status_unknown"),
])  # fmt: skip
def test_fault_of_a_single_file_is_named(name: str, code: str) -> None:
    assert _alone(name, "--chain", FORMATS / "ca" / "issuing.cer")[1]["error"]["code"] == code


def test_private_extensions_are_named_and_id_numbers_hide_the_birthday() -> None:
    text = _run("verify", FORMATS / "certificate" / "eport-like.cer", "--lang", "zh").stdout
    assert "证件号码（电子口岸）: 440301********0011" in text
    assert "组织机构代码（电子口岸）: MA5TEST0X" in text
    _, seen = _alone("certificate/gb-identity-ext.cer")
    assert seen["private"]["1.2.156.10260.4.1.1"] == "440301********0011"
    assert "19900101" not in text + json.dumps(seen)
    assert _alone("certificate/private-ext-not-der.cer")[0] == 1


def test_pem_base64_and_files_of_several_are_read(tmp_path: Path) -> None:
    leaf, issuing = ((FORMATS / one).read_bytes() for one in ("certificate/plain.cer", "ca/issuing.cer"))
    file = tmp_path / "chain.pem"
    file.write_text(pem.encode("CERTIFICATE", leaf) + pem.encode("CERTIFICATE", issuing))
    assert json.loads(_run("verify", file, *AT, "--json").stdout)["verdict"] == "signer_not_established"
    for label, name, kind in (
        ("X509 CRL", "crl/v1.crl", "crl"),
        ("OCSP RESPONSE", "ocsp/good.der", "ocsp"),
        ("TIMESTAMP RESPONSE", "tsp/sm2.tsr", "time_stamp"),
    ):
        text = pem.encode(label, (FORMATS / name).read_bytes())
        for content in (text, "".join(text.splitlines()[1:-1])):
            file.write_text(content)
            assert json.loads(_run("verify", file, *AT, "--json").stdout)["kind"] == kind


def test_selftest_runs_the_formats(tmp_path: Path) -> None:
    done = _run("selftest", "--formats", FORMATS)
    assert (done.exit_code, done.stdout.splitlines()[-1]) == (0, "332 passed, 0 failed")
    index = json.loads((FORMATS / "index.json").read_bytes())
    index["vectors"] = [index["vectors"][0] | {"kind": "paint"}]
    (tmp_path / "index.json").write_text(json.dumps(index))
    other = _run("selftest", "--formats", tmp_path, "--json")
    assert (other.exit_code, json.loads(other.stdout)["failed"]) == (1, 1)
    assert "is not supported" in json.loads(other.stdout)["failures"][0]
    (tmp_path / "index.json").unlink()
    assert _run("selftest", "--formats", tmp_path).exit_code == 2
    assert _run("selftest", "--formats", FORMATS, "--views", FORMATS).exit_code == 2
