"""A process that numbers waiting rows without a lease, and without a pause for as long as there are any.

Forked by a test, which kills it, or has one of several die inside a write.
"""

import asyncio
import os
import signal
from dataclasses import dataclass
from multiprocessing.sharedctypes import Synchronized
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeAlias, TypeVar

from mshield.keys.keyring import load_keyring
from mshield.services.log.open_log import open_log
from mshield.services.log.sequence import sequence
from mshield.services.process.clock import wall_clock
from mshield.settings import Settings
from mshield.store.database.interface import Tx, Work
from mshield.store.database.opening import open_database
from mshield.store.database.queries import Query
from mshield.store.log.log import unlogged
from tests.support.killed_database import MortalDatabase, WatchedTx

T = TypeVar("T")

_IDLE_SECONDS: Final = 0.005
"""Between two looks when no row waits, lest idle sequencers take the time of whoever makes the next rows."""


if TYPE_CHECKING:
    Doom: TypeAlias = Synchronized[int]
else:
    Doom = Synchronized
"""Before which statement of its next write a process dies, counted from 1; whoever comes there sets it back to 0."""


def number_rows(url: str, key_file: Path, doom: Doom | None = None) -> None:
    """Never ends by itself but by `doom`. Its last words when the database dies are of no interest."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
    asyncio.run(_number_rows(Settings(database=url, master_key_file=key_file), doom))


async def _number_rows(settings: Settings, doom: Doom | None) -> None:
    db = await open_database(settings.database, pool_size=2)
    log = await open_log(db, load_keyring(settings), settings, now=wall_clock())
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
