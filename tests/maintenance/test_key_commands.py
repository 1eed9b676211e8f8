"""`mshield keys` and `mshield ca` on real files and databases: exit codes, JSON, refusals."""

import json
import re
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from mshield.cli.main import main
from mshield.server.keys.master import parse_master_keys
from mshield.server.settings.settings import load_settings


@pytest.fixture
def folder(sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("MSHIELD_DATABASE", sqlite_url)
    monkeypatch.setenv("MSHIELD_MASTER_KEY_FILE", str(tmp_path / "keys" / "master.key"))
    monkeypatch.delenv("MSHIELD_MASTER_KEY", raising=False)
    load_settings.cache_clear()
    return tmp_path


@pytest.fixture(autouse=True)
def forget_settings() -> None:
    load_settings.cache_clear()


def _run(*arguments: str) -> Result:
    load_settings.cache_clear()
    return CliRunner().invoke(main, ["--lang", "en", *arguments])


def _ok(*arguments: str) -> Result:
    result = _run(*arguments)
    assert result.exit_code == 0, result.output
    return result


def _key(folder: Path) -> str:
    return (folder / "keys" / "master.key").read_text()


@pytest.mark.parametrize("cipher", ["aes", "sm4"])
def test_keys_init_makes_a_key_and_shows_none(folder: Path, cipher: str) -> None:
    result = _ok("keys", "init", "--cipher", cipher, "--json")
    (key,) = parse_master_keys(_key(folder))
    told = json.loads(result.stdout)
    assert (told["id"], told["cipher"]) == (key.id.hex(), cipher) == (key.id.hex(), key.cipher)
    assert _key(folder).split()[2] not in result.output


def test_keys_init_refuses_a_second_time(folder: Path) -> None:
    _ok("keys", "init")
    before = _key(folder)
    result = _run("keys", "init")
    assert result.exit_code == 1
    assert "never overwritten [master_key_exists]" in result.stderr
    assert _key(folder) == before


def test_keys_generate_prints_a_line_and_stores_nothing(folder: Path) -> None:
    (key,) = parse_master_keys(_ok("keys", "generate", "--cipher", "sm4").stdout)
    assert key.cipher == "sm4"
    assert not (folder / "keys").exists()


def test_keys_are_shown_and_rotated(folder: Path) -> None:
    _ok("keys", "init")
    _ok("ca", "init")
    old = parse_master_keys(_key(folder))[0].id.hex()
    (shown,) = json.loads(_ok("keys", "show", "--json").stdout)
    assert shown == {"id": old, "current": True, "known": True, "boxes": 7}
    told = json.loads(_ok("keys", "rotate", "--cipher", "sm4", "--json").stdout)
    assert told["added"] is True
    assert (told["resealed"]["authorities.key_box"], told["total"]) == (6, 7)
    new, _ = parse_master_keys(_key(folder))
    assert (told["current"], new.cipher) == (new.id.hex(), "sm4")
    lines = _ok("keys", "show").stdout.splitlines()
    assert re.fullmatch(rf"{new.id.hex()}\s+current\s+7", lines[1])
    assert re.fullmatch(rf"{old}\s+old\s+0", lines[2])
    refused = _run("keys", "rotate", "--drop-old", "--json")
    assert refused.exit_code == 1
    assert json.loads(refused.stderr)["error"]["code"] == "master_key_in_use"


def test_incomplete_rotation_fails(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _ok("keys", "init")
    _ok("ca", "init")
    monkeypatch.setenv("MSHIELD_MASTER_KEY", _ok("keys", "generate").stdout.strip())
    result = _run("keys", "rotate")
    assert result.exit_code == 1
    assert "7 values are still sealed under old keys" in result.stdout
    assert "can't be opened: authorities.key_box root" in result.stdout
    assert "missing" in _ok("keys", "show").stdout


def test_keys_of_the_environment_are_not_dropped(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MSHIELD_MASTER_KEY", _ok("keys", "generate").stdout.strip())
    result = _run("keys", "rotate", "--drop-old")
    assert result.exit_code == 1
    assert "MSHIELD_MASTER_KEY" in result.stderr


def test_ca_is_created_and_shown(folder: Path) -> None:
    _ok("keys", "init")
    made = json.loads(_ok("ca", "init", "--name", "宁波电子口岸", "--organisation", "宁波", "--json").stdout)
    assert [(each["kind"], each["common_name"]) for each in made] == [
        ("root", "宁波电子口岸 Root CA"),
        ("issuing", "宁波电子口岸 CA"),
    ]
    assert {each["organisation"] for each in made} == {"宁波"}
    shown = json.loads(_ok("ca", "show", "--json").stdout)
    assert shown[:2] == [{**each, "revoked": False} for each in made]
    assert [each["kind"] for each in shown[2:]] == ["root_ocsp", "ocsp", "tsa"]
    assert _ok("ca", "show", "--pem").stdout == made[1]["pem"] + made[0]["pem"]
    assert made[0]["sha256"] in _ok("ca", "show").stdout


def test_ca_renew_and_revoke_issuing(folder: Path) -> None:
    _ok("keys", "init")
    first = json.loads(_ok("ca", "init", "--json").stdout)
    second = json.loads(_ok("ca", "renew-issuing", "--json").stdout)
    assert (second["kind"], second["common_name"]) == ("issuing-2", "Mobile Shield CA 2")
    assert _ok("ca", "show", "--pem").stdout == second["pem"] + first[1]["pem"] + first[0]["pem"]
    for answers in ("n\n", "y\nissuing-2\n"):
        load_settings.cache_clear()
        asked = CliRunner().invoke(main, ["--lang", "en", "ca", "revoke-issuing", "issuing"], input=answers)
        assert asked.exit_code == 1, asked.output
    assert not any(each["revoked"] for each in json.loads(_ok("ca", "show", "--json").stdout))
    load_settings.cache_clear()
    asked = CliRunner().invoke(
        main, ["--lang", "en", "ca", "revoke-issuing", "issuing"], input="y\nissuing\n"
    )
    assert asked.exit_code == 0, asked.output
    revoked = [each["kind"] for each in json.loads(_ok("ca", "show", "--json").stdout) if each["revoked"]]
    assert revoked == ["issuing"]
    again = _run("ca", "revoke-issuing", "issuing", "--yes", "--reason", "key-compromise")
    assert "[authority_revoked]" in again.stderr
    assert "[no_authority]" in _run("ca", "revoke-issuing", "root", "--yes").stderr


def test_responder_is_renewed(folder: Path) -> None:
    _ok("keys", "init")
    assert "[no_authority]" in _run("ca", "renew-responder").stderr
    _ok("ca", "init")
    before = {each["kind"]: each["sha256"] for each in json.loads(_ok("ca", "show", "--json").stdout)}
    (one,) = json.loads(_ok("ca", "renew-responder", "issuing", "--json").stdout)
    assert (one["kind"], one["common_name"]) == ("ocsp", "Mobile Shield CA OCSP")
    assert one["sha256"] != before["ocsp"]
    told = _ok("ca", "renew-responder").stdout
    after = {each["kind"]: each["sha256"] for each in json.loads(_ok("ca", "show", "--json").stdout)}
    assert [name for name in before if after[name] == before[name]] == ["root", "issuing", "tsa"]
    assert after["ocsp"] != one["sha256"]
    assert after["ocsp"] in told
    assert after["root_ocsp"] in told
    refused = _run("ca", "renew-responder", "issuing-2", "--json")
    assert refused.exit_code == 1
    assert json.loads(refused.stderr)["error"]["code"] == "no_authority"


def test_ca_init_refuses_a_second_time(folder: Path) -> None:
    _ok("keys", "init")
    _ok("ca", "init")
    before = _ok("ca", "show", "--json").stdout
    result = _run("ca", "init")
    assert result.exit_code == 1
    assert "[authority_exists]" in result.stderr
    assert _ok("ca", "show", "--json").stdout == before


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("ca", "init"), "no_master_key"),
        (("ca", "show"), "no_authority"),
        (("keys", "show"), "no_master_key"),
        (("keys", "rotate"), "no_master_key"),
    ],
)
def test_what_is_missing_is_named(folder: Path, arguments: tuple[str, ...], code: str) -> None:
    result = _run(*arguments)
    assert result.exit_code == 1
    assert f"[{code}]" in result.stderr


def test_a_loose_key_file_is_refused(folder: Path) -> None:
    _ok("keys", "init")
    (folder / "keys" / "master.key").chmod(0o644)
    result = _run("ca", "init")
    assert result.exit_code == 1
    assert "chmod 600" in result.stderr


def test_a_database_without_a_schema_is_a_refusal(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _ok("keys", "init")
    monkeypatch.setenv("MSHIELD_DATABASE", f"sqlite:///{folder / 'empty.db'}")
    for arguments in (("ca", "init"), ("keys", "show"), ("ca", "show")):
        assert _run(*arguments).exit_code == 1
