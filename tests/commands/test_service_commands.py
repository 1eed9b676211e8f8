"""The operator's commands, run as by an operator: exit codes, JSON, and error messages."""

import contextlib
import json
import os
import re
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from mshield.testkit.demo.service import StepFailed, require_free_ports
from tests.support.forked import run_forked
from tests.support.migrated import put_migrated
from tests.support.ports import free_ports

pytestmark = pytest.mark.slow
CLI = "mshield.cli.main"
_IPV6 = Path("/proc/net/if_inet6")
LOOPBACK6 = _IPV6.exists() and f"{1:032x} " in _IPV6.read_text()
"""Whether this machine has the address ::1."""


class Shell:
    """Runs `mshield` in a folder of its own."""

    def __init__(self, folder: Path, database: str) -> None:
        self.environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("MSHIELD_")},
            "MSHIELD_DATABASE": database,
            "MSHIELD_RETURN_SCHEMES": "palmcustoms",
            "MSHIELD_MASTER_KEY_FILE": str(folder / "master.key"),
            "MSHIELD_HIGH_WATER_FOLDER": str(folder / "high-water"),
            "LANG": "C.UTF-8",
        }

    def run(self, *arguments: str, module: str = "", **settings: str) -> subprocess.CompletedProcess[str]:
        """Runs `mshield ARGUMENTS`, or `python -m MODULE ARGUMENTS`."""
        if not module:
            return run_forked(arguments, self.environment | settings)
        return subprocess.run(
            (sys.executable, "-m", module, *arguments),
            env=self.environment | settings,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )

    def prepare(self) -> None:
        """Makes master key, schema and CA; another test covers `migrate` on an empty database."""
        put_migrated(Path(self.environment["MSHIELD_DATABASE"].removeprefix("sqlite:///")))
        for command in (("keys", "init"), ("migrate",), ("ca", "init")):
            done = run_forked(command, self.environment)
            assert done.returncode == 0, done.stderr


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    return Shell(tmp_path, f"sqlite:///{tmp_path / 'data' / 'mshield.db'}")


def test_migrate_makes_the_schema_once(shell: Shell) -> None:
    assert shell.run("keys", "init", module=CLI).returncode == 0
    assert shell.run("migrate", "--check", module=CLI).returncode == 1
    first = shell.run("migrate", "--json", module=CLI)
    assert json.loads(first.stdout)["applied"][0] == "0001_baseline"
    assert json.loads(shell.run("migrate", "--json", module=CLI).stdout) == {"applied": []}
    assert shell.run("migrate", "--check", module=CLI).returncode == 0
    file = Path(shell.environment["MSHIELD_DATABASE"].removeprefix("sqlite:///"))
    assert file.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("engine", ["botan", "openssl"])
def test_doctor_shows_the_engine_that_is_forced(shell: Shell, engine: str) -> None:
    shell.prepare()
    done = shell.run("doctor", "--json", module=CLI, MSHIELD_ENGINE=engine, MSHIELD_MODE="demo")
    assert done.returncode == 0, done.stdout
    said = json.loads(done.stdout)
    assert (said["ok"], said["faults"]) == (True, [])
    checks = said["checks"]
    assert checks["engine in use"]["text"].startswith(engine)
    assert checks["SMS budget"]["text"] == "0 of today's 5000 SMS codes to people without a login are used"
    assert all(check["ok"] for check in checks.values())


def test_doctor_hides_passwords_in_addresses(shell: Shell) -> None:
    done = shell.run("doctor", "--json", MSHIELD_DATABASE_DIRECT="postgresql://shield:s3cret@db.example/x")
    assert "s3cret" not in done.stdout
    assert "postgresql://shield:***@db.example/x" in done.stdout


def test_doctor_names_missing_parts_and_hides_the_master_key(shell: Shell) -> None:
    done = shell.run("doctor", "--json", MSHIELD_MASTER_KEY="0011223344556677 aes not-a-key")
    assert done.returncode == 1
    found = json.loads(done.stdout)
    assert not found["checks"]["master key"]["ok"]
    assert (found["ok"], "master key" in found["faults"]) == (False, True)
    last = shell.run("doctor", "--lang", "en", MSHIELD_MASTER_KEY="x").stdout.splitlines()[-1]
    assert last.startswith("!! the service would not start: ")
    assert "master key" in last
    assert "not-a-key" not in done.stdout + done.stderr
    assert found["settings"]["master_key"] == "***"


def test_a_business_system_gets_its_secret_once(shell: Shell) -> None:
    shell.prepare()
    added = json.loads(shell.run("business", "add", "单一窗口", "--domain", "a.example", "--json").stdout)
    listed = shell.run("business", "list", "--json").stdout
    assert added["client_id"] in listed
    assert added["client_secret"] not in listed
    database = Path(shell.environment["MSHIELD_DATABASE"].removeprefix("sqlite:///"))
    for file in database.parent.iterdir():
        assert added["client_secret"].encode() not in file.read_bytes()


