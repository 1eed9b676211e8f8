"""`mshield verify` of files of others, `mshield trust`, and `mshield selftest --formats`, by the vectors."""

import json
import re
from pathlib import Path
from typing import Final

import pytest
from click.testing import CliRunner, Result

from mshield.cli import main
from mshield.gm.engine import load_engine
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
    ("zh", "密码学上正确，签名者未确认"), ("en", "Cryptographically right, signer not established"),
])  # fmt: skip
def test_an_unknown_root_is_never_called_valid(lang: str, said: str) -> None:
    done = _verify("gb-attrs-time.p7s", "--lang", lang)
    assert done.exit_code == 1
    assert said in done.stdout
    assert not re.search("签名有效|is valid", done.stdout)
    assert "GB/T 35275" in done.stdout


def test_what_was_seen_is_told() -> None:
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
    assert (unknown.exit_code, "nothing says whether" in unknown.stdout) == (1, True)
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


def test_content_beside_and_a_digest(tmp_path: Path) -> None:
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
        "message": "the signed digest is another content's",
        "reason": "digest",
    }
    beside = _verify("gb-no-certs.p7s", "--cert", FORMATS / "ca" / "leaf.cer")
    assert "Cryptographically right" in beside.stdout


@pytest.mark.parametrize(("name", "fact", "value"), [
    ("xml/eport.xml", "exclusive", False), ("pdf/cades.pdf", "subfilter", "ETSI.CAdES.detached"),
    ("pdf/gb-p7.pdf", "arc", "gb"),
])  # fmt: skip
def test_xml_and_pdf_are_read_as_a_p7_is(trust: Path, name: str, fact: str, value: object) -> None:
    file, chain = FORMATS / name, ("--chain", FORMATS / "ca" / "issuing.cer")
    unknown = _run("verify", file, *AT, "--json")
    seen = json.loads(unknown.stdout)
    assert (unknown.exit_code, seen["verdict"], seen[fact]) == (1, "signer_not_established", value)
    assert "签名者未确认" in _run("verify", file, *AT, "--lang", "zh").stdout
    trusted = ("verify", file, *AT, "--trust", trust, *chain)
    assert _run(*trusted, "--ocsp", FORMATS / "ocsp" / "good.der").exit_code == 0
    assert _run(*trusted, "--content", FORMATS / "content.bin").exit_code == 2


def test_a_digest_that_can_be_forged_establishes_nothing(trust: Path) -> None:
    done = _run("verify", FORMATS / "xml" / "w3-uri-sha1.xml", *AT, "--trust", trust, "--unchecked", "--json")
    assert (done.exit_code, json.loads(done.stdout)["verdict"]) == (1, "weak_digest")


@pytest.mark.parametrize(("name", "code"), [
    ("xml/bad-content.xml", "xml_digest"), ("xml/bad-doctype.xml", "xml_structure"),
    ("pdf/bad-appended.pdf", "bad_signed_pdf"), ("pdf/bad-unsigned.pdf", "bad_signed_pdf"),
])  # fmt: skip
def test_what_is_wrong_is_named(name: str, code: str) -> None:
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


def test_under_a_strict_root_only_what_the_strict_reader_takes_holds() -> None:
    """The same root leads to both, read tolerantly."""

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


def test_selftest_runs_the_formats(tmp_path: Path) -> None:
    done = _run("selftest", "--formats", FORMATS)
    assert (done.exit_code, done.stdout.splitlines()[-1]) == (0, "284 passed, 0 failed")
    index = json.loads((FORMATS / "index.json").read_bytes())
    index["vectors"] = [index["vectors"][0] | {"kind": "paint"}]
    (tmp_path / "index.json").write_text(json.dumps(index))
    other = _run("selftest", "--formats", tmp_path, "--json")
    assert (other.exit_code, json.loads(other.stdout)["failed"]) == (1, 1)
    assert "is not read yet" in json.loads(other.stdout)["failures"][0]
    (tmp_path / "index.json").unlink()
    assert _run("selftest", "--formats", tmp_path).exit_code == 2
    assert _run("selftest", "--formats", FORMATS, "--views", FORMATS).exit_code == 2
