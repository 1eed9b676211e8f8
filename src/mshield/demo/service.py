"""The demonstration's service: a folder of its own, made anew each time, and `mshield serve` as a process on it."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import httpx

_START_SECONDS: Final = 30.0
_STOP_SECONDS: Final = 10.0


class StepFailed(Exception):
    """A step of the demonstration did not do what it should; the text says which and why."""


def require_free_ports(first: int, count: int) -> None:
    """Raises StepFailed where one of the ports can't be listened on."""
    for port in range(first, first + count):
        try:
            with socket.create_server(("127.0.0.1", port)):
                pass
        except OSError as error:
            other = first + 10 if first + 10 + count <= 65536 else 8000
            raise StepFailed(
                f"port {port} is taken; the demonstration needs {first} to {first + count - 1}: stop what uses it, "
                f"or choose others: make demo PORT={other}\n"
                f"端口 {port} 已被占用，演示需要 {first} 到 {first + count - 1}：请关闭占用它的程序，"
                f"或换一组端口：make demo PORT={other}"
            ) from error


def shown(path: Path) -> str:
    """A path as a person at this folder would type it."""
    return os.path.relpath(path)


@dataclass(frozen=True, slots=True)
class Service:
    """Where the demonstration lives and under which address it is reached."""

    folder: Path
    origin: str
    systems: Mapping[str, str]
    """Where the business systems of the demonstration answer, for its page."""

    @property
    def environment(self) -> dict[str, str]:
        """The settings of the service and of its commands."""
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("MSHIELD_")}
        engine = os.environ.get("MSHIELD_ENGINE", "auto")
        return {
            **inherited,
            "MSHIELD_MODE": "demo",
            "MSHIELD_ACCESS_LOG": "true",
            "MSHIELD_DATABASE": f"sqlite:///{self.folder / 'mshield.db'}",
            "MSHIELD_MASTER_KEY_FILE": str(self.folder / "master.key"),
            "MSHIELD_HIGH_WATER_FOLDER": str(self.folder / "high-water"),
            "MSHIELD_PUBLIC_ORIGIN": self.origin,
            "MSHIELD_ENGINE": engine,
            # Of no subscriber; without one customer service would be a dead end here.
            "MSHIELD_SERVICE_PHONE": "400-000-0000",
            "MSHIELD_SERVICE_HOURS_ZH": "示例号码，演示没有客服",
            "MSHIELD_SERVICE_HOURS_EN": "an example: a demonstration has no customer service",
            "MSHIELD_DEMO_SYSTEMS": json.dumps(dict(self.systems)),
            # Its business systems run on this machine; elsewhere webhooks never go there.
            "MSHIELD_WEBHOOK_HTTP": "true",
            "MSHIELD_WEBHOOK_NETWORKS": "127.0.0.0/8,::1/128",
            "MSHIELD_SMS_CODES_BEFORE_PICTURE": "30",  # all of the job's people are at one address
            "MSHIELD_SMS_RESEND_SECONDS": "0",  # the job asks for two codes within a second; people don't
        }

    def clear(self) -> None:
        """Begins with an empty folder."""
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(parents=True, mode=0o700)

    def command(self, *arguments: str) -> Any:
        """Runs `mshield ARGUMENTS --json` and gives its output. Raises StepFailed with what it said."""
        done = subprocess.run(  # noqa: S603  # this program's own command
            [sys.executable, "-m", "mshield.cli", *arguments, "--json"],
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            raise StepFailed(f"mshield {' '.join(arguments)}: {(done.stderr or done.stdout).strip()}")
        return json.loads(done.stdout) if done.stdout.strip() else None

    @contextmanager
    def running(self, port: int) -> Iterator[subprocess.Popen[bytes]]:
        """The service as a process, its log in server.log, stopped at the end."""
        with (self.folder / "server.log").open("wb") as log:
            process = subprocess.Popen(  # noqa: S603  # its own program, by its own words
                [sys.executable, "-m", "mshield.cli", "serve", "--port", str(port)],
                env=self.environment,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # Ctrl-C reaches the demonstration, which then stops the service
            )
            try:
                self._wait(process)
                yield process
            finally:
                stop(process)

    def _wait(self, process: subprocess.Popen[bytes]) -> None:
        deadline = time.monotonic() + _START_SECONDS
        while time.monotonic() < deadline:
            if process.poll() is not None:
                break
            try:
                if httpx.get(f"{self.origin}/healthz", trust_env=False).status_code == httpx.codes.OK:
                    return
            except httpx.TransportError:
                time.sleep(0.05)
        tail = (self.folder / "server.log").read_text("utf-8", "replace").strip().splitlines()[-8:]
        raise StepFailed("the service did not start:\n" + "\n".join(tail))


def stop(process: subprocess.Popen[bytes]) -> None:
    """Ends a program of the demonstration: it is asked to, and killed where it takes too long."""
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
