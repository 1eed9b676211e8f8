"""Settings by environment and file: the environment overrides the file; an unknown name stops the start."""

from pathlib import Path

import pytest
from click.testing import CliRunner
from pydantic import BaseModel, ValidationError

from mshield.cli.main import main
from mshield.server.settings.settings import SETTING_FIELDS, Settings, load_settings
from mshield.server.settings.sources import BadSettings


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


def test_file_sets_what_the_environment_leaves_unset(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(
        file,
        'crl_hours = 7\nocsp_hours = 3\nwebhook_networks = ["10.1.0.0/16"]\npin_rules = "run, same"\n'
        'master_key = "what-nobody-sees"\n[sms_templates]\ncode = "SMS_1"\n',
    )
    monkeypatch.setenv("MSHIELD_OCSP_HOURS", "5")
    settings = load_settings()
    assert (settings.ca.crl_hours, settings.ca.ocsp_hours) == (7, 5)
    assert (settings.webhooks.networks, settings.signing.pin_rules) == (("10.1.0.0/16",), ("run", "same"))
    assert settings.sms.templates == {"code": "SMS_1"}
    assert settings.keys.master_key is not None
    assert settings.keys.master_key.get_secret_value() == "what-nobody-sees"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("crl_hour = 7", "crl_hour (no such setting; did you mean crl_hours?)"),
        ("qwertz = 7", "qwertz (no such setting)"),
        ("[database]\nurl = 1", "MSHIELD_DATABASE"),
        ("crl_hours = 0", "MSHIELD_CRL_HOURS"),
        ("a = ;", "(no TOML at line 1, column 5)"),
        ("\udc80", "(no TOML)"),
    ],
)
def test_invalid_file_is_refused_with_the_settings_name(file: Path, text: str, says: str) -> None:
    file.write_bytes(text.encode(errors="surrogateescape"))
    file.chmod(0o600)
    assert says in refusal().en


def test_a_file_that_is_missing_or_open_to_others_is_refused(file: Path) -> None:
    assert "can't be read: No such file" in refusal().en
    write(file, 'master_key = "what-nobody-sees"', 0o644)
    refused = refusal()
    assert "accessible to others" in refused.en
    assert "what-nobody-sees" not in refused.en + refused.zh
    write(file, "#" * (1024 * 1024 + 1))
    assert "too large" in refusal().en


def test_unknown_variable_stops_every_command(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MSHIELD_DATABSE", "postgresql://what-nobody-sees@host/x")
    monkeypatch.setenv("mshield_crl_hours", "7")
    ended = CliRunner().invoke(main, ["doctor"])
    assert ended.exit_code != 0
    said = ended.output + ended.stderr
    assert "MSHIELD_DATABSE (no such setting; did you mean MSHIELD_DATABASE?)" in said
    assert "what-nobody-sees" not in said
    monkeypatch.delenv("MSHIELD_DATABSE")
    assert load_settings().ca.crl_hours == 7


def test_variables_of_commands_are_ignored_by_the_service(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MSHIELD_PHONE_PIN", "135792")
    assert load_settings() == Settings()


def test_each_group_is_a_model_and_each_variable_is_unique() -> None:
    groups = [type(field.default) for field in Settings.model_fields.values()]
    assert len(groups) == 19
    assert all(group.__bases__ == (BaseModel,) and group.model_config["frozen"] for group in groups)
    names = [field.alias or name for group in groups for name, field in group.model_fields.items()]
    assert len(set(names)) == len(names) == len(SETTING_FIELDS)


def test_values_are_set_and_read_by_the_names_of_the_settings() -> None:
    settings = Settings.of(keep_content_days=60, mode="demo").changed(jobs="off")
    assert (settings.retention.content_days, settings.site.mode, settings.process.jobs) == (60, "demo", "off")
    assert settings.by_name() == Settings().by_name() | {
        "keep_content_days": 60, "mode": "demo", "jobs": "off",
    }  # fmt: skip
    with pytest.raises(ValidationError, match="keep_contents_days"):
        Settings.of(keep_contents_days=60)


def test_several_faults_are_named_together(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MSHIELD_CRL_HOURS", "0")
    monkeypatch.setenv("MSHIELD_KEEP_ACT_DAYS", "none")
    assert refusal().en == (
        "invalid settings: MSHIELD_CRL_HOURS (Input should be greater than or equal to 1), "
        "MSHIELD_KEEP_ACT_DAYS (Input should be a valid integer, unable to parse string as an integer)"
    )


def test_parts_of_a_setting_are_merged_from_environment_and_file(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(file, '[sms_templates]\ncode = "SMS_1"\nlost = "SMS_2"\n')
    monkeypatch.setenv("MSHIELD_SMS_TEMPLATES", '{"lost": "SMS_3"}')
    assert load_settings().sms.templates == {"code": "SMS_1", "lost": "SMS_3"}


def test_invalid_json_is_refused_with_the_settings_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MSHIELD_SMS_TEMPLATES", "{what-nobody-sees")
    assert refusal().en == "invalid settings: MSHIELD_SMS_TEMPLATES (no JSON)"
