"""What the service does by itself, beside the requests. Each job may run in several processes at once."""

import asyncio
import logging
from typing import Final

from mshield.services.context import Context
from mshield.services.purge import purge
from mshield.store.database import StoreError

PURGE_SECONDS: Final = 600
_log = logging.getLogger(__name__)


async def run(context: Context) -> None:
    """Runs until it is cancelled."""
    while True:
        await asyncio.sleep(PURGE_SECONDS)
        try:
            rows = await purge(context.db, now=context.clock())
        except StoreError as error:
            _log.error("purge failed and will be tried again: %s", type(error).__name__)
        else:
            _log.info("purged %d rows", rows)
