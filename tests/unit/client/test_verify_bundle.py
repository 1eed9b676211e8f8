"""`mshield verify BUNDLE`: its report on a valid bundle, and its refusals."""

import json
from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner, Result

from mshield.cli.main import main
from mshield.pki.revocation.crl import KEY_COMPROMISE, Revoked
from mshield.pki.revocation.ocsp import RevokedAt
from mshield.pki.signatures.display import Pages
from mshield.views import read_view
from tests.support.stamped_bundles import OUTSIDE, REVOKED, stamped
from tests.unit.client.bundle import CONTENT, SIGNED_AT, VKEY, Maker, login_message
from tests.unit.pki.authority import IDENTITY, SUBJECT, authority

A = authority()
VIEW = read_view(
    json.dumps(
        {
            "type": "mshield-view/v1",
            "id": "declaration",
            "version": 1,
            "content": "xml",
            "title": "报关单",
            "root": "报关单",
            "body": [{"label": "货物", "rows": [{"label": "总价", "path": "总价"}]}],
        }
    ).encode()
).octets


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


@pytest.fixture
def trusted(tmp_path: Path) -> tuple[object, ...]:
    root = tmp_path / "root.pem"
    root.write_text(A.root.pem())
    return "--root", root, "--log-key", VKEY


def test_report_lists_checks_and_trust(bundle: Path, trusted: tuple[object, ...]) -> None:
    done = run(bundle, *trusted, "--expect-credit-code", IDENTITY.credit_code)
    assert done.exit_code == 0, done.output
    assert done.stdout.startswith("The evidence is valid\n")
    assert SUBJECT.common_name in done.stdout
    assert "bound by the signature" in done.stdout
    assert done.stdout.count("named by you") == 2
    assert "证据有效" in run(bundle, *trusted, "--lang", "zh").stdout


def test_report_names_the_shield_and_the_displayed_pages(tmp_path: Path, trusted: tuple[object, ...]) -> None:
    file = written(tmp_path, Maker(A, confirmed="unread", pages=Pages(5, ((1, 2), (4, 4)))))
    told = run(file, *trusted).stdout
    assert "shield: MS 000 0000 0018 (as recorded in the log)" in told
    assert "id number: 330206********4218 (as recorded in the log)" in told
    assert "pages shown on the screen: 1–2, 4 of 5" in told
    assert "服务所称，未经签名" in run(file, "--lang", "zh").stdout
    found = json.loads(run(file, *trusted, "--json").stdout)
    assert found["holder"] == {"shield_number": "MS00000000018", "id_number_masked": "330206********4218"}
    assert found["shown"]["pages"] == {"count": 5, "shown": [[1, 2], [4, 4]]}
    uncounted = written(tmp_path, Maker(A, confirmed="unread"))
    assert "pages shown on the screen: not stated" in run(uncounted, *trusted).stdout


def test_report_says_whether_the_views_registration_is_proven(
    tmp_path: Path, trusted: tuple[object, ...]
) -> None:
    proven = written(tmp_path, Maker(A, view=VIEW))
    assert "this view was registered for the business system on 20" in run(proven, *trusted).stdout
    view = json.loads(run(proven, *trusted, "--json").stdout)["shown"]["view"]
    assert view["registration"] == "proven"
    assert "not proven by the bundle" in run(proven).stdout  # the log's key wasn't given as trusted
    file = written(tmp_path, Maker(A, view=VIEW, registered=False))
    shown = json.loads(run(file, *trusted, "--json").stdout)["shown"]
    assert (shown["view"]["registration"], shown["drawn"] is not None) == ("not_proven", True)
    assert "not proven by the bundle" in run(file, *trusted).stdout
    assert "证据没有证明" in run(file, *trusted, "--lang", "zh").stdout
    assert "not proven" not in run(written(tmp_path, Maker(A)), *trusted).stdout


def test_bundle_without_its_document_is_incomplete(tmp_path: Path, trusted: tuple[object, ...]) -> None:
    file = written(tmp_path, Maker(A, format="cms_detached", with_content=False))
    done = run(file, *trusted)
    assert (done.exit_code, done.stdout.startswith("Incomplete: ")) == (1, True)
    assert "未核对完" in run(file, *trusted, "--lang", "zh").stdout
    told = json.loads(run(file, *trusted, "--json").stdout)
    assert (told["verified"], told["missing"]) == (False, ["content"])
    (document := tmp_path / "document.xml").write_bytes(CONTENT)
    whole = run(file, *trusted, "--message", document)
    assert (whole.exit_code, whole.stdout.startswith("The evidence is valid")) == (0, True), whole.output