def test_r13_return_addresses_are_given_with_the_system_and_replaced(shell: Shell) -> None:
    shell.prepare()
    add = (
        "business",
        "add",
        "掌上海关",
        "--domain",
        "palm.example",
        "--json",
        "--return-url",
        "palmcustoms://signed",
    )
    added = json.loads(shell.run(*add).stdout)
    assert added["return_urls"] == ["palmcustoms://signed"]
    shell.run("business", "return-urls", added["client_id"], "https://palm.example/signed")
    assert json.loads(shell.run("business", "list", "--json").stdout)[-1]["return_urls"] == [
        "https://palm.example/signed"
    ]


def test_a_service_without_a_schema_does_not_start(shell: Shell) -> None:
    shell.run("keys", "init")
    done = shell.run("business", "list")
    assert done.returncode == 1
    assert "mshield migrate" in done.stderr


@pytest.mark.parametrize("written", [None, "-----BEGIN CERTIFICATE-----\nno key\n"])
def test_unusable_tls_certificate_is_reported(shell: Shell, tmp_path: Path, written: str | None) -> None:
    file = tmp_path / "node.pem"
    if written is not None:
        file.write_text(written)
    done = shell.run("serve", "--port", str(free_ports(1)), "--tls", str(file), "--lang", "en")
    assert done.returncode == 1
    assert f"{file} can't be used: it must contain a certificate and its unencrypted key" in done.stderr


def test_service_at_an_unusable_port_or_host_is_refused_with_the_reason(shell: Shell) -> None:
    port = str(free_ports(1))
    taken = ("port_taken", f"端口 {port} 已被占用", f"port {port} is in use: stop the program")
    cases = (
        ("127.0.0.1", *taken),
        *(("::1", *taken) for _ in range(LOOPBACK6)),
        ("192.0.2.1", "bad_host", "192.0.2.1 不是本机地址", "192.0.2.1 is not an address of this machine"),
        ("nowhere.invalid", "bad_host", "不是本机地址", "nowhere.invalid is not an address of this machine"),
    )
    with _listening(int(port)), _listening(int(port), "::1") if LOOPBACK6 else contextlib.nullcontext():
        for host, code, zh, en in cases:
            for lang, said in (("zh", zh), ("en", en)):
                done = shell.run("serve", "--host", host, "--port", port, "--lang", lang)
                assert (done.returncode, said in done.stderr) == (1, True), done.stderr
                assert f"[{code}]" in done.stderr
                assert "Traceback" not in done.stderr
        refused = shell.run("serve", "--port", port, "--json")
        assert json.loads(refused.stderr)["error"]["port"] == int(port)
    if LOOPBACK6:  # A free port passes this check, so the next one refuses.
        assert "[plain_origin]" in shell.run("serve", "--host", "::1", "--port", port).stderr


def test_demonstration_names_the_taken_port_and_free_ones(shell: Shell) -> None:
    first = free_ports(3)
    # Browsers ask localhost at its IPv6 address too.
    for taken, host in ((first, "127.0.0.1"), (first + 2, "127.0.0.1"), *(((first + 1, "::1"),) * LOOPBACK6)):
        with _listening(taken, host):
            shown = shell.run("--port", str(first), "--once", module="mshield.testkit.demo")
            assert shown.returncode == 1
            assert f"port {taken} is taken: stop the program that uses it" in shown.stderr
            assert f"the demonstration needs {first} to {first + 2}" in shown.stderr
            assert f"端口 {taken} 已被占用" in shown.stderr
            assert "Traceback" not in shown.stderr


def test_demonstration_proposes_only_ports_that_are_free() -> None:
    first = free_ports(13)
    with _listening(first), _listening(first + 12):
        with pytest.raises(StepFailed) as refused:
            require_free_ports(first, 3)
        proposed = re.findall(r"make demo PORT=(\d+)", str(refused.value))
        assert len(proposed) == 2  # in English and Chinese
        assert int(proposed[0]) != first + 10
        require_free_ports(int(proposed[0]), 3)


def _listening(port: int, host: str = "127.0.0.1") -> socket.socket:
    return socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET)


def test_production_refuses_a_plain_http_origin(shell: Shell) -> None:
    shell.prepare()
    port = str(free_ports(1))
    for lang, said in (("zh", "须为 https"), ("en", "needs an https public origin")):
        done = shell.run(
            "serve", "--port", port, "--lang", lang, MSHIELD_PUBLIC_ORIGIN="http://shield.example"
        )
        assert done.returncode == 1
        assert said in done.stderr
        assert "[plain_origin]" in done.stderr
    # MSHIELD_LOOPBACK permits plain http only for this machine's own names.
    for origin, loopback, code in (
        ("http://shield.example", "true", "plain_origin"),
        ("http://localhost:8000", "false", "plain_origin"),
        ("http://localhost:8000", "true", "sms_not_set_up"),
        ("https://shield.example", "false", "sms_not_set_up"),
    ):
        done = shell.run("serve", "--port", port, MSHIELD_PUBLIC_ORIGIN=origin, MSHIELD_LOOPBACK=loopback)
        assert f"[{code}]" in done.stderr, origin
    found = shell.run("doctor", "--json", MSHIELD_PUBLIC_ORIGIN="http://shield.example")
    assert json.loads(found.stdout)["checks"]["public origin"]["ok"] is False
    assert found.returncode == 1


