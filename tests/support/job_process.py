"""Runs one job on a database until killed: `python -m tests.support.job_process URL JOURNAL`.

The job writes a line when it begins and when it ends (word, process id, Unix ms), and takes a while in
between.
"""

import asyncio
import os
import sys
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Final, cast

from mshield.server.database.opening import open_database
from mshield.server.runtime.clocks.watch import ClockWatch
from mshield.server.runtime.jobs.job import Job, Process
from mshield.server.runtime.jobs.runner import Runner

LEASE_MS: Final = 3000
JOB: Final = "count"


async def main(url: str, journal: Path) -> None:
    """Runs the job whenever it is free, repeatedly."""

    def note(word: str) -> None:
        with journal.open("a") as file:
            file.write(f"{word} {os.getpid()} {time.time_ns() // 1_000_000}\n")

    async def count(_context: Any) -> int:
        note("begin")
        await asyncio.sleep(0.1)
        note("end")
        return 1

    watch = ClockWatch()
    context = SimpleNamespace(db=await open_database(url, pool_size=2), clock=watch, clock_watch=watch)
    await Runner(cast("Process", context), [Job(JOB, 0, count)], lease_ms=LEASE_MS).run()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], Path(sys.argv[2])))
