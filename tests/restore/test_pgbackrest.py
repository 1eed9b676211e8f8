"""Backup and restore by pgBackRest with the files of deploy/pgbackrest: a lost machine is restored completely."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.support.live_service import LiveService
from tests.support.postgresql import USER, give_to_postgres, identity, start_server, wait_until

pytestmark = pytest.mark.slow

DEPLOY = Path(__file__).parents[2] / "deploy" / "pgbackrest"


class BackedUp:
    """A database that archives its WAL to a repository, with the shipped settings and this test's folders."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.work = folder / "work"  # repository, spool, log
        give_to_postgres(self.work)
        self.server = start_server(folder / "data", durable=True)
        self.options = (f"--config={self._config()}", "--stanza=mshield")
        shipped = (DEPLOY / "postgresql.conf").read_text()
        ours = shipped.replace("--stanza=mshield", " ".join(self.options))
        assert ours != shipped
        with (self.server.data / "postgresql.auto.conf").open("a") as settings:
            settings.write(f"{ours}\nunix_socket_directories = '{self.work}'\n")
        self.server.stop()
        self.server.start()
        self.run(
            "stanza-create"
        )  # WAL archiving must work before a segment is full: PostgreSQL retries only after a minute

    def _config(self) -> Path:
        text = (DEPLOY / "pgbackrest.conf").read_text()
        for shipped, ours in {
            "/var/lib/pgbackrest": str(self.work / "repository"),
            "/var/spool/pgbackrest": str(self.work / "spool"),
            "/var/lib/postgresql/17/main": str(self.server.data),
            "pg1-port=5432": f"pg1-port={self.server.port}\npg1-socket-path={self.work}\npg1-user={USER}\n"
            "pg1-database=postgres",
            "[global]\n": f"[global]\nlog-path={self.work}\nlock-path={self.work}\n",
        }.items():
            assert shipped in text
            text = text.replace(shipped, ours)
        file = self.work / "pgbackrest.conf"
        file.write_text(text)
        file.chmod(0o644)
        return file

    def run(self, *arguments: str) -> None:
        done = subprocess.run(
            ("/usr/bin/pgbackrest", *self.options, *arguments),
            **identity(),
            env={name: value for name, value in os.environ.items() if not name.startswith("PG")},
            cwd="/",
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
        assert done.returncode == 0, done.stdout + done.stderr

    def archive(self) -> datetime:
        """Archives everything committed so far; returns a time right after it."""
        with psycopg.connect(self.server.url("postgres"), autocommit=True) as connection:
            connection.execute("SELECT pg_switch_wal()")
        self.run("check")
        return datetime.now(UTC)

    def holds(self, octets: bytes) -> bool:
        """Reports whether any file of the repository, or its name, contains these bytes."""
        files = [file for file in (self.work / "repository").rglob("*") if file.is_file()]
        return any(octets in bytes(file) or octets in file.read_bytes() for file in files)

    def lose(self) -> None:
        """Destroys the machine; the repository is elsewhere."""
        self.server.kill()
        shutil.rmtree(self.server.data)
        for socket in self.work.glob(".s.PGSQL.*"):
            socket.unlink()

    def restore(self, *arguments: str) -> None:
        give_to_postgres(self.server.data)
        self.run("restore", *arguments)
        self.server.start()
        wait_until(self._takes_writes)

    def _takes_writes(self) -> bool:
        with psycopg.connect(self.server.url("postgres"), autocommit=True) as connection:
            row = connection.execute("SELECT pg_is_in_recovery()").fetchone()
        return row == (False,)


@pytest.fixture
def backed_up() -> Iterator[BackedUp]:
    folder = Path(tempfile.mkdtemp(prefix="mshield-backed-up-"))
    one = BackedUp(folder)
    yield one
    one.server.stop()
    shutil.rmtree(folder)


def restore_check(live: LiveService) -> dict[str, Any]:
    check: dict[str, Any] = LiveService.printed(live.run("doctor"))["checks"]["restore"]
    return check


def test_lost_machine_is_restored_and_an_earlier_time_needs_a_declaration(
    backed_up: BackedUp, tmp_path: Path
) -> None:
    live = LiveService(tmp_path, backed_up.server.create("mshield"))
    live.prepare()
    backed_up.run("--type=full", "backup")
    assert backed_up.holds(b"backup.manifest")  # by file name; the content is encrypted
    assert not backed_up.holds(live.system["client_id"].encode())
    live.command("jobs", "run", "--once")
    between = backed_up.archive()
    live.command("ca", "renew-issuing")
    live.command("jobs", "run", "--once")
    certificates = live.command("ca", "show")
    backed_up.archive()
    backed_up.run("verify")

    backed_up.lose()
    backed_up.restore()
    assert restore_check(live)["ok"]
    assert live.command("ca", "show") == certificates
    assert live.command("log", "verify")["holds"]

    backed_up.lose()
    moment = between.strftime("%Y-%m-%d %H:%M:%S.%f+00")
    backed_up.restore("--type=time", f"--target={moment}", "--target-action=promote")
    assert live.refused("jobs", "run", "--once")["code"] == "restore_undeclared"
    live.command("restore", "declare", "--yes")
    assert restore_check(live)["ok"]
    live.command("jobs", "run", "--once")
    assert live.command("log", "verify")["holds"]
    assert len(live.command("ca", "show")) < len(certificates)
