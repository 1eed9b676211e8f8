"""Service of the demonstration: `mshield serve` as a process, in a folder that is recreated each time."""

import errno
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

from mshield.testkit.demo.second_person import SecondPerson

_START_SECONDS: Final = 30.0
_STOP_SECONDS: Final = 10.0
_FAULTS: Final = {
    errno.EADDRINUSE: (
        "已被占用：请关闭占用它的程序，或换一组端口",
        "is taken: stop the program that uses it, or choose other ports",
    ),
    errno.EACCES: ("当前用户无权使用：请换一组端口", "is not permitted to this user: choose other ports"),
}
"""Errors of a port: fault and advice, in Chinese and English."""


class StepFailed(Exception):
    """A step of the demonstration failed; the text says which one and why."""


def require_free_ports(first: int, count: int) -> None:
    """Raises StepFailed if one of the ports can't be used; names it and ports that are free."""
    for port in range(first, first + count):
        fault = _fault(port)
        if fault is not None:
            zh, en = _FAULTS[fault]
            others = (*range(first + 10, 65536 - count, 10), *range(8000, first, 10))
            other = next(
                (other for other in others if not any(map(_fault, range(other, other + count)))), 8000
            )
            raise StepFailed(
                f"port {port} {en}: make demo PORT={other} (the demonstration needs {first} to {first + count - 1})\n"
                f"端口 {port} {zh}：make demo PORT={other}（演示需要 {first} 到 {first + count - 1}）"
            )


def _fault(port: int) -> int | None:
    """Returns the error's number if the port is taken or not permitted; None if it is free."""
    # Browsers ask localhost at both addresses, so a program at either one would answer in the service's place.
    for family, address in ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")):
        try:
            with socket.create_server((address, port), family=family):
                pass
        except OSError as error:
            if error.errno in _FAULTS:
                return error.errno
            if family == socket.AF_INET:
                raise  # The service needs IPv4; IPv6 may be switched off.
    return None


def shown(path: Path) -> str:
    """Returns the path relative to the current folder, for display."""
    return os.path.relpath(path)


@dataclass(slots=True)
class Service:
    """Folder and address of the demonstration's service."""

    folder: Path
    origin: str
    systems: Mapping[str, str]
    """Addresses of the demonstration's business systems, for its page."""

    second: SecondPerson | None = None
    """Second person of its commands, once the staff have set up their logins."""

    @property
    def environment(self) -> dict[str, str]:
        """Settings of the service and its commands, as environment variables."""
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
            # This number has no subscriber. Without a number, the pages could not name customer service.
            "MSHIELD_SERVICE_PHONE": "400-000-0000",
            "MSHIELD_SERVICE_HOURS_ZH": "示例号码，演示没有客服",
            "MSHIELD_SERVICE_HOURS_EN": "an example: a demonstration has no customer service",
            "MSHIELD_DEMO_SYSTEMS": json.dumps(dict(self.systems)),
            # The business systems run on this machine, to which webhooks are otherwise refused.
            "MSHIELD_WEBHOOK_HTTP": "true",
            "MSHIELD_WEBHOOK_NETWORKS": "127.0.0.0/8,::1/128",
            "MSHIELD_SMS_CODES_BEFORE_PICTURE": "30",  # all people of the demonstration share one address
            "MSHIELD_SMS_RESEND_SECONDS": "0",  # the workflow requests two codes within a second
        }

    def clear(self) -> None:
        """Empties the folder."""
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(parents=True, mode=0o700)

    def by_two(self, *arguments: str) -> Any:
        """Like `command`, confirmed by the second person."""
        if self.second is None:
            raise StepFailed("nobody can confirm as the second person yet")
        with self.second.code() as code:
            return self.command(*arguments, "--second-person", self.second.name, typed=code)

    def command(self, *arguments: str, typed: str = "") -> Any:
        """Runs `mshield ARGUMENTS --json` with `typed` as standard input, and returns its parsed output.

        Raises: StepFailed, with its error output.
        """
        completed = subprocess.run(  # noqa: S603  # this program's own command
            [sys.executable, "-m", "mshield.cli.main", *arguments, "--json"],
            env=self.environment,
            input=typed,
            capture_output=True,
            text=True,
            check=False,
        )
        if completed.returncode != 0:
            raise StepFailed(
                f"mshield {' '.join(arguments)}: {(completed.stderr or completed.stdout).strip()}"
            )
        return json.loads(completed.stdout) if completed.stdout.strip() else None

    @contextmanager
    def running(self, port: int) -> Iterator[subprocess.Popen[bytes]]:
        """Runs the service as a process, with its log in server.log, and stops it at the end."""
        with (self.folder / "server.log").open("wb") as log:
            process = subprocess.Popen(  # noqa: S603  # its own program, by its own words
                [sys.executable, "-m", "mshield.cli.main", "serve", "--port", str(port)],
                env=self.environment,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # so that Ctrl-C reaches only the demonstration, which then stops the service
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
    """Ends a process of the demonstration: terminates it, and kills it if that takes too long."""
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
