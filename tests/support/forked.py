"""Processes forked from one that has already imported the service, since importing takes longer than most tests.

They run, respond and can be killed like freshly started processes. Tests of `mshield` starting from nothing
start it that way: `fresh` of LiveService, tests of commands.
"""

import multiprocessing
import os
import subprocess
import sys
import tempfile
import time
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from typing import Final

PROCESSES: Final = multiprocessing.get_context("forkserver")
# There is one fork server in a pytest process, so one preload list.
_PRELOADED: Final = "tests.support.preloaded"
PROCESSES.set_forkserver_preload([_PRELOADED])
_SECONDS: Final = 240.0
"""Timeout of a command that hangs, short enough for its test to still report it."""


class Forked:
    """`mshield ARGUMENTS` in a separate process, with an interface like `subprocess.Popen`."""

    def __init__(
        self, arguments: tuple[str, ...], env: dict[str, str], out: Path, err: Path, given: str = os.devnull
    ) -> None:
        self._arguments = arguments
        self._process = ForkServerProcess(target=_run, args=(arguments, env, given, str(out), str(err)))
        self._process.start()

    @property
    def pid(self) -> int:
        assert self._process.pid is not None
        return self._process.pid

    def poll(self) -> int | None:
        """Returns the exit code; None while it runs."""
        return self._process.exitcode

    def wait(self, timeout: float | None = None) -> int:
        """Waits until it ends and returns the exit code. Raises: TimeoutExpired."""
        self._process.join(timeout)
        code = self._process.exitcode
        if code is None:
            assert timeout is not None
            raise subprocess.TimeoutExpired(self._arguments, timeout)
        return code

    def send_signal(self, number: int) -> None:
        """Sends a signal; no-op if it has ended."""
        if self._process.exitcode is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        """Sends SIGKILL."""
        self._process.kill()


def run_forked(
    arguments: tuple[str, ...], env: dict[str, str], *, text: str = ""
) -> subprocess.CompletedProcess[str]:
    """Runs `mshield ARGUMENTS` with `text` as standard input. Returns exit code and output."""
    with tempfile.TemporaryDirectory(prefix="mshield-command-") as folder:
        typed, out, err = (Path(folder, name) for name in ("in", "out", "err"))
        typed.write_text(text, "utf-8")
        code = Forked(arguments, env, out, err, str(typed)).wait(_SECONDS)
        printed = [file.read_text("utf-8") for file in (out, err)]
    return subprocess.CompletedProcess(arguments, code, *printed)


def _run(arguments: tuple[str, ...], env: dict[str, str], given: str, out: str, err: str) -> None:
    assert _PRELOADED in sys.modules, f"{_PRELOADED} can't be imported"  # the fork server doesn't report that
    os.environ.clear()
    os.environ.update(env)
    time.tzset()
    for number, file, mode in (
        (0, given, os.O_RDONLY),
        (1, out, os.O_WRONLY | os.O_APPEND | os.O_CREAT),
        (2, err, os.O_WRONLY | os.O_APPEND | os.O_CREAT),
    ):
        opened = os.open(file, mode, 0o600)
        os.dup2(opened, number)
        os.close(opened)
    sys.stdin = open(0, encoding="utf-8", closefd=False)  # noqa: SIM115  # open as long as the process runs
    sys.stdout = open(1, "w", encoding="utf-8", closefd=False)  # noqa: SIM115  # open as long as the process runs
    sys.stderr = open(2, "w", encoding="utf-8", closefd=False, buffering=1)  # noqa: SIM115  # for as long as the process lives
    sys.argv = ["mshield", *arguments]

    from mshield.cli.main import main

    main(list(arguments))
