"""A Debian with a systemd of its own, booted by systemd-nspawn, with only a loopback network."""

import contextlib
import os
import re
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final, Protocol

from drill.one_host.parts import Unable
from drill.site import NotInTime, until
from drill.wires import run

PACKAGES: Final = (
    *("systemd", "systemd-sysv", "dbus", "ca-certificates", "iproute2", "curl"),
    *("postgresql", "python3", "libbotan-3-12", "logrotate", "cron", "pgbackrest"),
    *("etcd-server", "patroni", "python3-etcd"),
)
Put = Callable[..., None]
"""Function that writes a file of the tree: path, text, mode."""

_PATH: Final = "PATH=/usr/local/sbin:/usr/sbin:/usr/bin"
_BOOT: Final = 60.0
_END: Final = 30.0
_STEADY: Final = 4.0
MOST_EXPOSURE: Final = 2.0
"""Greatest allowed level in `systemd-analyze security`: 0 is no access to the host, 10 full access."""


class Check(Protocol):
    """A function that records whether something happens within this time."""

    def __call__(self, name: str, what: Callable[[], object], *, seconds: float = 30) -> None: ...


@dataclass(frozen=True, slots=True)
class Machine:
    """A running machine."""

    leader: int
    """Its first process, as numbered on this machine."""

    @property
    def network(self) -> tuple[str, ...]:
        """Returns the command prefix that runs a command in the machine's network."""
        return ("nsenter", f"--target={self.leader}", "--net")

    def __call__(self, *words: str, check: bool = True, text: str | None = None) -> str:
        """Runs a command in the machine as root and returns its output. Raises RuntimeError if it fails."""
        enter = ("nsenter", f"--target={self.leader}", "--all", "--root", "--wd")
        clean = ("env", "--ignore-environment", _PATH, "LC_ALL=C.UTF-8")
        return run(*enter, *clean, *words, check=check, text=text).stdout.strip()

    def of(self, unit: str, name: str) -> str:
        """Returns a property of a unit."""
        return self("systemctl", "show", "--value", f"--property={name}", unit)

    def active(self, unit: str) -> bool:
        """Returns whether a unit is active."""
        return self.of(unit, "ActiveState") == "active"

    def steady(self, unit: str) -> bool:
        """Returns whether a unit is active and stays so for some seconds without a restart."""
        if not self.active(unit):
            return False
        time.sleep(_STEADY)
        return self.active(unit) and self.of(unit, "NRestarts") == "0"

    def exposure(self, unit: str) -> float:
        """Returns a unit's exposure level as rated by systemd."""
        said = self("systemd-analyze", "security", "--no-pager", unit, check=False)
        level = re.search(r"exposure level for \S+: ([0-9.]+)", said)
        return float(level[1]) if level else 10.0


@contextlib.contextmanager
def booted(root: Path, log: Path) -> Iterator[Machine]:
    """Yields the booted machine of a tree, then powers it off. Raises Unable if it doesn't boot."""
    if shutil.which("systemd-nspawn") is None:
        raise Unable("systemd-nspawn isn't installed: scripts/install-test-needs drill")
    with log.open("ab") as file, _nspawn(root, file) as process:
        try:
            yield _up(process, log)
        finally:
            process.terminate()  # an orderly shutdown, as by the power switch
            try:
                process.wait(_END)
            except subprocess.TimeoutExpired:
                process.kill()


def _nspawn(root: Path, log: IO[bytes]) -> subprocess.Popen[bytes]:
    """Boots with version 2 cgroups even if this machine has version 1, because systemd requires them."""
    alone = [] if Path("/run/systemd/system").exists() else ["--keep-unit"]
    return subprocess.Popen(
        (
            *("systemd-nspawn", "--quiet", "--register=no", *alone, "--private-network", "--console=pipe"),
            *("--hostname=host", "--kill-signal=SIGRTMIN+4", f"--directory={root}", "--boot"),
        ),
        stdin=subprocess.DEVNULL,
        stdout=log,
        stderr=log,
        env={**os.environ, "SYSTEMD_NSPAWN_UNIFIED_HIERARCHY": "1"},
        start_new_session=True,
    )


def _up(process: subprocess.Popen[bytes], log: Path) -> Machine:
    def running() -> Machine | None:
        if process.poll() is not None:
            raise Unable(f"systemd doesn't boot: {log.read_text('utf-8', 'replace').strip()[-300:]}")
        children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
        if not children:
            return None
        machine = Machine(int(children[0]))
        state = machine("systemctl", "is-system-running", check=False)
        return machine if state in {"running", "degraded"} else None

    try:
        return until(running, "systemd", seconds=_BOOT)
    except NotInTime:
        raise Unable(
            f"systemd doesn't come up within {_BOOT:.0f} s: {log.read_text('utf-8', 'replace')[-300:]}"
        ) from None
