"""Fixtures for commands that run in this process."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from mshield.server.settings.settings import load_settings


@pytest.fixture
def settings_of_commands(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[None]:
    """A migrated database, without a master key yet."""
    for name, value in {
        "MSHIELD_DATABASE": database_url,
        "MSHIELD_MASTER_KEY_FILE": str(tmp_path / "master.key"),
        "MSHIELD_HIGH_WATER_FOLDER": str(tmp_path / "high-water"),
        "MSHIELD_MODE": "demo",
        "MSHIELD_RETURN_SCHEMES": "palmcustoms",
    }.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("MSHIELD_MASTER_KEY", raising=False)
    yield
    load_settings.cache_clear()
