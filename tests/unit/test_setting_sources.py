"""Settings by environment and file: the environment counts first, and a name that is none stops the start."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from mshield.cli import main
from mshield.setting_sources import BadSettings
from mshield.settings import Settings, load_settings


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    file = tmp_path / "mshield.toml"
    monkeypatch.setenv("MSHIELD_CONFIG", str(file))
    return file


def write(file: Path, text: str, mode: int = 0o640) -> None:
    file.write_text(text)
    file.chmod(mode)


def refusal() -> BadSettings:
    with pytest.raises(BadSettings) as refused:
        load_settings()
    return refused.value


def test_a_file_sets_what_the_environment_does_not(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(
        file,
        'crl_hours = 7\nocsp_hours = 3\nwebhook_networks = ["10.1.0.0/16"]\npin_rules = "run, same"\n'
        'master_key = "what-nobody-sees"\n[sms_templates]\ncode = "SMS_1"\n',
    )
    monkeypatch.setenv("MSHIELD_OCSP_HOURS", "5")
    settings = load_settings()
    assert (settings.crl_hours, settings.ocsp_hours) == (7, 5)
    assert (settings.webhook_networks, settings.pin_rules) == (("10.1.0.0/16",), ("run", "same"))
    assert settings.sms_templates == {"code": "SMS_1"}
    assert settings.master_key is not None
    assert settings.master_key.get_secret_value() == "what-nobody-sees"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("crl_hour = 7", "crl_hour (no such setting; is it crl_hours?)"),
        ("qwertz = 7", "qwertz (no such setting)"),
        ("[database]\nurl = 1", "MSHIELD_DATABASE"),
        ("crl_hours = 0", "MSHIELD_CRL_HOURS"),
        ("a = ;", "(no TOML at line 1, column 5)"),
        ("\udc80", "(no TOML)"),
    ],
)
def test_a_file_that_cannot_be_is_refused_by_name(file: Path, text: str, says: str) -> None:
    file.write_bytes(text.encode(errors="surrogateescape"))
    file.chmod(0o600)
    assert says in refusal().en


def test_a_file_that_is_missing_or_open_to_others_is_refused(file: Path) -> None:
    assert "can't be read: No such file" in refusal().en
    write(file, 'master_key = "what-nobody-sees"', 0o644)
    refused = refusal()
    assert "others may use the file" in refused.en
    assert "what-nobody-sees" not in refused.en + refused.zh
    write(file, "#" * (1024 * 1024 + 1))
    assert "too large" in refusal().en


def test_a_variable_that_is_no_setting_stops_every_command(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MSHIELD_DATABSE", "postgresql://what-nobody-sees@host/x")
    monkeypatch.setenv("mshield_crl_hours", "7")
    ended = CliRunner().invoke(main, ["doctor"])
    assert ended.exit_code != 0
    said = ended.output + ended.stderr
    assert "MSHIELD_DATABSE (no such setting; is it MSHIELD_DATABASE?)" in said
    assert "what-nobody-sees" not in said
    monkeypatch.delenv("MSHIELD_DATABSE")
    assert load_settings().crl_hours == 7


def test_variables_of_commands_are_none_of_the_services(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MSHIELD_PHONE_PIN", "135792")
    assert load_settings() == Settings()
