"""CPU time used by a service process and by PostgreSQL, as the operating system reports it."""

from contextlib import suppress
from pathlib import Path

import psutil

from tests.support.postgresql import Server


def process_cpu(process: psutil.Process) -> float:
    """Returns the user and system seconds of all threads: in nanoseconds where Linux has them, else in clock ticks."""
    threads = Path(f"/proc/{process.pid}/task")
    try:
        return sum(int((task / "schedstat").read_text().split()[0]) for task in threads.iterdir()) / 1e9
    except (OSError, IndexError):
        times = process.cpu_times()
        return times.user + times.system


def database_cpu(server: Server | None) -> float:
    """Returns the CPU seconds of PostgreSQL and all of its processes, including ended ones; 0 without a server."""
    if server is None:
        return 0.0
    postmaster = psutil.Process(int((server.data / "postmaster.pid").read_text().split("\n", 1)[0]))
    ended = postmaster.cpu_times()
    seconds = ended.children_user + ended.children_system
    for process in (postmaster, *postmaster.children()):
        with suppress(psutil.NoSuchProcess):  # a worker may end at this moment
            seconds += process_cpu(process)
    return seconds
