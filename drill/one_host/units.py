"""The units of `deploy/`, installed as `docs/operations.md` says and run by systemd: service, jobs, log and backup.

The steps are read from the page. The installed files are those of the image in /opt/mshield.
"""

import contextlib
import json
import re
import shlex
import shutil
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any, Final

from drill.daemons import LIMITS
from drill.one_host import guard, node
from drill.one_host.callers import PHONES, Callers
from drill.one_host.containers import ROOT, podman
from drill.one_host.debian import make_tree
from drill.one_host.machine import MOST_EXPOSURE, PACKAGES, Machine, booted
from drill.one_host.parts import Part, Tell
from drill.running import DEMO, SYSTEMS, Calls
from drill.site import NotInTime, until

NAME: Final = "units"
_ORIGIN: Final = "http://localhost:8000"
_SERVICE: Final = "mshield.service"
_JOBS: Final = "mshield-jobs.service"
_LOG: Final = "/var/log/mshield/security.log"
_WRITABLE: Final = {"/var/lib/mshield", "/var/log/mshield"} | {
    *("/tmp", "/var/tmp", "/dev/shm", "/dev/mqueue")  # noqa: S108  # each the unit's own
}
_SECTION: Final = re.compile(r"^## As a service\n.*?^```sh\n(.*?)^```", re.DOTALL | re.MULTILINE)
_AS_SERVICE: Final = ("runuser", "--user=mshield", "--", "env", "MSHIELD_CONFIG=/etc/mshield/mshield.toml")
_LOOK: Final = f"""
import json, os
ours = {sorted(_WRITABLE)!r}
skipped = {{"/proc", "/sys", *ours}}
def folders():
    for folder, inner, _ in os.walk("/"):
        inner[:] = [name for name in inner if os.path.join(folder, name) not in skipped]
        yield folder
print(json.dumps([folder for folder in (*folders(), *ours) if os.access(folder, os.W_OK)]))
"""


def documented() -> list[str]:
    """Returns the page's steps, without the existing environment and the endless log output."""
    page = (ROOT / "docs/operations.md").read_text("utf-8")
    section = _SECTION.search(page)
    if section is None:
        raise RuntimeError("docs/operations.md has no steps under As a service")
    steps = [step for step in section[1].splitlines() if not step.startswith("python3 -m venv ")]
    at = next(number for number, step in enumerate(steps) if "/etc/mshield/mshield.toml " in step)
    edit = "cat /drill/mshield.toml >/etc/mshield/mshield.toml"
    return [step.split(" && journalctl", 1)[0] for step in (*steps[: at + 1], edit, *steps[at + 1 :])]


def _settings() -> str:
    """Returns the shipped settings as edited for demo mode, whose outbox holds the SMS codes."""
    shipped = (ROOT / "deploy/systemd/mshield.toml").read_text("utf-8").split("sms_gateway", 1)[0]
    kept = [line for line in shipped.splitlines() if not line.startswith(("#", "public_origin"))]
    ours = {"public_origin": _ORIGIN} | {
        name.removeprefix("MSHIELD_").lower(): value for name, value in (DEMO | LIMITS).items()
    }
    return "\n".join((*kept, *(f"{name} = {json.dumps(value)}" for name, value in ours.items()))) + "\n"


@dataclass(slots=True)
class Installed:
    """A tree with the installed files of `deploy/`, and its machine, which may be rebooted."""

    folder: Path
    part: Part
    tell: Tell
    machine: Machine = field(init=False)

    @property
    def root(self) -> Path:
        """Returns the root of the tree."""
        return self.folder / "root"

    def put(self, path: str, text: str, mode: int = 0o644) -> None:
        """Writes a file of the tree."""
        file = self.root / path.lstrip("/")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
        file.chmod(mode)

    def check(self, name: str, what: Callable[[], object], *, seconds: float = 30) -> None:
        """Records whether something happens within this time."""
        try:
            until(lambda: what() or None, name, seconds=seconds, every=0.5)
            self.part.checks[name] = True
        except (NotInTime, RuntimeError) as error:
            self.part.checks[name] = False
            self.tell(f"{NAME}: {name}: {error}")

    def mshield(self, *words: str) -> Any:
        """Runs a command of the service as its user and returns the parsed output."""
        return json.loads(self.machine(*_AS_SERVICE, "/opt/mshield/bin/mshield", *words, "--json"))

    def sql(self, statement: str) -> list[str]:
        """Returns the rows that the database returns."""
        psql = ("psql", "--no-psqlrc", "--tuples-only", "--no-align", "--dbname=mshield", "--command")
        return self.machine("runuser", "--user=postgres", "--", *psql, statement).splitlines()

    def ready(self) -> bool:
        """Returns whether the service reports that it is ready."""
        curl = ("curl", "--silent", "--max-time", "2", "--output", "/dev/null", "--write-out", "%{http_code}")
        return self.machine(*curl, f"{_ORIGIN}/readyz", check=False) == "200"

    def answer(self, unit: str) -> str:
        """Returns the last lines of a unit's journal."""
        return self.machine("journalctl", "--no-pager", "--lines=20", f"--unit={unit}", check=False)


