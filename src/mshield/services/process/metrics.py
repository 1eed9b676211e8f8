"""Counts what this process does, in memory, and adds it to the database's figures once a minute.

Counting is one addition in a dictionary; a process that is killed loses its last minute.
"""

import asyncio
import logging
from collections.abc import Callable
from typing import Protocol

from mshield.domain.figures import UNTIMED, bucket_of
from mshield.domain.times import HOUR_MS, MINUTE_MS
from mshield.store.database.interface import Database, StoreError
from mshield.store.process import metrics as store

_log = logging.getLogger(__name__)


class Count(Protocol):
    """How a service tells that something happened."""

    def __call__(self, operation: str, code: str = "", number: int = 1) -> None:
        """`number` times."""


def uncounted(operation: str, code: str = "", number: int = 1) -> None:
    """Counts nothing."""


class Metrics:
    """One per process."""

    def __init__(self) -> None:
        self._counts: dict[store.Key, int] = {}
        self.totals: dict[store.Key, int] = {}
        """All that was counted, since the process began."""
        self.seconds: dict[str, float] = {}
        """What an operation's timed calls took together, since then."""

    def note(self, operation: str, code: str, seconds: float) -> None:
        """Counts a call that took so long; `code` is its error's, or empty."""
        self._add((operation, code, bucket_of(seconds * 1000)), 1)
        self.seconds[operation] = self.seconds.get(operation, 0.0) + seconds

    def count(self, operation: str, code: str = "", number: int = 1) -> None:
        """Counts what has no time of its own."""
        self._add((operation, code, UNTIMED), number)

    def _add(self, key: store.Key, number: int) -> None:
        self._counts[key] = self._counts.get(key, 0) + number
        self.totals[key] = self.totals.get(key, 0) + number

    async def flush(self, db: Database, *, now: int) -> int:
        """Adds what was counted to the hour of `now`; gives the number of counts. Raises StoreError, losing nothing."""
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
        """Flushes at the end of each minute until it is cancelled, and then once more."""
        try:
            while True:
                await asyncio.sleep(max(1.0, (MINUTE_MS - clock() % MINUTE_MS) / 1000))
                # What was counted belongs to the minute that has just ended.
                await self._try(db, now=clock() - MINUTE_MS // 2)
        finally:
            await self._try(db, now=clock())

    async def _try(self, db: Database, *, now: int) -> None:
        try:
            await self.flush(db, now=now)
        except StoreError as error:
            _log.warning("figures wait for the database: %s", type(error).__name__)
