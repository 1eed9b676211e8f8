"""Podman with a storage of the drill's own, so that the machine's other containers aren't touched."""

import json
import os
import resource
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from drill.one_host.debian import AUTHORITIES, make_tree
from drill.one_host.parts import Tell, Unable
from drill.wires import run

ROOT: Final = Path(__file__).parents[2]
IMAGE: Final = "localhost/mshield-drill"
_BASE: Final = "localhost/mshield-drill-base"
_STORAGE: Final = ROOT / "var/drill-images"
_RUNNING: Final = "/run/mshield-drill"
_RUNTIMES: Final = (None, "crun", "runc")
"""Runtimes to try, podman's default first; crun refuses machines that mix both versions of cgroups."""

_LIMITS: Final = {"nofile": resource.RLIMIT_NOFILE, "nproc": resource.RLIMIT_NPROC}
_TRUSTING: Final = ("PIP_CERT", "NODE_EXTRA_CA_CERTS")
_QUIET: Final = {"PODMAN_IGNORE_CGROUPSV1_WARNING": "1"}


def limited(name: str, most: int) -> int:
    """Returns the limit, or this machine's own if that is lower."""
    hard = resource.getrlimit(_LIMITS[name])[1] if name in _LIMITS else most
    return most if hard == resource.RLIM_INFINITY else min(most, hard)


@dataclass(frozen=True, slots=True)
class Podman:
    """Podman with a runtime that can start containers here."""

    runtime: str | None = None
    refusal: str = ""
    """Reason why no container can be started; images can be built anyway."""

    def __call__(self, *words: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        """Runs podman with these arguments. Raises RuntimeError if it fails."""
        runtime = () if self.runtime is None else ("--runtime", self.runtime)
        place = ("--root", str(_STORAGE), "--runroot", _RUNNING)
        return run(
            "env", *(f"{k}={v}" for k, v in _QUIET.items()), "podman", *place, *runtime, *words, check=check
        )

    def inspect(self, container: str) -> dict[str, Any]:
        """Returns podman's description of a container."""
        (known,) = json.loads(self("container", "inspect", container).stdout)
        return dict(known)

    def build(self) -> None:
        """Builds the image from the shipped Containerfile. Raises Unable with the last output."""
        most = 1 << 20
        ulimits = [f"--ulimit={name}={limited(name, most)}:{limited(name, most)}" for name in _LIMITS]
        done = self(
            "build", "--isolation=chroot", "--layers", *ulimits, f"--build-arg=DEBIAN={_BASE}",
            f"--tag={IMAGE}", f"--file={ROOT}/deploy/container/Containerfile", str(ROOT), check=False,
        )  # fmt: skip
        if done.returncode:
            raise Unable(f"the image can't be built: {_last(done)}")

    def copy(self, folder: str, place: Path) -> None:
        """Copies a folder of the image to a new place."""
        container = self("create", IMAGE).stdout.strip()
        try:
            self("cp", f"{container}:{folder}", str(place))
        finally:
            self("rm", container)


def podman(tell: Tell) -> Podman:
    """Returns a podman with a base image of Debian packages, able to run containers if possible. Raises Unable."""
    if os.geteuid() != 0:
        raise Unable("the image is built and run as root here")
    if shutil.which("podman") is None:
        raise Unable("podman isn't installed: scripts/install-test-needs drill")
    any_runtime = Podman()
    if any_runtime("image", "exists", _BASE, check=False).returncode:
        _make_base(any_runtime)
        tell("a base image is made of Debian's packages")
    refusals = []
    for runtime in _RUNTIMES:
        one = Podman(runtime)
        done = one("run", "--rm", "--network=none", _BASE, "true", check=False)
        if not done.returncode:
            return one
        refusals.append(f"{runtime or 'by itself'}: {_last(done)}")
    return Podman(refusal="; ".join(refusals))


def _make_base(any_runtime: Podman) -> None:
    """Makes a base image like Debian's own, since that may not be reachable."""
    _STORAGE.mkdir(parents=True, exist_ok=True)
    archive = _STORAGE / "base.tar"
    make_tree(archive, ("ca-certificates",))
    trusting = [f"--change=ENV {name}={AUTHORITIES}" for name in _TRUSTING]
    done = any_runtime("import", *trusting, str(archive), _BASE, check=False)
    archive.unlink()
    if done.returncode:
        raise Unable(f"podman takes no image: {_last(done)}")


def _last(done: subprocess.CompletedProcess[str]) -> str:
    return (done.stderr.strip() or done.stdout.strip()).splitlines()[-1][-300:]