def test_bundle_of_an_unknown_ca_and_log_is_not_valid(bundle: Path, trusted: tuple[object, ...]) -> None:
    for named, wanted in (((), "--root --log-key"), (trusted[:2], "--log-key"), (trusted[2:], "--root")):
        done = run(bundle, *named)
        assert done.exit_code == 1
        assert done.stdout.startswith("Not established: ")
        assert done.stdout.splitlines()[0].endswith(f": {wanted}")
        assert "The evidence is valid" not in done.stdout
    assert run(bundle).stdout.count("from the bundle: check it") == 2
    assert "证据有效" not in run(bundle, "--lang", "zh").stdout
    told = json.loads(run(bundle, "--json").stdout)
    assert (told["verified"], told["missing"]) == (False, ["root", "log_key"])


def test_json_output_has_the_documented_members(bundle: Path, trusted: tuple[object, ...]) -> None:
    done = run(bundle, *trusted, "--json")
    assert done.exit_code == 0
    told = json.loads(done.stdout)
    assert (told["verified"], told["root_named"], told["log_key_named"]) == (True, True, True)
    assert told["missing"] == []
    assert (told["name"], told["display_bound"], told["later"]) == (SUBJECT.common_name, True, None)
    assert (told["log_index"], told["log_size"]) == (2, 5)


def test_report_marks_unbound_facts(tmp_path: Path) -> None:
    for made in (Maker(A, format="raw"), Maker(A, format="raw", kind="login", content=login_message())):
        done = run(written(tmp_path, made))
        assert done.stdout.count("as recorded in the log") == (2 if made.kind == "signature" else 1)
        assert "claimed by the service" not in done.stdout
        assert "the service's clock, no independent time stamp" in done.stdout


def test_control_characters_in_a_title_cannot_forge_the_signer(tmp_path: Path) -> None:
    doctored = "x\x1b[4A\x1b[2K\r  signer: 李四\n  signer: 王五"
    done = run(written(tmp_path, Maker(A, format="raw", title=doctored)))
    assert (
        "document: x[U+001B][4A[U+001B][2K[U+000D]  signer: 李四[U+000A]  signer: 王五 (raw)" in done.stdout
    )
    assert [line for line in done.stdout.splitlines() if line.startswith("  signer:")] == [
        f"  signer: {SUBJECT.common_name} ({SUBJECT.role})"
    ]


def test_missing_content_can_be_given(tmp_path: Path) -> None:
    file = written(tmp_path, Maker(A, format="cms_detached", with_content=False))
    assert "only its digest was compared" in run(file).stdout
    content = tmp_path / "content"
    content.write_bytes(CONTENT)
    assert "the given file" in run(file, "--message", content).stdout
    content.write_bytes(CONTENT + b" ")
    assert run(file, "--message", content).exit_code == 1


def test_later_revocation_is_reported(tmp_path: Path, trusted: tuple[object, ...]) -> None:
    later = RevokedAt(SIGNED_AT // 1000 * 1000 + 5000, KEY_COMPROMISE)
    done = run(written(tmp_path, Maker(A, status=later)), *trusted)
    assert done.exit_code == 0
    assert "certificate: revoked or put on hold after the signature" in done.stdout


def test_invalid_bundle_exits_with_code_1(bundle: Path, tmp_path: Path) -> None:
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


def test_options_for_data_inside_the_bundle_are_a_usage_error(bundle: Path, tmp_path: Path) -> None:
    assert run(bundle, "--unchecked").exit_code == 2
    assert run(bundle, "--digest", "00").exit_code == 2
    assert run(tmp_path, "--log-key", VKEY).exit_code == 2


def test_report_names_the_time_source_and_trust_in_a_revoked_ca(
    tmp_path: Path, trusted: tuple[object, ...]
) -> None:
    root, crl, cms = tmp_path / "tsa.cer", tmp_path / "root.crl", tmp_path / "signed.p7s"
    root.write_bytes(OUTSIDE.root)
    bundle = tmp_path / "bundle.json"
    bundle.write_bytes(stamped(OUTSIDE).encode())
    assert "from an unknown authority, ignored" in run(bundle, *trusted).stdout
    named = (*trusted, "--tsa-root", root)
    assert "a third party's time stamp" in run(bundle, *named).stdout
    told = json.loads(run(bundle, *named, "--json").stdout)
    assert (told["time"]["by"], told["time_stamps"][0]["valid"]) == ("outside", True)
    crl.write_bytes(A.root_crl((Revoked(A.issuing.serial, REVOKED, KEY_COMPROMISE),), at=REVOKED))
    now = ("--crl", crl, "--at", "2026-01-20T00:00:00+00:00")
    done = run(bundle, *named, *now)
    assert done.stdout.startswith("The signature is valid; the issuing CA was revoked afterwards")
    refused = run(bundle, *trusted, *now, "--json")
    assert json.loads(refused.stderr)["error"]["code"] == "ca_compromised"
    cms.write_bytes(stamped(OUTSIDE).signature.cms)
    at = ("--unchecked", "--at", "2026-01-02T00:00:00+00:00")
    alone = run("--cms", cms, *trusted[:2], "--tsa-root", root, *at)
    assert "trusted by you" in alone.stdout, alone.output
