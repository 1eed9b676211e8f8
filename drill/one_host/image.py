"""The image: built from its Containerfile, run as in `compose.yml` beside a PostgreSQL, called and restarted."""

import contextlib
import json
import shutil
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import httpx
import psycopg
import yaml

from drill.daemons import LIMITS
from drill.one_host.callers import PHONES, Callers
from drill.one_host.containers import IMAGE, ROOT, Podman, limited, podman
from drill.one_host.parts import Part, Tell, Unable
from drill.running import DEMO, SYSTEMS, Calls
from drill.site import until
from tests.support.ports import free_ports
from tests.support.postgresql import Server, start_server

NAME: Final = "image"
_COMPOSE: Final = ROOT / "deploy/container/compose.yml"
_VOLUME: Final = "mshield-drill"
_USER: Final = 65532
_WRITABLE: Final = {"/tmp", "/var/lib/mshield"}  # noqa: S108  # the image's own
_GRACE: Final = 30
"""Seconds that `compose.yml` allows a service for stopping."""

_LOOK: Final = f"""
import json, os, pathlib
status = dict(line.split(":", 1) for line in pathlib.Path("/proc/1/status").read_text().splitlines())
ours = ({", ".join(repr(path) for path in ("/proc", "/sys", "/dev", *sorted(_WRITABLE)))})
def folders():
    for folder, inner, _ in os.walk("/"):
        inner[:] = [name for name in inner if os.path.join(folder, name) not in ours]
        yield folder
print(json.dumps({{
    "user": status["Uid"].split(), "capabilities": int(status["CapBnd"], 16) | int(status["CapEff"], 16),
    "no new privileges": status["NoNewPrivs"].strip() == "1",
    "writable": [folder for folder in (*folders(), *ours[3:]) if os.access(folder, os.W_OK)],
    "shells": [name for name in ("sh", "bash", "dash", "dpkg", "apt") if os.path.exists("/usr/bin/" + name)],
}}))
"""
"""Program run in the container by the image's own Python."""


@dataclass(frozen=True, slots=True)
class Running:
    """The containers of one installation, in the machine's network on a port of its own."""

    podman: Podman
    folder: Path
    database: str
    port: int
    services: dict[str, dict[str, Any]]

    @property
    def origin(self) -> str:
        """Returns the service's origin."""
        return f"http://localhost:{self.port}"

    def container(self, service: str) -> str:
        """Returns the name of a service's container."""
        return f"mshield-drill-{service}"

    def run(self, *words: str) -> str:
        """Runs a command of the image in a temporary container and returns its output."""
        return self.podman("run", "--rm", *self._shut_in("mshield"), IMAGE, *words).stdout

    def start(self, service: str) -> None:
        """Starts a service as shipped, except for its address."""
        words = {"0.0.0.0": "127.0.0.1", "8000": str(self.port)}  # noqa: S104  # the container's
        command = [words.get(word, word) for word in self.services[service]["command"]]
        name = ("--detach", f"--name={self.container(service)}")
        more = self.services[service].get("environment", {})
        variables = (f"--env={key}={value}" for key, value in more.items())
        self.podman("run", *name, *self._shut_in(service), *variables, IMAGE, *command)

    def _shut_in(self, service: str) -> list[str]:
        """Returns podman's options for the restrictions that the file puts on a container."""
        said = self.services[service]
        settings = DEMO | LIMITS
        return [
            "--network=host",
            *(["--read-only", "--read-only-tmpfs=false"] if said["read_only"] else []),
            *(f"--cap-drop={name}" for name in said["cap_drop"]),
            *(f"--security-opt={option}" for option in said["security_opt"]),
            *(f"--tmpfs={mount}" for mount in said["tmpfs"]),
            *(
                f"--ulimit={name}={limited(name, most)}:{limited(name, most)}"
                for name, most in said["ulimits"].items()
            ),
            *(f"--volume={_VOLUME}:{volume.split(':', 1)[1]}" for volume in said["volumes"]),
            f"--volume={self.folder}/calls:/calls:ro",
            *(f"--env={name}={value}" for name, value in settings.items()),
        ]

    def look(self) -> dict[str, Any]:
        """Returns the restrictions on the service's process, as the process itself sees them."""
        command = ("/usr/bin/python3.13", "-c", _LOOK)
        seen: dict[str, Any] = json.loads(self.podman("exec", self.container("mshield"), *command).stdout)
        return seen

    def lives(self) -> bool:
        """Returns the result of the file's health check."""
        program, *words = self.services["mshield"]["healthcheck"]["test"][1:]
        words = [word.replace(":8000/", f":{self.port}/") for word in words]
        return not self.podman("exec", self.container("mshield"), program, *words, check=False).returncode

    def ready(self) -> bool:
        """Returns whether the service reports that it is ready."""
        with contextlib.suppress(httpx.TransportError):
            return httpx.get(f"{self.origin}/readyz", trust_env=False).is_success
        return False

    def wait(self) -> None:
        """Waits until the service is ready. Raises NotInTime with the container's output."""
        written = self.podman("logs", self.container("mshield"), check=False)
        until(self.ready, f"the image's service ({(written.stdout + written.stderr)[-1000:]})", seconds=60)

    def stop(self, service: str) -> tuple[int, float]:
        """Stops a service by SIGTERM; returns its exit code and the seconds it took."""
        began = time.monotonic()
        self.podman("stop", f"--time={_GRACE}", self.container(service))
        code = int(self.podman.inspect(self.container(service))["State"]["ExitCode"])
        return code, round(time.monotonic() - began, 1)

    def signatures(self) -> set[str]:
        """Returns all signatures in the database."""
        with psycopg.connect(self.database) as connection:
            return {str(sid) for (sid,) in connection.execute("SELECT encode(sid, 'hex') FROM signatures")}

    def clear(self) -> None:
        """Removes the containers and their volume."""
        names = [self.container(service) for service in ("mshield", "jobs")]
        self.podman("rm", "--force", "--ignore", "--time=0", *names, check=False)
        self.podman("volume", "rm", "--force", _VOLUME, check=False)


