"""A complete site on one machine: building, querying and removing it."""

import contextlib
import json
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TypeVar

from drill import daemons, processes, wires
from drill.balancer import nodes_out
from drill.certificates import make_certificates
from drill.daemons import postgresql_programs
from drill.folder import Folder
from drill.plan import ADDRESSES, CLIENT, DATA, EDGE, ETCD, JOBS, ORIGIN, PORT, SERVE, SITE, WAY
from drill.wires import inside, run

T = TypeVar("T")
_STREAMS: Final = ("streaming", "running")
_LAST_FIRST: Final = (WAY, CLIENT, *EDGE, *SERVE, JOBS, "d3", "d2", "d1", *ETCD)
Tell = Callable[[str], None]


class NotInTime(Exception):
    """Exception for something that didn't happen in time."""


def until(what: Callable[[], T | None], name: str, *, seconds: float, every: float = 0.25) -> T:
    """Repeats the call until it returns a true value, and returns that. Raises NotInTime."""
    end = time.monotonic() + seconds
    while not (result := what()):
        if time.monotonic() > end:
            raise NotInTime(f"{name}: not within {seconds:.0f} s")
        time.sleep(every)
    return result


@dataclass(frozen=True, slots=True)
class Site:
    """The site in this folder."""

    folder: Folder

    # ---- nodes ----

    def start(self, node: str) -> None:
        """Starts the programs of a node."""
        kinds = {
            "e": daemons.start_etcd,
            "d": daemons.start_database,
            "l": daemons.start_edge,
            "s": daemons.start_service,
            "j": daemons.start_jobs,
        }
        kinds[node[0]](self.folder, node)

    def stop(self, node: str) -> None:
        """Stops a node in order."""
        processes.send(node, signal.SIGTERM, only="patroni-guard")
        processes.halt(node, first="patroni.yml" if node in DATA else None)

    # ---- state ----

    def members(self) -> dict[str, dict[str, Any]]:
        """Returns the database's nodes, as reported by the first that answers."""
        for node in DATA:
            url = f"https://{ADDRESSES[node]}:8008/cluster"
            curl = ("curl", "-s", "-m", "1", "--cacert", str(self.folder.authority))
            done = run(*inside(CLIENT, *curl, url), check=False)
            with contextlib.suppress(ValueError):
                return {member["name"]: member for member in json.loads(done.stdout)["members"]}
        return {}

    def primary(self) -> str:
        """Returns the node that accepts writes. Raises NotInTime."""
        return until(lambda: self._with_role("leader"), "a primary", seconds=60)

    def synchronous(self) -> str:
        """Returns the synchronous standby. Raises NotInTime."""
        return until(lambda: self._with_role("sync_standby"), "a synchronous standby", seconds=60)

    def asynchronous(self) -> str:
        """Returns the asynchronous standby. Raises NotInTime."""
        return until(lambda: self._with_role("replica"), "an asynchronous standby", seconds=60)

    def _with_role(self, role: str) -> str | None:
        members = self.members().values()
        return next((m["name"] for m in members if m["role"] == role and m["state"] in _STREAMS), None)

    def whole(self) -> bool:
        """Returns whether three members share a timeline, one synchronous, and edges, services and jobs are up."""
        members = self.members().values()
        roles = sorted(member["role"] for member in members)
        return (
            roles == ["leader", "replica", "sync_standby"]
            and all(member["state"] in _STREAMS for member in members)
            and len({member.get("timeline") for member in members}) == 1
            and all(
                processes.named(node, "haproxy.cfg") and processes.named(node, "keepalived.conf")
                for node in EDGE
            )
            and bool(processes.of(JOBS))
            and all(self.ready(node) for node in SERVE)
            and all(self._out_of(node) == frozenset() for node in EDGE)
            and self.answers()
        )

    def out_of_balancer(self) -> frozenset[str] | None:
        """Returns the service nodes that get no calls; None if no HAProxy answers."""
        edge = next((edge for edge in EDGE if wires.holds(edge, SITE)), None)
        return None if edge is None else self._out_of(edge)

    def _out_of(self, edge: str) -> frozenset[str] | None:
        try:
            return nodes_out(self.folder, edge)
        except OSError:
            return None

    def ready(self, node: str) -> bool:
        """Returns whether a service node reports that it is ready."""
        return self._status(f"https://{ADDRESSES[node]}:{PORT}/readyz", self.folder.authority) == "200"

    def checks(self, node: str) -> dict[str, str]:
        """Returns the checks that a service node reports; empty if it doesn't answer."""
        url = f"https://{ADDRESSES[node]}:{PORT}/readyz"
        curl = ("curl", "-s", "-m", "2", "--cacert", str(self.folder.authority))
        with contextlib.suppress(ValueError):
            said: dict[str, str] = json.loads(run(*inside(CLIENT, *curl, url), check=False).stdout)["checks"]
            return said
        return {}

    def answers(self) -> bool:
        """Returns whether the site is ready, as callers see it."""
        return self._status(f"{ORIGIN}/readyz", self.folder.tls) == "200"

    def _status(self, url: str, authority: Path) -> str:
        curl = ("curl", "-s", "-m", "2", "--cacert", str(authority), "-o", "/dev/null")
        return run(*inside(CLIENT, *curl, "-w", "%{http_code}", url), check=False).stdout

    def etcd_leader(self) -> str:
        """Returns the leader of etcd. Raises NotInTime."""
        return until(self._etcd_leader, "a leader of etcd", seconds=30)

    def _etcd_leader(self) -> str | None:
        for node in ETCD:
            mine = self.folder.certificates(node)
            files = {"cacert": "ca.pem", "cert": "node.pem", "key": "node.key"}
            tls = [f"--{name}={mine / file}" for name, file in files.items()]
            endpoint = f"--endpoints=https://{ADDRESSES[node]}:2379"
            etcdctl = ("etcdctl", *tls, endpoint, "endpoint", "status", "-w", "json")
            done = run(*inside(node, *etcdctl), check=False)
            if done.returncode == 0:
                status = json.loads(done.stdout)[0]["Status"]
                if status["leader"] == status["header"]["member_id"]:
                    return node
        return None

    def edge(self) -> str:
        """Returns the edge that has the site's address. Raises NotInTime."""
        return until(
            lambda: next((edge for edge in EDGE if wires.holds(edge, SITE)), None),
            "an edge with the site's address",
            seconds=30,
        )

    def postmaster(self, node: str) -> int:
        """Returns the process id of a node's PostgreSQL."""
        file = self.folder.disk(node) / "postgresql" / "postmaster.pid"
        return int(file.read_text().split("\n", 1)[0])

    # ---- commands ----

    def sql(self, text: str, *, database: str = "postgres") -> list[str]:
        """Returns the rows of a statement run at the primary as superuser, with columns joined by `|`."""
        node = self.primary()
        psql = (str(postgresql_programs() / "psql"), "-XAtq", "-v", "ON_ERROR_STOP=1", "-d", database)
        where = ("-h", str(self.folder.disk(node)), "-U", "postgres", "-c", text)
        return run(*self._as_postgres(node, *psql, *where)).stdout.split()

    def patronictl(self, *command: str) -> str:
        """Runs patronictl on the first live database node and returns its output."""
        node = next(node for node in DATA if processes.of(node))
        config = str(self.folder.of(node) / "patroni.yml")
        return run(
            *self._as_postgres(node, "env", "-u", "PYTHONPATH", "patronictl", "-c", config, *command)
        ).stdout

    def _as_postgres(self, node: str, *command: str) -> tuple[str, ...]:
        return inside(node, "setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups", *command)

    def mshield(self, *command: str, node: str = SERVE[0]) -> Any:
        """Runs a command of the service on a node and returns its JSON output. Raises RuntimeError if it fails."""
        done = subprocess.run(
            inside(node, *daemons.MSHIELD, *command, "--json"),
            env={**os.environ, **daemons.service_settings(self.folder, node)},
            check=False,
            capture_output=True,
            text=True,
        )
        if done.returncode:
            raise RuntimeError(f"mshield {' '.join(command)}: {done.stderr or done.stdout}")
        return json.loads(done.stdout) if done.stdout.strip() else None

    # ---- the whole site ----

    def build(self, tell: Tell) -> None:
        """Builds a site with a CA and running edges, but no service yet."""
        wires.wire()
        make_certificates(self.folder)
        for node in ETCD:
            self.start(node)
        self.etcd_leader()
        tell("etcd has a leader")
        for node in DATA:
            self.start(node)
        self.primary()
        tell("a primary takes writes")
        self._make_databases()
        self.synchronous()
        tell("it has a synchronous standby")
        self.mshield("keys", "init")
        self.mshield("migrate")
        self.mshield("ca", "init", "--name", "示例", "--organisation", "示例电子口岸")
        tell("schema and CA are made")
        for node in EDGE:
            self.start(node)

    def open(self, tell: Tell) -> None:
        """Starts the services and the jobs, and waits until the site answers. Raises NotInTime."""
        for node in (*SERVE, JOBS):
            self.start(node)
        until(self.whole, "the site", seconds=90)
        tell("the site answers")

    def _make_databases(self) -> None:
        for name in ("mshield", "drill"):
            self.sql(f"CREATE ROLE {name} LOGIN PASSWORD '{self.folder.secret(name)}'")
            self.sql(f"CREATE DATABASE {name} OWNER {name}")
        self.sql("GRANT pg_monitor TO mshield")
        self.sql("CREATE TABLE writes (id bigint PRIMARY KEY)", database="drill")
        self.sql("GRANT ALL ON writes TO drill", database="drill")


def clear(path: Path) -> None:
    """Ends all processes in the nodes and removes nodes and disks, including those left by a killed drill."""
    for node in _LAST_FIRST:
        processes.end(node)
    for node in DATA:
        disk = Folder(path).disk(node)
        if disk.is_mount():
            run("umount", "-l", str(disk))
    wires.unwire()


@contextlib.contextmanager
def standing(path: Path, tell: Tell) -> Iterator[Site]:
    """Yields a site in a new folder and always removes it at the end; the nodes' logs remain in the folder."""
    wires.require_namespaces()
    for node in _LAST_FIRST:
        if processes.of(node):
            raise RuntimeError(
                "a drill runs on this machine, or one was killed: python -m drill.clear FOLDER"
            )
    clear(path)
    shutil.rmtree(path, ignore_errors=True)
    path.mkdir(mode=0o755, parents=True)
    site = Site(Folder(path.resolve()))
    try:
        site.build(tell)
        yield site
    finally:
        clear(site.folder.path)
