"""Check of the log in parts of 256 level-0 tiles each: sequentially in this process, or by several processes."""

import asyncio
import os
from collections import deque
from collections.abc import AsyncGenerator, Callable, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import AsyncExitStack
from dataclasses import dataclass
from multiprocessing import get_context
from typing import Final

from mshield.pki.errors import LogError
from mshield.server.database.opening import opened_database
from mshield.server.keys.keyring import load_keyring
from mshield.server.keys.seals import load_key
from mshield.server.log.archived import Archived, read_archived
from mshield.server.log.open_log import Log, open_log
from mshield.server.log.verify_rows import Part, check_part
from mshield.server.settings.settings import load_settings

Parts = Callable[[Sequence[range], int], AsyncGenerator[Part]]
"""Function that checks these runs of tiles of a log of this size, and yields a result for each, in order."""

MOST_PROCESSES: Final = 8
_AHEAD: Final = 2
"""Queued parts per process, so that no process is idle."""


class CheckEnded(LogError):
    """A checking process was killed, e.g. for lack of memory; the check has no result."""

    code = "check_ended"
    zh = "一个核对进程被终止，核对未完成；可减少 --processes 后重试"

    def __init__(self) -> None:
        super().__init__("a process of the check was killed; try again, with fewer --processes")


def parts_here(log: Log, archived: Archived) -> Parts:
    """Returns a checker that runs in this process."""

    async def check(runs: Sequence[range], size: int) -> AsyncGenerator[Part]:
        for run in runs:
            yield await check_part(log, run, size, archived)

    return check


def parts_of(log: Log, archived: Archived, processes: int | None) -> Parts:
    """Returns a checker that uses `processes` processes; None: one per core, at most eight.

    They load the settings of this process. A log of a single part is checked in this process.
    """
    count = processes or min(os.cpu_count() or 1, MOST_PROCESSES)
    sequential = parts_here(log, archived)
    return lambda runs, size: (
        sequential(runs, size) if min(count, len(runs)) < 2 else _in_processes(runs, size, count)
    )


async def _in_processes(runs: Sequence[range], size: int, count: int) -> AsyncGenerator[Part]:
    waiting: deque[Future[Part]] = deque()
    pool = ProcessPoolExecutor(count, mp_context=get_context("spawn"), initializer=_open)
    try:
        for run in runs:
            waiting.append(pool.submit(_check, run, size))
            if len(waiting) >= _AHEAD * count:
                yield await asyncio.wrap_future(waiting.popleft())
        while waiting:
            yield await asyncio.wrap_future(waiting.popleft())
    except BrokenProcessPool as error:
        raise CheckEnded from error
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


@dataclass(frozen=True, slots=True)
class _Open:
    """Resources that a checking process keeps open until it ends."""

    loop: asyncio.AbstractEventLoop
    stack: AsyncExitStack
    log: Log
    archived: Archived


_opened: list[_Open] = []


def _open() -> None:
    loop = asyncio.new_event_loop()
    _opened.append(loop.run_until_complete(_open_log(loop)))


async def _open_log(loop: asyncio.AbstractEventLoop) -> _Open:
    settings, stack = load_settings(), AsyncExitStack()
    db = await stack.enter_async_context(opened_database(settings.database.url, pool_size=1))
    keyring = load_keyring(settings.keys)
    await load_key(db, keyring)
    log = await open_log(db, keyring, settings.site, now=0, begin=False)
    archived, _ = await read_archived(db)
    return _Open(loop, stack, log, archived)


def _check(run: range, size: int) -> Part:
    opened = _opened[0]
    return opened.loop.run_until_complete(check_part(opened.log, run, size, opened.archived))
