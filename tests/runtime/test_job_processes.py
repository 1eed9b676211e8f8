"""Jobs in real processes on one PostgreSQL: a job never runs twice at once, and a killed process is replaced."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.support.job_process import LEASE_MS


def _start(url: str, journal: Path) -> subprocess.Popen[bytes]:
    return subprocess.Popen((sys.executable, "-m", "tests.support.job_process", url, str(journal)))


class Line(NamedTuple):
    """A process' action, with the time in Unix ms."""

    word: str
    pid: int
    at: int


def _lines(journal: Path) -> list[Line]:
    if not journal.exists():
        return []
    parts = (line.split() for line in journal.read_text().splitlines())
    return [Line(word, int(pid), int(at)) for word, pid, at in parts]


def _wait(journal: Path, *, more_than: int) -> list[Line]:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        if len(lines := _lines(journal)) > more_than:
            return lines
        time.sleep(0.02)
    raise AssertionError(f"the job ran {len(_lines(journal))} times")


@pytest.mark.slow
def test_two_processes_take_turns_and_the_survivor_continues(postgresql_url: str, tmp_path: Path) -> None:
    journal = tmp_path / "journal"
    processes = [_start(postgresql_url, journal) for _ in range(2)]
    try:
        lines = _wait(journal, more_than=40)
        # Each begin is followed by its own end: no other run began in between.
        pairs = list(zip(lines[::2], lines[1::2], strict=False))
        assert [(begin.word, end.word) for begin, end in pairs] == [("begin", "end")] * len(pairs)
        assert [begin.pid for begin, _ in pairs] == [end.pid for _, end in pairs]
        victim = _kill_at_work(processes, journal)
        before = _lines(journal)
        after = _wait(journal, more_than=len(before))[len(before) :]
        assert after[0].at - before[-1].at > LEASE_MS / 2
        assert all(line.pid != victim for line in after)
    finally:
        for process in processes:
            process.kill()
            process.wait()


def _kill_at_work(processes: list[subprocess.Popen[bytes]], journal: Path) -> int:
    """Kills the process that has just begun; returns its pid."""
    while True:
        last = _wait(journal, more_than=0)[-1]
        if last.word == "begin":
            victim = next(process for process in processes if process.pid == last.pid)
            victim.send_signal(signal.SIGSTOP)
            os.waitpid(victim.pid, os.WUNTRACED)
            if _lines(journal)[-1] == last:
                victim.kill()
                victim.wait()
                return victim.pid
            victim.send_signal(signal.SIGCONT)
