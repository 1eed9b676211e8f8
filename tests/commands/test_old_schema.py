"""Every command refuses a database with missing migrations, and says so."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from mshield.cli.main import main
from mshield.server.settings.settings import load_settings


@pytest.fixture
def unmigrated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("MSHIELD_DATABASE", f"sqlite:///{tmp_path / 'empty.db'}")
    monkeypatch.setenv("MSHIELD_MASTER_KEY_FILE", str(tmp_path / "master.key"))
    load_settings.cache_clear()
    assert CliRunner().invoke(main, ["keys", "init"]).exit_code == 0
    yield
    load_settings.cache_clear()


@pytest.mark.parametrize(
    "arguments", ["ca init", "ca show", "keys show", "filing list", "staff list", "log key"]
)
def test_an_old_schema_is_named(unmigrated: None, arguments: str) -> None:
    result = CliRunner().invoke(main, [*arguments.split(), "--json"])
    assert result.exit_code == 1
    error = json.loads(result.stderr)["error"]
    assert error["code"] == "schema_old"
    assert "0001_baseline" in error["message"]
