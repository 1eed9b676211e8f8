"""Checks the log part by part, 256 tiles of level 0 each: here one after the other, or by several processes at once."""

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

from mshield.keys.keyring import load_keyring
from mshield.keys.seals import load_key
from mshield.pki.errors import LogError
from mshield.services.log.archived import Archived, read_archived
from mshield.services.log.open_log import Log, open_log
from mshield.services.log.verify_rows import Part, check_part
from mshield.settings import load_settings
from mshield.store.database.opening import opened_database

Parts = Callable[[Sequence[range], int], AsyncGenerator[Part]]
"""Checks these runs of tiles of a log of this size, and gives what each showed, in their order."""

MOST_PROCESSES: Final = 8
_AHEAD: Final = 2
"""Parts that wait for each process, so that none does."""


class CheckEnded(LogError):
    """A process that checked was ended, as it is where memory runs out. Nothing is said of the log."""

    code = "check_ended"
    zh = "一个核对进程被终止，核对未完成；可减少 --processes 后重试"

    def __init__(self) -> None:
        super().__init__(
            "a process of the check was ended before its time; try again, with fewer --processes"
        )


def parts_here(log: Log, archived: Archived) -> Parts:
    """In this process."""

    async def check(runs: Sequence[range], size: int) -> AsyncGenerator[Part]:
        for run in runs:
            yield await check_part(log, run, size, archived)

    return check


def parts_of(log: Log, archived: Archived, processes: int | None) -> Parts:
    """By so many processes, with the settings of this one; None: as many as the machine has cores, eight at most.

    A log of a single part is checked here.
    """
    count = processes or min(os.cpu_count() or 1, MOST_PROCESSES)
    here = parts_here(log, archived)
    return lambda runs, size: here(runs, size) if min(count, len(runs)) < 2 else _beside(runs, size, count)


async def _beside(runs: Sequence[range], size: int, count: int) -> AsyncGenerator[Part]:
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
    """What a process has open until it ends."""

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
    db = await stack.enter_async_context(opened_database(settings.database, pool_size=1))
    keyring = load_keyring(settings)
    await load_key(db, keyring)
    log = await open_log(db, keyring, settings, now=0, begin=False)
    archived, _ = await read_archived(db)
    return _Open(loop, stack, log, archived)


def _check(run: range, size: int) -> Part:
    one = _opened[0]
    return one.loop.run_until_complete(check_part(one.log, run, size, one.archived))
