"""CPU time of a service's process and of PostgreSQL, as the operating system tells it."""

from contextlib import suppress
from pathlib import Path

import psutil

from tests.support.postgresql import Server


def process_cpu(process: psutil.Process) -> float:
    """Seconds, user and system, of all threads; nanoseconds where Linux tells them, else the clock's ticks."""
    threads = Path(f"/proc/{process.pid}/task")
    try:
        return sum(int((task / "schedstat").read_text().split()[0]) for task in threads.iterdir()) / 1e9
    except (OSError, IndexError):
        times = process.cpu_times()
        return times.user + times.system


def database_cpu(server: Server | None) -> float:
    """Seconds of CPU of PostgreSQL and all of its processes, those that have ended too; 0 without one."""
    if server is None:
        return 0.0
    postmaster = psutil.Process(int((server.data / "postmaster.pid").read_text().split("\n", 1)[0]))
    ended = postmaster.cpu_times()
    seconds = ended.children_user + ended.children_system
    for process in (postmaster, *postmaster.children()):
        with suppress(psutil.NoSuchProcess):  # a worker that ends just now
            seconds += process_cpu(process)
    return seconds
