"""`mshield verify BUNDLE`: what it says of a good bundle, and how it refuses."""

import json
from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner, Result

from mshield.cli import main
from mshield.pki.revocation.crl import KEY_COMPROMISE
from mshield.pki.revocation.ocsp import RevokedAt
from tests.unit.client.bundle import CONTENT, SIGNED_AT, VKEY, Maker, login_message
from tests.unit.pki.authority import IDENTITY, SUBJECT, authority

A = authority()


def run(*arguments: object) -> Result:
    return CliRunner().invoke(
        main, ("verify", *map(str, arguments)), env={"LANG": "en_GB.UTF-8", "LC_ALL": ""}
    )


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    return written(tmp_path, Maker(A))


def written(folder: Path, maker: Maker) -> Path:
    file = folder / "bundle.json"
    file.write_bytes(maker.made().encode())
    return file


def test_it_says_what_was_checked_and_whom_that_trusts(bundle: Path, tmp_path: Path) -> None:
    done = run(bundle)
    assert done.exit_code == 0, done.output
    assert SUBJECT.common_name in done.stdout
    assert done.stdout.count("from the bundle: compare it") == 2
    assert "bound by the signature" in done.stdout
    root = tmp_path / "root.pem"
    root.write_text(A.root.pem())
    done = run(bundle, "--root", root, "--log-key", VKEY, "--expect-credit-code", IDENTITY.credit_code)
    assert done.stdout.count("named by you") == 2
    assert "证据有效" in run(bundle, "--lang", "zh").stdout


def test_json_for_programs(bundle: Path) -> None:
    told = json.loads(run(bundle, "--json").stdout)
    assert (told["verified"], told["root_named"], told["log_key_named"]) == (True, False, False)
    assert (told["name"], told["display_bound"], told["later"]) == (SUBJECT.common_name, True, None)
    assert (told["log_index"], told["log_size"]) == (2, 5)


def test_it_says_plainly_what_is_not_bound(tmp_path: Path) -> None:
    done = run(written(tmp_path, Maker(A, format="raw")))
    assert done.stdout.count("as the service says") == 3
    done = run(written(tmp_path, Maker(A, format="raw", kind="login", content=login_message())))
    assert done.stdout.count("as the service says") == 2


def test_a_title_that_nothing_binds_shows_no_other_signer(tmp_path: Path) -> None:
    made = Maker(A, format="raw").made()
    doctored = "x\x1b[4A\x1b[2K\r  signer: 李四\n  signer: 王五"
    file = tmp_path / "bundle.json"
    file.write_bytes(
        msgspec.structs.replace(
            made, document=msgspec.structs.replace(made.document, title=doctored)
        ).encode()
    )
    done = run(file)
    assert done.exit_code == 0
    assert (
        "document: x[U+001B][4A[U+001B][2K[U+000D]  signer: 李四[U+000A]  signer: 王五 (raw)" in done.stdout
    )
    assert [line for line in done.stdout.splitlines() if line.startswith("  signer:")] == [
        f"  signer: {SUBJECT.common_name} ({SUBJECT.role})"
    ]


def test_content_that_is_not_there_can_be_given(tmp_path: Path) -> None:
    file = written(tmp_path, Maker(A, format="cms_detached", with_content=False))
    assert "only its digest was compared" in run(file).stdout
    content = tmp_path / "content"
    content.write_bytes(CONTENT)
    assert "the given file" in run(file, "--message", content).stdout
    content.write_bytes(CONTENT + b" ")
    assert run(file, "--message", content).exit_code == 1


def test_what_happened_later_is_told(tmp_path: Path) -> None:
    later = RevokedAt(SIGNED_AT // 1000 * 1000 + 5000, KEY_COMPROMISE)
    done = run(written(tmp_path, Maker(A, status=later)))
    assert done.exit_code == 0
    assert "certificate: revoked or put on hold after the signature" in done.stdout


def test_what_does_not_hold_is_exit_code_1(bundle: Path, tmp_path: Path) -> None:
    assert run(bundle, "--at", "2025-06-01T00:00:00+08:00").exit_code == 1
    assert run(bundle, "--log-key", Maker(A).made().log.key.replace("shield", "other")).exit_code == 1
    evidence = Maker(A).made()
    other = msgspec.structs.replace(evidence, log=Maker(A).made().log)
    bundle.write_bytes(other.encode())
    done = run(bundle, "--json")
    assert done.exit_code == 1
    assert "bad_log_proof" in done.output
    bundle.write_bytes(b"{}")
    assert run(bundle).exit_code == 1


def test_options_that_a_bundle_has_inside_are_a_usage_error(bundle: Path, tmp_path: Path) -> None:
    assert run(bundle, "--unchecked").exit_code == 2
    assert run(bundle, "--digest", "00").exit_code == 2
    assert run(tmp_path, "--log-key", VKEY).exit_code == 2