def drill(part: Part, tell: Tell) -> None:
    """Runs this part of the drill. Raises Unable if this machine can't build the image or boot systemd."""
    one = podman(tell)
    one.build()
    with _folder() as folder:
        installed = Installed(folder, part, tell)
        make_tree(installed.root, PACKAGES)
        one.copy("/opt/mshield", installed.root / "opt/mshield")
        shutil.copytree(ROOT / "deploy", installed.root / "drill/deploy")
        tell(f"{NAME}: a Debian with systemd is made")
        with booted(installed.root, folder / "boot.log") as installed.machine:
            _use(installed)
        with booted(installed.root, folder / "boot.log") as installed.machine:
            installed.check("serves after a reboot", installed.ready)
            installed.check("the jobs run after a reboot", partial(installed.machine.steady, _JOBS))


@contextlib.contextmanager
def _folder() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="mshield-drill-units-", dir="/var/tmp"))  # /var/tmp is on a disk
    folder.chmod(0o711)
    try:
        yield folder
    finally:
        shutil.rmtree(folder)


def _use(installed: Installed) -> None:
    _back_up(installed)
    _install(installed)
    callers = _callers(installed)
    _look(installed)
    _restart(installed, callers)
    _rotate(installed)
    _separate_jobs(installed)
    node.drill(installed.machine, installed.put, installed.check, origin=_ORIGIN)
    installed.check("serves as it did before", installed.ready)
    guard.drill(installed.machine, installed.put, installed.check)
    installed.check("cron makes the backup", partial(_backups, installed), seconds=90)
    failed = installed.machine("systemctl", "list-units", "--failed", "--plain", "--no-legend")
    installed.part.figures["failed units"] = failed.splitlines()
    installed.part.checks["no unit has failed"] = not failed


def _install(installed: Installed) -> None:
    """Runs the page's steps as one script, which ends at the first failure."""
    installed.put("/drill/mshield.toml", _settings())
    installed.put("/drill/steps", "\n".join(("set -e", "cd /drill", *documented())) + "\n")
    installed.machine("bash", "/drill/steps")
    installed.check("is ready", installed.ready, seconds=60)
    if not installed.part.checks["is ready"]:
        raise RuntimeError(f"the service isn't ready: {installed.answer(_SERVICE)}")
    installed.tell(f"{NAME}: installed as the page says, and ready")


def _callers(installed: Installed) -> Callers:
    calls = Calls(installed.folder / "calls", PHONES)
    callers = Callers(calls, _ORIGIN, lambda: installed.machine.network)
    callers.write_filing()
    installed.put("/drill/filing.csv", (calls.folder / "filing.csv").read_text("utf-8"))
    systems = [installed.mshield(*words) for words in SYSTEMS]
    (calls.folder / "systems.json").write_text(json.dumps(systems))
    installed.mshield("filing", "import", "/drill/filing.csv")
    callers.enrol()
    installed.tell(f"{NAME}: {PHONES} phones have certificates")
    return callers


def _look(installed: Installed) -> None:
    """Checks the running service's isolation: systemd's rating, and which files it can write."""
    machine = installed.machine
    pid = machine.of(_SERVICE, "MainPID")
    users = machine("stat", "--format=%U", f"/proc/{pid}")
    view = (
        "nsenter",
        f"--target={pid}",
        "--mount",
        "setpriv",
        "--reuid=mshield",
        "--regid=mshield",
        "--clear-groups",
    )
    writable = set(json.loads(machine(*view, "python3", "-c", _LOOK)))
    installed.part.figures["writable"] = sorted(writable)
    installed.part.checks["runs as its own user"] = users == "mshield"
    installed.part.checks["writes its own folders and no other"] = writable == _WRITABLE
    exposure = machine.exposure(_SERVICE)
    installed.part.figures["exposure"] = exposure
    installed.part.checks["is shut in"] = exposure <= MOST_EXPOSURE


