"""`mshield keys` with a token, SoftHSM2, `mshield ca` with a cipher machine, and `mshield doctor` about both."""

import json
import os
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from mshield.cli.main import main
from mshield.server.keys.keyring import load_keyring
from mshield.server.keys.master import parse_master_keys
from mshield.server.settings.settings import load_settings
from tests.support.sdf.machine import PASSWORD, Fault, Machine
from tests.support.soft_hsm import SoftHsm


@pytest.fixture
def key_file(sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, soft_hsm: SoftHsm) -> Path:
    """The path of a key file not made yet; the settings name a token, but no wrapping key."""
    place = tmp_path / "keys" / "master.key"
    values = {
        "MSHIELD_DATABASE": sqlite_url,
        "MSHIELD_MASTER_KEY_FILE": str(place),
        "MSHIELD_HIGH_WATER_FOLDER": str(tmp_path / "high-water"),
        "MSHIELD_MODE": "demo",
        **soft_hsm.environment(),
    }
    for name, value in values.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("MSHIELD_MASTER_KEY", raising=False)
    return place


@pytest.fixture
def label(request: pytest.FixtureRequest) -> str:
    return f"key of {request.node.name}"


def _run(*arguments: str) -> Result:
    load_settings.cache_clear()
    return CliRunner().invoke(main, ["--lang", "en", *arguments])


def _json(*arguments: str) -> Any:
    result = _run(*arguments, "--json")
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def _refusal(*arguments: str) -> str:
    result = _run(*arguments, "--json")
    assert result.exit_code == 1, result.output
    code: str = json.loads(result.stderr)["error"]["code"]
    return code


