"""Database addresses in commands, and what `mshield doctor` reports about the server."""

import json
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg
import pytest
from click.testing import CliRunner, Result

from mshield.cli.main import main
from mshield.server.runtime.serving_alone import ServedAlready, serving_alone
from mshield.server.settings.settings import load_settings
from tests.support.ports import free_ports


@pytest.fixture(params=["authority", "parameters"])
def several_hosts(request: pytest.FixtureRequest, postgresql_url: str) -> str:
    """A dead host and the right one, in each form of libpq."""
    parts = urlsplit(postgresql_url)
    dead = free_ports(1)
    ending = f"{parts.path}?target_session_attrs=read-write"
    if request.param == "authority":
        return f"postgresql://mshield@127.0.0.1:{dead},127.0.0.1:{parts.port}{ending}"
    hosts = f"host=127.0.0.1,127.0.0.1&port={dead},{parts.port}"
    return f"postgresql://mshield@{ending}&{hosts}"


def _run(monkeypatch: pytest.MonkeyPatch, folder: Path, url: str, *arguments: str) -> Result:
    for name, value in {
        "MSHIELD_DATABASE": url,
        "MSHIELD_MASTER_KEY_FILE": str(folder / "master.key"),
        "MSHIELD_HIGH_WATER_FOLDER": str(folder / "high-water"),
        "MSHIELD_MODE": "demo",
    }.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("MSHIELD_DATABASE_DIRECT", raising=False)
    load_settings.cache_clear()
    try:
        return CliRunner().invoke(main, [*arguments, "--json"])
    finally:
        load_settings.cache_clear()


def _checks(result: Result) -> Any:
    return json.loads(result.stdout)["checks"]


_COMMANDS = (
    ("migrate",),
    ("keys", "init"),
    ("ca", "init"),
    ("business", "list"),
    ("jobs", "run", "--once", "--job", "log"),
    ("jobs", "list"),
    ("log", "checkpoint"),
    ("seals", "check"),
    ("staff", "list"),
    ("doctor",),
)


def test_commands_take_several_hosts(
    several_hosts: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for command in _COMMANDS:
        done = _run(monkeypatch, tmp_path, several_hosts, *command)
        assert done.exit_code == 0, (command, done.output)
    doctor = _run(monkeypatch, tmp_path, several_hosts, "doctor")
    assert _checks(doctor)["database"]["text"].endswith(", primary")


def test_doctor_reports_a_read_only_database(
    postgresql_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert _run(monkeypatch, tmp_path, postgresql_url, "keys", "init").exit_code == 0
    with psycopg.connect(postgresql_url, autocommit=True) as operator:
        name = urlsplit(postgresql_url).path[1:]
        operator.execute(f"ALTER DATABASE {name} SET default_transaction_read_only = on")
        try:
            done = _run(monkeypatch, tmp_path, postgresql_url, "doctor")
        finally:
            operator.execute(f"ALTER DATABASE {name} RESET default_transaction_read_only")
    assert done.exit_code == 1
    assert not _checks(done)["database"]["ok"]
    assert "read only: it accepts no writes" in _checks(done)["database"]["text"]


def test_passwords_in_addresses_are_hidden(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for url in (
        "postgresql://u:s3cret@127.0.0.1:1,127.0.0.1:2/x",
        "postgresql://127.0.0.1:1/x?user=u&password=s3cret",
    ):
        done = _run(monkeypatch, tmp_path, url, "doctor")
        assert "s3cret" not in done.output
        assert "***" in done.output


def test_a_second_process_on_one_sqlite_is_refused(
    sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for command in (("keys", "init"), ("ca", "init")):
        assert _run(monkeypatch, tmp_path, sqlite_url, *command).exit_code == 0
    with serving_alone(sqlite_url):
        with (
            pytest.raises(ServedAlready),
            serving_alone(sqlite_url),
        ):  # started first: a service that isn't refused would run on
            pass
        done = _run(monkeypatch, tmp_path, sqlite_url, "serve", "--port", str(free_ports(1)))
        assert done.exit_code == 1
        assert json.loads(done.stderr)["error"]["code"] == "served_already"
        jobs = _run(monkeypatch, tmp_path, sqlite_url, "jobs", "run", "--once", "--job", "purge")
        assert jobs.exit_code == 0, jobs.output
    with serving_alone(sqlite_url):
        pass
