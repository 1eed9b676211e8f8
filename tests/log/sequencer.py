"""A process that numbers waiting rows without a lease, and without a pause for as long as there are any.

Forked by a test, which kills it.
"""

import asyncio
import os
from pathlib import Path
from typing import Final

from mshield.keys.keyring import load_keyring
from mshield.services.log.open_log import open_log
from mshield.services.log.sequence import sequence
from mshield.services.process.clock import wall_clock
from mshield.settings import Settings
from mshield.store.database.opening import open_database
from mshield.store.log.log import unlogged

_IDLE_SECONDS: Final = 0.005
"""Between two looks when no row waits, lest idle sequencers take the time of whoever makes the next rows."""


def number_rows(url: str, key_file: Path) -> None:
    """Never ends by itself. Its last words when the database dies are of no interest."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
    asyncio.run(_number_rows(Settings(database=url, master_key_file=key_file)))


async def _number_rows(settings: Settings) -> None:
    db = await open_database(settings.database, pool_size=2)
    log = await open_log(db, load_keyring(settings), settings, now=wall_clock())
    while True:
        if await unlogged(db, limit=1):
            await sequence(log, now=wall_clock())
        else:
            await asyncio.sleep(_IDLE_SECONDS)
