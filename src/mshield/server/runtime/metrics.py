"""Counts this process's calls and events in memory, and adds them to the database once a minute.

Counting is one dictionary addition. If a process is killed, its last minute is lost.
"""

import asyncio
import logging
from collections.abc import Callable
from typing import Protocol

from mshield.server.database.interface import Database, StoreError
from mshield.server.runtime.rows import metrics as store
from mshield.server.values.percentiles import UNTIMED, bucket_of
from mshield.wire.times import HOUR_MS, MINUTE_MS

_log = logging.getLogger(__name__)


class Count(Protocol):
    """Callback by which a service counts an event."""

    def __call__(self, operation: str, code: str = "", number: int = 1) -> None:
        """Counts the event `number` times."""


def uncounted(operation: str, code: str = "", number: int = 1) -> None:
    """No-op counter."""


class Metrics:
    """Counters of this process, one per process."""

    def __init__(self) -> None:
        self._counts: dict[store.Key, int] = {}
        self.totals: dict[store.Key, int] = {}
        """All counts since the process started."""
        self.seconds: dict[str, float] = {}
        """Total seconds of the timed calls since the process started, by operation."""

    def note(self, operation: str, code: str, seconds: float) -> None:
        """Counts a call that took `seconds`; `code` is its error code, or empty."""
        self._add((operation, code, bucket_of(seconds * 1000)), 1)
        self.seconds[operation] = self.seconds.get(operation, 0.0) + seconds

    def count(self, operation: str, code: str = "", number: int = 1) -> None:
        """Counts an event without a duration."""
        self._add((operation, code, UNTIMED), number)

    def _add(self, key: store.Key, number: int) -> None:
        self._counts[key] = self._counts.get(key, 0) + number
        self.totals[key] = self.totals.get(key, 0) + number

    async def flush(self, db: Database, *, now: int) -> int:
        """Adds the counts to the hour of `now` and returns the number of counters written.

        Raises: StoreError (no count is lost).
        """
        counts, self._counts = self._counts, {}
        if not counts:
            return 0
        try:
            await store.add(db, counts, hour=now // HOUR_MS * HOUR_MS)
        except BaseException:
            for key, number in counts.items():
                self._counts[key] = self._counts.get(key, 0) + number
            raise
        return len(counts)

    async def keep(self, db: Database, clock: Callable[[], int]) -> None:
        """Flushes at the end of each minute until cancelled, and then once more."""
        try:
            while True:
                await asyncio.sleep(max(1.0, (MINUTE_MS - clock() % MINUTE_MS) / 1000))
                # The counts belong to the minute that has just ended.
                await self._try(db, now=clock() - MINUTE_MS // 2)
        finally:
            await self._try(db, now=clock())

    async def _try(self, db: Database, *, now: int) -> None:
        try:
            await self.flush(db, now=now)
        except StoreError as error:
            _log.warning("metrics can't be stored yet: %s", type(error).__name__)
