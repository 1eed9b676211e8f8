"""`mshield verify BUNDLE`: what it says of a good bundle, and how it refuses."""

import json
from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner, Result

from mshield.cli import main
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


def test_it_says_what_was_checked_and_whom_that_trusts(bundle: Path, trusted: tuple[object, ...]) -> None:
    done = run(bundle, *trusted, "--expect-credit-code", IDENTITY.credit_code)
    assert done.exit_code == 0, done.output
    assert done.stdout.startswith("The evidence is valid\n")
    assert SUBJECT.common_name in done.stdout
    assert "bound by the signature" in done.stdout
    assert done.stdout.count("named by you") == 2
    assert "证据有效" in run(bundle, *trusted, "--lang", "zh").stdout


def test_whose_shield_it_was_and_which_pages_were_shown(tmp_path: Path, trusted: tuple[object, ...]) -> None:
    file = written(tmp_path, Maker(A, confirmed="unread", pages=Pages(5, ((1, 2), (4, 4)))))
    told = run(file, *trusted).stdout
    assert "shield: MS 000 0000 0018 (as the log took it down)" in told
    assert "id number: 330206********4218 (as the log took it down)" in told
    assert "pages on the screen: 1–2, 4 of 5" in told
    assert "服务所称，未经签名" in run(file, "--lang", "zh").stdout
    found = json.loads(run(file, *trusted, "--json").stdout)
    assert found["holder"] == {"shield_number": "MS00000000018", "id_number_masked": "330206********4218"}
    assert found["shown"]["pages"] == {"count": 5, "shown": [[1, 2], [4, 4]]}
    earlier = written(tmp_path, Maker(A, holder=None, confirmed="unread"))
    assert "the bundle tells neither shield number nor id number" in run(earlier, *trusted).stdout
    assert "pages on the screen: not told" in run(earlier, *trusted).stdout


def test_that_a_view_was_registered_is_proven_or_said_to_be_unproven(
    tmp_path: Path, trusted: tuple[object, ...]
) -> None:
    proven = written(tmp_path, Maker(A, view=VIEW))
    assert "this view was registered for the business system on 20" in run(proven, *trusted).stdout
    view = json.loads(run(proven, *trusted, "--json").stdout)["shown"]["view"]
    assert view["registration"] == "proven"
    assert "not proven by the bundle" in run(proven).stdout  # by a log that nobody named
    file = written(tmp_path, Maker(A, view=VIEW, registered=False))
    shown = json.loads(run(file, *trusted, "--json").stdout)["shown"]
    assert (shown["view"]["registration"], shown["drawn"] is not None) == ("not_proven", True)
    assert "not proven by the bundle" in run(file, *trusted).stdout
    assert "证据没有证明" in run(file, *trusted, "--lang", "zh").stdout
    assert "not proven" not in run(written(tmp_path, Maker(A)), *trusted).stdout


def test_a_bundle_of_anybodys_own_ca_and_log_establishes_nothing(
    bundle: Path, trusted: tuple[object, ...]
) -> None:
    for named, wanted in (((), "--root --log-key"), (trusted[:2], "--log-key"), (trusted[2:], "--root")):
        done = run(bundle, *named)
        assert done.exit_code == 1
        assert done.stdout.startswith("Not established: ")
        assert done.stdout.splitlines()[0].endswith(f": {wanted}")
        assert "The evidence is valid" not in done.stdout
    assert run(bundle).stdout.count("from the bundle: compare it") == 2
    assert "证据有效" not in run(bundle, "--lang", "zh").stdout
    told = json.loads(run(bundle, "--json").stdout)
    assert (told["verified"], told["missing"]) == (False, ["root", "log_key"])


def test_json_for_programs(bundle: Path, trusted: tuple[object, ...]) -> None:
    done = run(bundle, *trusted, "--json")
    assert done.exit_code == 0
    told = json.loads(done.stdout)
    assert (told["verified"], told["root_named"], told["log_key_named"]) == (True, True, True)
    assert (told["missing"], told["asked_logged"]) == ([], True)
    assert (told["name"], told["display_bound"], told["later"]) == (SUBJECT.common_name, True, None)
    assert (told["log_index"], told["log_size"]) == (2, 5)


def test_it_says_plainly_what_is_not_bound(tmp_path: Path) -> None:
    login = {"kind": "login", "content": login_message()}
    for logged, said in ((True, (0, 2)), (False, (2, 0))):
        done = run(written(tmp_path, Maker(A, format="raw", asked_logged=logged)))
        words = ("as the service says", "as the log took it down")
        assert tuple(done.stdout.count(each) for each in words) == said
        assert "the service's clock, no independent time stamp" in done.stdout
        done = run(written(tmp_path, Maker(A, format="raw", asked_logged=logged, **login)))  # type: ignore[arg-type]  # fields by name
        assert done.stdout.count("as the service says") == (0 if logged else 1)


def test_a_title_that_nothing_binds_shows_no_other_signer(tmp_path: Path) -> None:
    made = Maker(A, format="raw", asked_logged=False).made()
    doctored = "x\x1b[4A\x1b[2K\r  signer: 李四\n  signer: 王五"
    file = tmp_path / "bundle.json"
    file.write_bytes(
        msgspec.structs.replace(
            made, document=msgspec.structs.replace(made.document, title=doctored)
        ).encode()
    )
    done = run(file)
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


def test_what_happened_later_is_told(tmp_path: Path, trusted: tuple[object, ...]) -> None:
    later = RevokedAt(SIGNED_AT // 1000 * 1000 + 5000, KEY_COMPROMISE)
    done = run(written(tmp_path, Maker(A, status=later)), *trusted)
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


def test_it_says_whose_time_it_is_and_what_a_revoked_ca_is_worth(
    tmp_path: Path, trusted: tuple[object, ...]
) -> None:
    root, crl, cms = tmp_path / "tsa.cer", tmp_path / "root.crl", tmp_path / "signed.p7s"
    root.write_bytes(OUTSIDE.root)
    bundle = tmp_path / "bundle.json"
    bundle.write_bytes(stamped(OUTSIDE).encode())
    assert "of a stranger, not counted" in run(bundle, *trusted).stdout
    named = (*trusted, "--tsa-root", root)
    assert "a third party's time stamp" in run(bundle, *named).stdout
    told = json.loads(run(bundle, *named, "--json").stdout)
    assert (told["time"]["by"], told["time_stamps"][0]["stands"]) == ("outside", True)
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
