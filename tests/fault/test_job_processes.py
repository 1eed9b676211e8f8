"""Jobs in real processes on one PostgreSQL: never two at one job, and a killed one is taken over."""

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.job_process import LEASE_MS


def _start(url: str, journal: Path) -> subprocess.Popen[bytes]:
    return subprocess.Popen((sys.executable, "-m", "tests.job_process", url, str(journal)))


def _lines(journal: Path) -> list[tuple[str, str]]:
    if not journal.exists():
        return []
    return [(word, pid) for word, pid in (line.split() for line in journal.read_text().splitlines())]


def _wait(journal: Path, *, more_than: int) -> list[tuple[str, str]]:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        if len(lines := _lines(journal)) > more_than:
            return lines
        time.sleep(0.02)
    raise AssertionError(f"the job ran {len(_lines(journal))} times")


@pytest.mark.slow
def test_two_processes_take_turns_and_the_survivor_goes_on(postgresql_url: str, tmp_path: Path) -> None:
    journal = tmp_path / "journal"
    processes = [_start(postgresql_url, journal) for _ in range(2)]
    try:
        lines = _wait(journal, more_than=40)
        # Each begin is followed by its own end: no other began in between.
        pairs = list(zip(lines[::2], lines[1::2], strict=False))
        assert [(begin[0], end[0]) for begin, end in pairs] == [("begin", "end")] * len(pairs)
        assert [begin[1] for begin, _ in pairs] == [end[1] for _, end in pairs]
        victim = _kill_at_work(processes, journal)
        before = len(_lines(journal))
        killed_at = time.monotonic()
        after = _wait(journal, more_than=before)
        assert time.monotonic() - killed_at > LEASE_MS / 2000
        assert all(pid != str(victim) for _, pid in after[before:])
    finally:
        for process in processes:
            process.kill()
            process.wait()


def _kill_at_work(processes: list[subprocess.Popen[bytes]], journal: Path) -> int:
    """Kills the process that has just begun; its pid."""
    while True:
        word, pid = _wait(journal, more_than=0)[-1]
        if word == "begin":
            victim = next(process for process in processes if process.pid == int(pid))
            victim.send_signal(signal.SIGKILL)
            victim.wait()
            if _lines(journal)[-1] == ("begin", pid):
                return victim.pid
            raise AssertionError("it ended before it was killed")