def drill(part: Part, tell: Tell) -> None:
    """Runs this part of the drill. Raises Unable if this machine can't build or start the image."""
    one = podman(tell)
    began = time.monotonic()
    one.build()
    part.figures["built in"] = round(time.monotonic() - began)
    tell(f"{NAME}: built by its Containerfile")
    if one.refusal:
        raise Unable(f"built only, as podman starts no container: {one.refusal}")
    with _installed(one) as running:
        _call(running, part, tell)


@contextlib.contextmanager
def _installed(one: Podman) -> Iterator[Running]:
    folder = Path(tempfile.mkdtemp(prefix="mshield-drill-image-"))
    folder.chmod(0o711)
    server: Server | None = None
    port = free_ports(1)
    try:
        server = start_server(folder / "data", durable=True)
        database = server.create("mshield")
        services = yaml.safe_load(_COMPOSE.read_text("utf-8"))["services"]
        running = Running(one, folder, database, port, services)
        running.clear()
        try:
            yield running
        finally:
            running.clear()
    finally:
        if server is not None:
            server.stop()
        shutil.rmtree(folder)


def _call(running: Running, part: Part, tell: Tell) -> None:
    calls = Calls(running.folder / "calls", PHONES)
    callers = Callers(calls, running.origin)
    callers.write_filing()
    place = ("/var/lib/mshield", "--origin", running.origin, "--database", running.database)
    running.run("init", *place, "--name", "示例", "--officer", "顾行")
    systems = [json.loads(running.run(*words, "--json")) for words in SYSTEMS]
    (calls.folder / "systems.json").write_text(json.dumps(systems))
    running.run("filing", "import", "/calls/filing.csv")
    running.start("mshield")
    running.start("jobs")
    running.wait()
    tell(f"{NAME}: ready")
    _look(running, part)
    callers.enrol()
    tell(f"{NAME}: {PHONES} phones have certificates")
    _restart(running, callers, part)
    log = json.loads(running.run("log", "verify", "--json"))
    part.checks["the log verifies"] = bool(log["holds"])
    for service in ("mshield", "jobs"):
        code, seconds = running.stop(service)
        part.checks[f"{service} ends in order"] = code == 0 and seconds < _GRACE


def _look(running: Running, part: Part) -> None:
    seen = running.look()
    known = running.podman.inspect(running.container("mshield"))["HostConfig"]
    part.checks.update(
        {
            "runs as nobody's user": set(seen["user"]) == {str(_USER)},
            "has no capability": seen["capabilities"] == 0,
            "gains no privilege": seen["no new privileges"],
            "root file system is read only": known["ReadonlyRootfs"],
            "writes its own folder and no other": set(seen["writable"]) == _WRITABLE,
            "has no shell and no package manager": not seen["shells"],
            "the health check of compose.yml says yes": running.lives(),
        }
    )


def _restart(running: Running, callers: Callers, part: Part) -> None:
    stopped: list[tuple[int, float]] = []

    def restart() -> None:
        stopped.append(running.stop("mshield"))
        running.podman("start", running.container("mshield"))
        running.wait()

    saw = callers.over(restart, running.signatures)
    ((code, seconds),) = stopped
    part.figures.update(saw, stopped_in=seconds)
    part.checks.update(
        {
            "phones sign and log in": saw["signatures"] > 0 and saw["logins"] > 0,
            "ends in order while it is called": code == 0 and seconds < _GRACE,
            "nothing acknowledged is lost": saw["lost"] == 0,
            "nothing that it took is left unfinished": saw["unfinished"] == 0,
        }
    )