def test_production_does_not_start_with_the_development_outbox(shell: Shell) -> None:
    shell.prepare()
    shell.environment["MSHIELD_PUBLIC_ORIGIN"] = "https://shield.example"
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = str(probe.getsockname()[1])
    for command in (("serve", "--port", port), ("jobs", "run", "--once")):
        for lang, said in (
            ("zh", "正式模式不能使用开发用的短信箱"),
            ("en", "can't use the development SMS outbox"),
        ):
            done = shell.run(*command, "--lang", lang)
            assert done.returncode == 1
            assert said in done.stderr
            assert "[sms_not_set_up]" in done.stderr
            assert "Traceback" not in done.stderr
    found = shell.run("doctor", "--json")
    assert found.returncode == 1
    assert json.loads(found.stdout)["checks"]["SMS"]["ok"] is False
    assert shell.run("jobs", "run", "--once", MSHIELD_MODE="demo").returncode == 0


def test_several_processes_need_postgresql(shell: Shell) -> None:
    done = shell.run("serve", "--workers", "2", "--lang", "en")
    assert done.returncode == 1
    assert "PostgreSQL" in done.stderr


def test_a_wrong_setting_is_named(shell: Shell) -> None:
    done = shell.run("migrate", MSHIELD_MODE="party")
    assert done.returncode == 1
    assert "MSHIELD_MODE" in done.stderr


def test_a_member_of_staff_gets_no_token_unasked(shell: Shell) -> None:
    shell.prepare()
    done = shell.run("staff", "add", "王晓", "--role", "filing_officer", "--role", "auditor", "--json")
    added = json.loads(done.stdout)
    assert added["roles"] == ["filing_officer", "auditor"]
    again = shell.run("staff", "add", "王晓", "--role", "auditor", "--lang", "en")
    assert (again.returncode, "taken" in again.stderr) == (1, True)
    assert shell.run("staff", "add", "李想", "--role", "king").returncode == 2
    assert shell.run("staff", "disable", added["id"]).returncode == 0
    assert shell.run("staff", "disable", added["id"]).returncode == 1
    listed = shell.run("staff", "list", "--json").stdout
    assert [(each["name"], each["state"]) for each in json.loads(listed)] == [("王晓", "disabled")]
    assert "token" not in added
    assert set(added) == {"id", "name", "roles", "state", "created_at", "set_up"}


def test_a_token_is_made_listed_changed_and_ended(shell: Shell) -> None:
    shell.prepare()

    def data(*arguments: str) -> Any:
        done = shell.run("staff", *arguments, "--json")
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    member = data("add", "夜间导入", "--role", "filing_officer")
    wanted = ("--name", "夜间导入", "--role", "filing_officer", "--scope", "filing_import", "--days", "30")
    made = data("token", "add", member["id"], *wanted)
    (listed,) = data("token", "list")["items"]
    assert (listed["name"], listed["roles"], listed["scopes"], listed["counts"]) == (
        "夜间导入",
        ["filing_officer"],
        ["filing_import"],
        True,
    )
    assert listed["expires_at"] - listed["created_at"] == 30 * 86_400_000
    assert made["token"].partition(".")[2] not in json.dumps(listed)
    other = data("token", "rotate", made["id"], "--overlap-hours", "0")
    assert other["token"] != made["token"]
    counted = {each["id"]: each["counts"] for each in data("token", "list")["items"]}
    assert counted == {made["id"]: False, other["id"]: True}
    assert shell.run("staff", "token", "rotate", made["id"]).returncode == 1
    data("token", "revoke", other["id"])
    assert shell.run("staff", "token", "revoke", other["id"]).returncode == 1
    for wrong in (("--role", "auditor"), ("--role", "filing_officer", "--days", "367")):
        assert shell.run("staff", "token", "add", member["id"], "--name", "x", *wrong).returncode in {1, 2}


def test_a_set_up_address_is_printed_and_renewed_and_ends_with_its_member(shell: Shell) -> None:
    shell.prepare()
    added = json.loads(shell.run("staff", "add", "王晓", "--role", "auditor", "--json").stdout)
    renewed = json.loads(shell.run("staff", "set-up", added["id"], "--json").stdout)
    for each in (added, renewed):
        assert "/console/set-up#" in each["set_up"]
    assert added["set_up"] != renewed["set_up"]
    assert shell.run("staff", "disable", added["id"]).returncode == 0
    assert shell.run("staff", "set-up", added["id"]).returncode == 1
