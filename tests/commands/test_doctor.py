"""`mshield doctor` finds what would stop a service that looks whole: no room, no mark, an example's keys."""

import json
import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from mshield.cli.main import main
from mshield.server.database.causes import DatabaseFull
from mshield.server.notices.external.sms_provider import is_placeholder
from mshield.server.runtime.health import readiness
from mshield.server.settings.settings import load_settings
from tests.support.migrated import put_migrated


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The database of a new installation whose log has been written to."""
    file = tmp_path / "data" / "mshield.db"
    put_migrated(file)
    for name, value in {
        "DATABASE": f"sqlite:///{file}",
        "MASTER_KEY_FILE": str(tmp_path / "master.key"),
        "HIGH_WATER_FOLDER": str(tmp_path / "high-water"),
        "MODE": "demo",
    }.items():
        monkeypatch.setenv(f"MSHIELD_{name}", value)
    load_settings.cache_clear()
    for command in (("keys", "init"), ("ca", "init"), ("jobs", "run", "--once")):
        done = CliRunner().invoke(main, command)
        assert done.exit_code == 0, done.output
    yield file
    load_settings.cache_clear()


def _doctor(*options: str) -> Any:
    load_settings.cache_clear()
    return json.loads(CliRunner().invoke(main, ["doctor", "--json", *options]).stdout)


def test_probe_rows_are_removed(file: Path) -> None:
    report = _doctor()
    assert (report["ok"], report["checks"]["disk"]["ok"]) == (True, True)
    with sqlite3.connect(file) as connection:
        assert connection.execute("SELECT count(*) FROM captcha_uses").fetchone() == (0,)


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_full_database_is_a_fault(file: Path, monkeypatch: pytest.MonkeyPatch, lang: str) -> None:
    with sqlite3.connect(file) as connection:  # so that no free page of an earlier probe is left
        connection.execute("VACUUM")
    connect = sqlite3.connect

    def limited(*arguments: Any, **options: Any) -> sqlite3.Connection:
        connection: sqlite3.Connection = connect(*arguments, **options)
        connection.execute("PRAGMA max_page_count = 1")  # SQLite takes the file's size instead
        return connection

    monkeypatch.setattr(sqlite3, "connect", limited)
    report = _doctor("--lang", lang)
    assert report["faults"] == ["database"]
    assert report["checks"]["database"]["text"] == f"database_full: {getattr(DatabaseFull, lang)}"


def test_disk_without_room_is_a_fault(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(readiness, "LEAST_FREE", 1 << 60)
    report = _doctor()
    assert report["faults"] == ["disk"]
    assert str(file.parent) in report["checks"]["disk"]["text"]


def test_new_folder_beside_a_used_database_is_asked_about(file: Path, tmp_path: Path) -> None:
    assert "warning restore" not in _doctor()["checks"]
    shutil.rmtree(tmp_path / "high-water")
    report = _doctor()
    assert report["ok"]
    assert "mshield restore declare" in report["checks"]["warning restore"]["text"]


@pytest.mark.parametrize("secret", ["...", "<your secret>", "xxxxxx", "changeme", "CHANGE-ME"])
def test_example_keys_are_a_fault(file: Path, monkeypatch: pytest.MonkeyPatch, secret: str) -> None:
    for name, value in {
        "GATEWAY": "aliyun",
        "KEY_ID": "LTAI5tFuS1Bv7bQ2",
        "KEY_SECRET": secret,
        "SIGN_NAME": "手机盾",
        "TEMPLATES": '{"code": "SMS_1"}',
    }.items():
        monkeypatch.setenv(f"MSHIELD_SMS_{name}", value)
    report = _doctor()
    assert "SMS" in report["faults"]
    assert "MSHIELD_SMS_KEY_SECRET" in report["checks"]["SMS"]["text"]


@pytest.mark.parametrize("value", ["LTAI5tFuS1Bv7bQ2", "手机盾", "1400006666", "ap-guangzhou", "secret", "x"])
def test_true_values_are_no_placeholders(value: str) -> None:
    assert not is_placeholder(value)
