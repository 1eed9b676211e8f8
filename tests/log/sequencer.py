"""A process that assigns log positions without a lease, and without pause while rows are pending.

A test forks it and kills it, or makes one of several die within a write.
"""

import asyncio
import os
import signal
from dataclasses import dataclass
from multiprocessing.sharedctypes import Synchronized
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeAlias, TypeVar

from mshield.server.database.interface import Tx, Work
from mshield.server.database.opening import open_database
from mshield.server.database.queries import Query
from mshield.server.keys.keyring import load_keyring
from mshield.server.log.open_log import open_log
from mshield.server.log.rows.log import unlogged
from mshield.server.log.sequence import sequence
from mshield.server.runtime.clocks.clock import wall_clock
from mshield.server.settings.settings import Settings
from tests.support.killed_database import MortalDatabase, WatchedTx

T = TypeVar("T")

_IDLE_SECONDS: Final = 0.005
"""Pause in s between checks without pending rows, so that idle sequencers leave time to those that make rows."""


if TYPE_CHECKING:
    Doom: TypeAlias = Synchronized[int]
else:
    Doom = Synchronized
"""The statement of the next write, from 1, before which a process dies; the process that dies resets it to 0."""


def number_rows(url: str, key_file: Path, doom: Doom | None = None) -> None:
    """Runs until killed or doomed. Its error output when the database dies is discarded."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
    asyncio.run(_number_rows(Settings.of(database=url, master_key_file=key_file), doom))


async def _number_rows(settings: Settings, doom: Doom | None) -> None:
    db = await open_database(settings.database.url, pool_size=2)
    log = await open_log(db, load_keyring(settings.keys), settings.site, now=wall_clock())
    if doom is not None:
        log = type(log)(_DoomedDatabase(db, doom=doom), log.key)
    while True:
        if await unlogged(db, limit=1):
            await sequence(log, now=wall_clock())
        else:
            await asyncio.sleep(_IDLE_SECONDS)


@dataclass(slots=True)
class _DoomedTx(WatchedTx):
    doom: Doom
    steps: int = 0

    async def run(self, query: Query, **values: object) -> int:
        self.steps += 1
        with self.doom.get_lock():
            if is_mine := self.doom.value == self.steps:
                self.doom.value = 0
        if is_mine:
            os.kill(os.getpid(), signal.SIGKILL)
        return await self.tx.run(query, **values)


@dataclass(slots=True, kw_only=True)
class _DoomedDatabase(MortalDatabase):
    doom: Doom

    async def write(self, work: Work[T]) -> T:
        async def doomed(tx: Tx) -> T:
            return await work(_DoomedTx(tx, set(), self.doom))

        return await self.db.write(doomed)
