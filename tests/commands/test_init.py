"""`mshield init`: one command makes an installation, and repeats only what is missing."""

import json
import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from mshield.cli.main import main
from mshield.server.commands.init.settings_file import write_settings
from mshield.server.settings.settings import load_settings
from mshield.server.settings.sources import BadSettings

SAID = ("--origin", "https://shield.example.cn", "--name", "示例", "--officer", "顾行")


@pytest.fixture
def alone(monkeypatch: pytest.MonkeyPatch) -> Iterator[pytest.MonkeyPatch]:
    """Clears the environment, so that only the file's settings apply."""
    for name in list(os.environ):
        if name.startswith("MSHIELD_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("MSHIELD_CONFIG", "")  # registered so that it is restored
    load_settings.cache_clear()
    yield monkeypatch
    load_settings.cache_clear()


def init(folder: Path, *arguments: str) -> Result:
    return CliRunner().invoke(main, ["--lang", "en", "init", str(folder), "--json", *arguments])


def ready(folder: Path) -> Path:
    """Returns a file with everything the service needs to start."""
    file = folder / "own.toml"
    folder.mkdir()
    file.write_text(
        f"""
database = "sqlite:///{folder}/mshield.db"
master_key_file = "{folder}/keys/master.key"
high_water_folder = "{folder}/high-water"
public_origin = "https://shield.example.cn"
sms_gateway = "aliyun"
sms_key_id = "i"
sms_key_secret = "s"
sms_sign_name = "n"
sms_templates = {{ code = "SMS_1" }}
"""
    )
    file.chmod(0o600)
    return file


@pytest.mark.usefixtures("alone")
def test_init_prepares_a_service_that_can_start(tmp_path: Path) -> None:
    folder = tmp_path / "shield"
    file = ready(folder)
    done = init(folder, "--config", str(file), *SAID[2:])
    assert done.exit_code == 0, done.output
    said = json.loads(done.stdout)
    assert said["made"] == ["master key", "schema", "CA", "officer"]
    assert said["ok"]
    assert said["set_up"].startswith("https://shield.example.cn/console/")
    assert len(said["root_sha256"]) == 64

    with closing(sqlite3.connect(folder / "mshield.db")) as connection:
        acts = [name for (name,) in connection.execute("SELECT act FROM acts ORDER BY id")]
    assert acts == ["ca.init", "staff.add", "staff.reset"]
    again = json.loads(init(folder, "--config", str(file)).stdout)
    assert again == said | {"made": [], "root_sha256": None, "set_up": None}
    shown = CliRunner().invoke(main, ["doctor", "--json"])
    assert json.loads(shown.stdout)["ok"]


@pytest.mark.usefixtures("alone")
def test_init_writes_owner_only_settings_and_lists_what_is_missing(tmp_path: Path) -> None:
    folder = tmp_path / "shield"
    done = init(folder, *SAID)
    assert done.exit_code == 1, done.output
    said = json.loads(done.stdout)
    assert said["made"] == ["settings", "master key", "schema", "CA", "officer"]
    assert said["faults"] == ["SMS"]
    for file in (folder / "mshield.toml", folder / "keys" / "master.key", folder / "mshield.db"):
        assert file.stat().st_mode & 0o077 == 0
    with (folder / "mshield.toml").open("a") as settings:  # add what was reported missing, then it works
        settings.write(
            'sms_gateway = "aliyun"\nsms_key_id = "i"\nsms_key_secret = "s"\nsms_sign_name = "n"\n'
        )
        settings.write('[sms_templates]\ncode = "SMS_1"\n')
    done = init(folder)
    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout)["ok"]


@pytest.mark.usefixtures("alone")
@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ((), "not_said"),
        (("--origin", "http://shield.example.cn"), "plain_origin"),
        (("--origin", "nothing"), "bad_settings"),
        (("--origin", "https://shield.example.cn", "--database", "oracle://x"), "bad_settings"),
    ],
)
def test_failed_init_leaves_no_files(tmp_path: Path, arguments: tuple[str, ...], code: str) -> None:
    done = init(tmp_path / "shield", *arguments)
    assert done.exit_code == 1
    assert json.loads(done.stderr)["error"]["code"] == code
    assert not [file for file in tmp_path.rglob("*") if file.is_file()]


@pytest.mark.usefixtures("alone")
def test_a_database_whose_key_is_missing_gets_no_other(tmp_path: Path) -> None:
    folder = tmp_path / "shield"
    init(folder, *SAID)
    (folder / "keys" / "master.key").unlink()
    done = init(folder)
    assert json.loads(done.stderr)["error"]["code"] == "no_master_key"
    assert not (folder / "keys" / "master.key").exists()


@pytest.mark.usefixtures("alone")
def test_existing_settings_file_is_kept(tmp_path: Path) -> None:
    folder = tmp_path / "shield"
    init(folder, *SAID)
    written = (folder / "mshield.toml").read_bytes()
    done = init(folder, "--origin", "https://other.example.cn")
    assert json.loads(done.stderr)["error"]["code"] == "config_exists"
    assert (folder / "mshield.toml").read_bytes() == written


@pytest.mark.usefixtures("alone")
@pytest.mark.parametrize("text", ['"', "\\", "a\nb", "名称", "\x7f", "'''", "\U0001f511", "]\n[x"])
def test_every_text_is_read_as_it_was_written(tmp_path: Path, text: str) -> None:
    file = tmp_path / "mshield.toml"
    origin = {"public_origin": "https://shield.example.cn"}
    write_settings(file, origin | {"sms_sign_name": text, "sms_templates": {"code": text}})
    settings = load_settings()
    assert (settings.sms.sign_name, settings.sms.templates) == (text, {"code": text})


@pytest.mark.usefixtures("alone")
def test_invalid_settings_are_not_left_behind(tmp_path: Path) -> None:
    file = tmp_path / "mshield.toml"
    with pytest.raises(BadSettings):
        write_settings(file, {"public_orign": "https://shield.example.cn"})
    assert not file.exists()
