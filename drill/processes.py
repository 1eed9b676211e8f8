"""Processes of a node: the drill's signals reach exactly the processes in its namespace."""

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path

from drill.plan import PREFIX
from drill.wires import exists, inside, run


def start(
    node: str, log: Path, *command: str, user: str | None = None, environment: Mapping[str, str] | None = None
) -> subprocess.Popen[bytes]:
    """Starts a command on a node; its output is appended to `log`."""
    if user is not None:
        command = ("setpriv", f"--reuid={user}", f"--regid={user}", "--init-groups", *command)
    with log.open("ab") as file:
        return subprocess.Popen(
            inside(node, *command),
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=file,
            env={**os.environ, **(environment or {})},
            start_new_session=True,
        )


def of(node: str) -> list[int]:
    """Returns the processes of a node."""
    if not exists(node):
        return []
    return [int(pid) for pid in run("ip", "netns", "pids", PREFIX + node, check=False).stdout.split()]


def named(node: str, part: str) -> list[int]:
    """Returns the node's processes whose command line contains this text."""
    return [pid for pid in of(node) if part in _command(pid)]


def _command(pid: int) -> str:
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    return ""


def send(node: str, number: signal.Signals, *, only: str | None = None) -> None:
    """Sends a signal to all processes of a node, or to those whose command line contains `only`."""
    for pid in of(node) if only is None else named(node, only):
        with contextlib.suppress(OSError):
            os.kill(pid, number)


def halt(node: str, *, first: str | None = None, seconds: float = 20) -> None:
    """Sends TERM to all, or to `first` if that ends the others itself, and KILL to the rest after `seconds`."""
    send(node, signal.SIGCONT)
    send(node, signal.SIGTERM, only=first)
    late = time.monotonic() + seconds
    while of(node) and time.monotonic() < late:
        time.sleep(0.1)
    end(node)


def end(node: str) -> None:
    """Sends KILL to all processes until none is left."""
    while of(node):
        send(node, signal.SIGKILL)
        time.sleep(0.05)
