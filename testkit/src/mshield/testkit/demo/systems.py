"""Business systems of the demonstration, `examples/single_window` and `examples/palm_customs`.

Each is a separate program that knows only the service's address and its own credentials. Here they are
registered, started and stopped with the service.
"""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path
from typing import Any, Final, Protocol

import httpx

from mshield.testkit.demo.service import StepFailed, stop

SINGLE_WINDOW: Final = "single_window"
PALM_CUSTOMS: Final = "palm_customs"
_DECLARATIONS: Final = ("single-window-import", "single-window-export")
"""Shipped views that the Single Window's documents name."""
_START_SECONDS: Final = 60.0


class Registry(Protocol):
    """A service that accepts its operator's commands."""

    @property
    def folder(self) -> Path:
        """Folder of its files."""

    @property
    def origin(self) -> str:
        """Address of the service."""

    def command(self, *arguments: str) -> Any:
        """Runs `mshield ARGUMENTS --json` and returns its parsed output."""

    def by_two(self, *arguments: str) -> Any:
        """Like `command`, confirmed by a second person."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BusinessSystem:
    """Business system of the demonstration: its package under `examples`, its port, its settings."""

    package: str
    port: int
    examples: Path
    folder: Path
    environment: dict[str, str] = field(repr=False)

    @property
    def origin(self) -> str:
        """Address of the system."""
        return f"http://localhost:{self.port}"

    @property
    def log(self) -> Path:
        """Log file."""
        return self.folder / f"{self.package}.log"

    @contextmanager
    def running(self) -> Iterator[subprocess.Popen[bytes]]:
        """Runs the program as a process, and stops it at the end; call `wait` until it responds."""
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("MSHIELD_")}
        with self.log.open("ab") as log:
            process = subprocess.Popen(  # noqa: S603  # our own example
                [sys.executable, "-m", self.package, "--port", str(self.port)],
                cwd=self.examples,
                env=inherited | self.environment,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
            try:
                yield process
            finally:
                stop(process)

    def wait(self, process: subprocess.Popen[bytes]) -> None:
        """Waits until the system responds. Raises: StepFailed (it doesn't)."""
        deadline = time.monotonic() + _START_SECONDS
        while time.monotonic() < deadline and process.poll() is None:
            try:
                if httpx.get(f"{self.origin}/static/mark.svg", trust_env=False).is_success:
                    return
            except httpx.TransportError:
                time.sleep(0.05)
        tail = self.log.read_text("utf-8", "replace").strip().splitlines()[-8:]
        raise StepFailed(f"{self.package} did not start:\n" + "\n".join(tail))


def single_window(service: Registry, *, port: int, examples: Path, root: Path) -> BusinessSystem:
    """Registers the system with the views of its declarations and a webhook to this machine."""
    name, domain = "国际贸易单一窗口（演示）", f"localhost:{port}"
    system = service.by_two("business", "add", name, "--domain", domain)
    hook = service.command("webhooks", "add", system["client_id"], f"http://localhost:{port}/hooks/shield")
    _register_views(service, system["client_id"], examples)
    extra = {"WEBHOOK_SECRET": hook["secret"]}
    return _business_system(SINGLE_WINDOW, service, system | extra, port=port, examples=examples, root=root)


def palm_customs(service: Registry, *, port: int, examples: Path, root: Path) -> BusinessSystem:
    """Registers the system with the address to which the shield's app returns."""
    back = f"http://localhost:{port}/returned"
    name, domain = "掌上海关（演示）", f"localhost:{port}"
    system = service.by_two("business", "add", name, "--domain", domain, "--return-url", back)
    return _business_system(PALM_CUSTOMS, service, system, port=port, examples=examples, root=root)


def _register_views(service: Registry, client_id: str, examples: Path) -> None:
    samples = examples.resolve().parent / "vectors/views/shipped/contents"
    for kind in _DECLARATIONS:
        view = str(files("mshield.views.shipped") / f"{kind}.view.json")
        sample = str(samples / f"{kind}.xml")
        service.by_two("business", "view", "add", client_id, view, "--sample", sample)


def _business_system(
    package: str, service: Registry, system: dict[str, Any], *, port: int, examples: Path, root: Path
) -> BusinessSystem:
    environment = {
        "SHIELD": service.origin,
        "CLIENT_ID": system["client_id"],
        "CLIENT_SECRET": system["client_secret"],
        "ROOT": str(root.resolve()),
        "DATABASE": str((service.folder / f"{package}.db").resolve()),
        "DEMO": "1",
        "ORIGIN": f"http://localhost:{port}",
    }
    if "WEBHOOK_SECRET" in system:
        environment["WEBHOOK_SECRET"] = system["WEBHOOK_SECRET"]
    business = BusinessSystem(
        package=package,
        port=port,
        examples=examples.resolve(),
        folder=service.folder,
        environment=environment,
    )
    _write_environment(business)
    return business


def _write_environment(system: BusinessSystem) -> None:
    """Writes a file to source for running the example by hand."""
    file = system.folder / f"{system.package}.env"
    file.touch(mode=0o600)
    lines = (f"export {name}='{value}'\n" for name, value in system.environment.items())
    file.write_text("".join(lines))
