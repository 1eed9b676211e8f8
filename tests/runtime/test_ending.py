"""Processes that are certain to end: with their parent, and even if something in them hangs."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator

import psutil
import pytest

_SECONDS = 30.0
_ABOVE = """
import multiprocessing, sys, time
from tests.runtime import test_ending

if __name__ == "__main__":
    workers = [multiprocessing.get_context("spawn").Process(target=test_ending.serve) for _ in range(2)]
    for worker in workers:
        worker.start()
    print(*(worker.pid for worker in workers), flush=True)
    for worker in workers:
        worker.join()
    time.sleep(60)
"""
_HANGING = """
import signal, sys, time
from mshield.server.runtime import ending

ending.LIMIT_SECONDS = 0.5
signal.signal(signal.SIGTERM, lambda *_: print("told", flush=True))
ending.end_process()
while True:
    time.sleep(1)
"""


def serve() -> None:
    """Runs a worker like uvicorn's that never ends by itself."""
    from mshield.server.runtime.ending import end_with_parent

    end_with_parent()
    while True:
        time.sleep(1)


@contextlib.contextmanager
def _running(code: str) -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen(
        (sys.executable, "-c", code),
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONPATH": ":".join(sys.path)},
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def _gone(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
def test_workers_end_with_their_parent(how: signal.Signals) -> None:
    with _running(_ABOVE) as above:
        assert above.stdout is not None
        pids = [int(pid) for pid in above.stdout.readline().split()]
        assert len(pids) == 2
        assert not any(map(_gone, pids))
        above.send_signal(how)
        above.wait(_SECONDS)
        deadline = time.monotonic() + _SECONDS
        while not all(map(_gone, pids)):
            assert time.monotonic() < deadline
            time.sleep(0.05)


def test_process_that_hangs_while_stopping_still_ends() -> None:
    with _running(_HANGING) as process:
        assert process.wait(_SECONDS) == 1
        assert process.stdout is not None
        assert process.stdout.read() == "told\n"
