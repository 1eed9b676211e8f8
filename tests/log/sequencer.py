"""A process that numbers waiting rows without a pause and without a lease: `python -m tests.log.sequencer`.

Started by a test, which kills it; database and master key come from the settings.
"""

import asyncio

from mshield.keys.keyring import load_keyring
from mshield.services.log.open_log import open_log
from mshield.services.log.sequence import sequence
from mshield.services.process.clock import wall_clock
from mshield.settings import Settings
from mshield.store.database.opening import open_database


async def run() -> None:
    """Never ends by itself."""
    settings = Settings()
    db = await open_database(settings.database, pool_size=2)
    log = await open_log(db, load_keyring(settings), settings, now=wall_clock())
    while True:
        await sequence(log, now=wall_clock())


if __name__ == "__main__":
    asyncio.run(run())