def test_keys_are_made_wrapped_and_changed(
    key_file: Path, label: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MSHIELD_PKCS11_WRAPPING_KEY", label)
    assert _refusal("keys", "init") == "no_device_key"
    assert not key_file.exists()
    made = _run("keys", "init", "--pkcs11")
    assert (made.exit_code, "wrapping key created in the token" in made.stderr) == (0, True)
    assert _refusal("keys", "init", "--pkcs11") == "master_key_exists"
    old = key_file.read_text("ascii")
    assert " aes-gcm " in old
    _json("ca", "init")
    rotation = _json("keys", "rotate", "--cipher", "sm4")
    assert (rotation["added"], rotation["remaining"]) == (True, {})
    os.utime(key_file, (0, 0))
    (dropped,) = _json("keys", "rotate", "--drop-old")["dropped"]
    assert dropped == old.splitlines()[-1][:16]
    (line,) = [line for line in key_file.read_text("ascii").splitlines() if not line.startswith("#")]
    assert line.startswith(f"{rotation['current']} sm4 aes-gcm ")
    assert _json("keys", "show") == [
        {"id": rotation["current"], "current": True, "known": True, "boxes": rotation["total"]}
    ]
    assert _run("ca", "show").exit_code == 0


def test_clear_key_file_is_replaced_by_a_wrapped_one(
    key_file: Path, label: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert _json("keys", "init")["id"]
    _json("ca", "init")
    clear = key_file.read_text("ascii")
    (key,) = parse_master_keys(clear)
    assert _refusal("keys", "wrap") == "hardware_not_set_up"
    monkeypatch.setenv("MSHIELD_PKCS11_WRAPPING_KEY", label)
    assert _refusal("keys", "rotate") == "clear_master_key"
    assert key_file.read_text("ascii") == clear
    with key_file.open("rb") as old:
        assert _json("keys", "wrap") == {"keys": [key.id.hex()], "made_wrapping_key": True}
        assert old.read() == bytes(len(clear))
    assert clear.split()[-1] not in key_file.read_text("ascii")
    assert [place.name for place in key_file.parent.iterdir() if place.suffix != ".lock"] == ["master.key"]
    load_settings.cache_clear()
    (kept,) = load_keyring(load_settings().keys).ids
    assert kept == key.id
    assert {"id": key.id.hex(), "current": True, "known": True, "boxes": 7} in _json("keys", "show")
    assert _refusal("keys", "wrap") == "wrapped_master_key"
    monkeypatch.delenv("MSHIELD_PKCS11_WRAPPING_KEY")
    assert _refusal("keys", "rotate") == "wrapped_master_key"


def test_copy_under_another_name_is_kept(
    key_file: Path, label: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    _json("keys", "init")
    clear, copy = key_file.read_text("ascii"), tmp_path / "copy.key"
    copy.hardlink_to(key_file)
    monkeypatch.setenv("MSHIELD_PKCS11_WRAPPING_KEY", label)
    _json("keys", "wrap")
    assert copy.read_text("ascii") == clear


def test_failing_token_loses_nothing(key_file: Path, label: str, monkeypatch: pytest.MonkeyPatch) -> None:
    _json("keys", "init")
    clear = key_file.read_text("ascii")
    monkeypatch.setenv("MSHIELD_PKCS11_WRAPPING_KEY", label)
    for name, value, code in (
        ("MSHIELD_PKCS11_PIN", "000000", "wrong_device_pin"),
        ("MSHIELD_PKCS11_TOKEN", "none", "no_token"),
        ("MSHIELD_PKCS11_MODULE", "/nonexistent/libnone.so", "no_device_library"),
    ):
        with monkeypatch.context() as wrong:
            wrong.setenv(name, value)
            assert _refusal("keys", "wrap") == code
            assert key_file.read_text("ascii") == clear


def test_keys_of_the_environment_are_not_wrapped(
    key_file: Path, label: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MSHIELD_MASTER_KEY", _run("keys", "generate").stdout.strip())
    monkeypatch.setenv("MSHIELD_PKCS11_WRAPPING_KEY", label)
    assert _refusal("keys", "wrap") == "clear_master_key"


def test_doctor_names_token_mechanism_and_missing_parts(
    key_file: Path, label: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MSHIELD_PKCS11_WRAPPING_KEY", label)
    made = _json("keys", "init", "--pkcs11")
    _json("ca", "init")
    checked = _json("doctor")
    assert checked["ok"]
    text = checked["checks"]["master key"]["text"]
    assert text.startswith(
        f"{made['id']}, wrapped by AES-256-GCM under {label} of token mshield-test (SoftHSM"
    )
    monkeypatch.setenv("MSHIELD_PKCS11_PIN", "000000")
    result = _run("doctor", "--json")
    told = json.loads(result.stdout)
    assert (result.exit_code, told["faults"]) == (1, ["master key"])
    assert "MSHIELD_PKCS11_PIN" in told["checks"]["master key"]["text"]
    assert "000000" not in result.output


def test_a_ca_on_a_cipher_machine_and_a_token(
    key_file: Path, machine: Machine, soft_hsm: SoftHsm, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    password = tmp_path / "sdf.password"
    password.write_text(f"{PASSWORD}\n", "ascii")
    password.chmod(0o600)
    _json("keys", "init")
    assert _refusal("ca", "init", "--root-key", "sdf:1") == "hardware_not_set_up"
    monkeypatch.setenv("MSHIELD_SDF_LIBRARY", str(machine.library))
    monkeypatch.setenv("MSHIELD_SDF_PASSWORD_FILE", str(password))
    assert _refusal("ca", "init", "--root-key", "sdf:9") == "no_device_key"
    assert _refusal("ca", "init", "--root-key", "pkcs11:object=root") == "bad_key_reference"
    before = machine.signatures
    _json("ca", "init", "--root-key", "sdf:1", "--issuing-key", "sdf:2")
    assert machine.signatures == before + 5  # root, its responder, the TSA; issuing, its responder
    assert _json("ca", "renew-issuing", "--key", "sdf:3")["kind"] == "issuing-2"
    assert _refusal("ca", "renew-issuing", "--key", "sdf:3") == "bad_key_reference"
    status, stamps = soft_hsm.make_key("doctor status"), soft_hsm.make_key("doctor stamps")
    assert _refusal("ca", "init-p256", "--key", "sdf:5") == "bad_key_reference"
    assert _json("ca", "init-p256", "--key", status)["pem"]
    assert _json("ca", "renew-tsa", "--key", "sdf:4", "--p256-key", stamps)["pem"]
    assert _json("keys", "rotate")["remaining"] == {}
    checked = _json("doctor")
    assert (checked["ok"], [name for name in checked["warnings"] if "p256" in name]) == (True, [])
    assert checked["checks"]["cipher machine"]["text"] == "Stub SDF in software 2026112900000001"
    assert checked["checks"]["keys in hardware"]["text"] == (
        f"issuing sdf:2, issuing-2 sdf:3, p256 {status}, root sdf:1, tsa sdf:4, tsa-p256 {stamps}"
    )
    with monkeypatch.context() as wrong:
        wrong.setenv("MSHIELD_PKCS11_TOKEN", "none")
        checked = _json("doctor")
        assert (checked["ok"], {"warning p256", "warning tsa-p256"} <= set(checked["warnings"])) == (
            True,
            True,
        )
    machine.fault(Fault.GONE)
    password.write_text("another-password\n", "ascii")
    told = json.loads(_run("doctor", "--json").stdout)
    assert told["faults"] == ["CA"]
    machine.fault(Fault.NONE)
    told = json.loads(_run("doctor", "--json").stdout)
    assert (told["faults"], "MSHIELD_SDF_PASSWORD" in told["checks"]["CA"]["text"]) == (["CA"], True)
