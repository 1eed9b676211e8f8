"""PostgreSQL servers for tests: each in its own folder, on a free port, stopped by its caller.

Existing servers and files are never touched. If run as root, the server runs as the user `postgres`, because
PostgreSQL refuses root.
"""

import contextlib
import os
import pwd
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import psutil
import psycopg
from psycopg import sql

from tests.support.ports import free_ports

USER: Final = "mshield"
_SECONDS: Final = 60
_MISSING: Final = (
    "the tests need PostgreSQL: as root run `scripts/install-test-needs` (Debian: apt-get install postgresql), "
    "or put initdb and pg_ctl on the PATH"
)


class PostgresqlMissing(RuntimeError):
    """Error: PostgreSQL's programs are not installed."""


@dataclass(frozen=True, slots=True)
class Server:
    """A running server: its data folder and its port on 127.0.0.1."""

    data: Path
    port: int

    def url(self, database: str) -> str:
        """Returns the address of one of its databases."""
        return f"postgresql://{USER}@127.0.0.1:{self.port}/{database}"

    def start(self) -> None:
        """Starts it, also after a crash, and waits until it responds."""
        _run("pg_ctl", "--pgdata", str(self.data), "--wait", "--log", str(self.data / "log"), "start")

    def stop(self) -> None:
        """Stops it immediately, by force if that takes too long; no-op if it isn't running."""
        if not (self.data / "postmaster.pid").exists():
            return
        try:
            _run("pg_ctl", "--pgdata", str(self.data), "--mode", "immediate", "--wait", "stop")
        except (subprocess.CalledProcessError, subprocess.TimeoutExpired):
            with contextlib.suppress(FileNotFoundError, psutil.NoSuchProcess):  # it has ended meanwhile
                self.kill()

    def kill(self) -> None:
        """Sends SIGKILL to all its processes, like a power failure; `start` restarts it."""
        pid_file = self.data / "postmaster.pid"
        postmaster = psutil.Process(int(pid_file.read_text().split("\n", 1)[0]))
        # Suspend the postmaster first. A backend started after listing its children would survive and keep
        # the shared memory in use, and then no server starts.
        postmaster.suspend()
        wait_until(lambda: postmaster.status() == psutil.STATUS_STOPPED)
        processes = [*postmaster.children(recursive=True), postmaster]
        for process in processes:
            with contextlib.suppress(psutil.NoSuchProcess):  # it has ended meanwhile
                process.kill()
        wait_until(lambda: not any(_lives(process) for process in processes))
        pid_file.unlink()  # if nobody reaps the dead processes, PostgreSQL would take them for running

    @contextlib.contextmanager
    def frozen(self) -> Iterator[None]:
        """Sends SIGSTOP to all its processes meanwhile: connections are kept and accepted, but nothing responds."""
        postmaster = psutil.Process(int((self.data / "postmaster.pid").read_text().split("\n", 1)[0]))
        postmaster.suspend()  # first, so that it starts no more processes
        processes = [*postmaster.children(recursive=True), postmaster]
        try:
            for process in processes:
                with contextlib.suppress(psutil.NoSuchProcess):
                    process.suspend()
            yield
        finally:
            for process in processes:
                with contextlib.suppress(psutil.NoSuchProcess):
                    process.resume()

    def standby(self, data: Path) -> "Server":
        """Creates and starts a standby in the new folder `data`, streaming from this server."""
        give_to_postgres(data)
        _run(
            "pg_basebackup", "--pgdata", str(data), "--host", "127.0.0.1", "--port", str(self.port),
            "--username", USER, "--write-recovery-conf", "--checkpoint", "fast", "--no-sync",
        )  # fmt: skip
        standby = Server(data, free_ports(1))
        with (data / "postgresql.auto.conf").open("a") as settings:
            settings.write(f"port = {standby.port}\n")
        standby.start()
        return standby

    def promote(self) -> None:
        """Promotes this standby to primary, as in a failover; the previous primary keeps running."""
        _run("pg_ctl", "--pgdata", str(self.data), "--wait", "promote")

    def create(self, name: str, *, template: str | None = None) -> str:
        """Creates a database, empty or from a template. Returns its address."""
        statement = sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(
            sql.Identifier(name), sql.Identifier(template or "template1")
        )
        with self._admin() as connection:
            if (
                connection.info.server_version >= 150_000
            ):  # writing each block to the WAL takes up to twice as long
                statement += sql.SQL(" STRATEGY FILE_COPY")
            connection.execute(statement)
        return self.url(name)

    def drop(self, name: str) -> None:
        """Drops a database, even with clients connected."""
        with self._admin() as connection:
            connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))

    def _admin(self) -> psycopg.Connection:
        return psycopg.connect(self.url("postgres"), autocommit=True)


def start_server(data: Path, *, durable: bool, memory: str = "64MB") -> Server:
    """Creates and starts a server in the new folder `data`; `durable` says whether commits reach the disk.

    `memory` is the size of its buffers.
    """
    give_to_postgres(data)
    _run(
        "initdb", "--pgdata", str(data), "--username", USER, "--auth", "trust",
        "--encoding", "UTF8", "--locale", "C", "--lc-ctype", "C.UTF-8", "--no-sync",
    )  # fmt: skip
    server = Server(data, free_ports(1))
    (data / "postgresql.auto.conf").write_text(_settings(server.port, durable=durable, memory=memory))
    server.start()
    return server


def _settings(port: int, *, durable: bool, memory: str) -> str:
    values: dict[str, object] = {
        "listen_addresses": "127.0.0.1",
        "port": port,
        "unix_socket_directories": "",
        "max_connections": 200,
        "shared_buffers": memory,
        "logging_collector": "off",
    }
    if not durable:
        values |= {
            "fsync": "off",
            "full_page_writes": "off",
            "synchronous_commit": "off",
            "autovacuum": "off",
        }
    return "".join(f"{name} = '{value}'\n" for name, value in values.items())


def _programs() -> Path:
    """Returns the folder of the newest installed version's programs. Raises: PostgresqlMissing."""
    versions = [path.parent for path in Path("/usr/lib/postgresql").glob("*/bin/initdb")]
    if versions:
        return max(versions, key=lambda folder: float(folder.parent.name))
    if found := shutil.which("initdb"):
        return Path(found).resolve().parent
    raise PostgresqlMissing(_MISSING)


def identity() -> dict[str, Any]:
    """Returns subprocess options for the user to run as: `postgres` if we are root, otherwise ourselves."""
    if os.geteuid() != 0:
        return {}
    try:
        entry = pwd.getpwnam("postgres")
    except KeyError:
        raise PostgresqlMissing(_MISSING) from None
    return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}


def give_to_postgres(data: Path) -> None:
    """Creates the folder `data`, writable for the programs."""
    data.mkdir(mode=0o700)
    if who := identity():
        os.chown(data, who["user"], who["group"])
        for folder in data.parents:
            if not folder.stat().st_mode & 0o001:  # only our own temporary folders are closed to others
                folder.chmod(folder.stat().st_mode | 0o011)


def wait_until(until: Callable[[], bool]) -> None:
    """Waits until the condition is true; fails after a minute."""
    deadline = time.monotonic() + _SECONDS
    while not until():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def _lives(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def _run(program: str, *arguments: str) -> None:
    subprocess.run(
        (_programs() / program, *arguments),
        check=True,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        timeout=_SECONDS,
        cwd="/",
        env={"PATH": os.environ.get("PATH", ""), "LC_ALL": "C"},
        **identity(),
    )