def _restart(installed: Installed, callers: Callers) -> None:
    """Restarts the service under load; then kills its process, which systemd restarts."""
    machine = installed.machine

    def restart() -> None:
        machine("systemctl", "restart", _SERVICE)
        until(installed.ready, "the service", seconds=60)

    saw = callers.over(restart, lambda: set(installed.sql("SELECT encode(sid, 'hex') FROM signatures")))
    installed.part.figures.update(saw)
    installed.part.checks["phones sign and log in"] = saw["signatures"] > 0 and saw["logins"] > 0
    installed.part.checks["nothing acknowledged is lost"] = saw["lost"] == 0
    installed.part.checks["nothing that it took is left unfinished"] = saw["unfinished"] == 0
    before = machine.of(_SERVICE, "MainPID")
    machine("systemctl", "kill", "--signal=KILL", _SERVICE)
    installed.check(
        "comes back where its process was killed",
        lambda: machine.of(_SERVICE, "MainPID") not in {before, "0"} and installed.ready(),
    )
    installed.part.checks["the log verifies"] = bool(installed.mshield("log", "verify")["holds"])


def _rotate(installed: Installed) -> None:
    """Rotates the log by Debian's own logrotate unit, as on the second day; the service continues in a new file."""
    machine = installed.machine
    installed.part.checks["writes the security log"] = bool(machine("cat", _LOG))
    past = datetime.now(UTC) - timedelta(days=2)
    state = f'logrotate state -- version 2\n"{_LOG}" {past:%Y}-{past.month}-{past.day}-0:0:0\n'
    installed.put("/var/lib/logrotate/status", state, 0o600)
    machine("systemctl", "start", "logrotate.service")
    rotated = machine("sh", "-c", f"ls {_LOG}-*", check=False)
    installed.part.checks["logrotate turns the security log"] = bool(rotated)
    stranger = ("curl", "--silent", "--output", "/dev/null", "--user", "nobody:nothing")
    machine(*stranger, f"{_ORIGIN}/api/business/requests/none", check=False)
    installed.check("goes on in a new file", lambda: machine("cat", _LOG, check=False))


def _separate_jobs(installed: Installed) -> None:
    """Runs the jobs separately, with `jobs = "off"` and a copy of the unit, as the page says."""
    unit = (ROOT / "deploy/systemd/mshield.service").read_text("utf-8")
    jobs = re.sub(r"^(ExecStart=\S+) .*$", r"\1 jobs run", unit, flags=re.MULTILINE)
    installed.put(f"/etc/systemd/system/{_JOBS}", jobs)
    machine = installed.machine
    machine("sh", "-c", "echo 'jobs = \"off\"' >>/etc/mshield/mshield.toml && systemctl daemon-reload")
    machine("systemctl", "restart", _SERVICE)
    machine("systemctl", "enable", "--now", _JOBS)
    installed.check("the jobs run by themselves", partial(machine.steady, _JOBS))
    installed.check("the service serves without them", installed.ready)


def _back_up(installed: Installed) -> None:
    """Tests the three pgBackRest files; the cron line of the full backup runs every minute here."""
    machine, shipped = installed.machine, ROOT / "deploy/pgbackrest"
    installed.put("/etc/pgbackrest/pgbackrest.conf", (shipped / "pgbackrest.conf").read_text(), 0o640)
    machine("chgrp", "postgres", "/etc/pgbackrest/pgbackrest.conf")
    installed.put("/etc/postgresql/17/main/conf.d/pgbackrest.conf", (shipped / "postgresql.conf").read_text())
    machine("systemctl", "restart", "postgresql")
    for words in ("stanza-create", "check"):
        machine("runuser", "--user=postgres", "--", "pgbackrest", "--stanza=mshield", *shlex.split(words))
    lines = (shipped / "pgbackrest.cron").read_text().splitlines()
    (full,) = (line.split(maxsplit=5)[5] for line in lines if "--type=full" in line)
    installed.put("/etc/cron.d/mshield-pgbackrest", f"* * * * * {full}\n")


def _backups(installed: Installed) -> bool:
    info = ("pgbackrest", "--stanza=mshield", "info", "--output=json")
    (stanza,) = json.loads(installed.machine("runuser", "--user=postgres", "--", *info))
    return bool(stanza["backup"])
