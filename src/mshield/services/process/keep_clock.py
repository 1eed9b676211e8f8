"""Keeps the watch of a process's clock: looks each second, says in the database what it doubts, takes confirmations.

Other processes and the next start go on from what is kept there: the same start of a machine can't have another offset
between its clocks, and no machine's time lies before what the service has seen.
"""

import asyncio
import contextlib
import logging
import os
import socket
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from mshield.domain.actor import SERVICE
from mshield.domain.ids import first_id
from mshield.domain.times import DAY_MS, MINUTE_MS, SECOND_MS, TOLERANCE_MS, Doubt
from mshield.gateways.clocks import steady_clock
from mshield.services.process.clock_watch import ClockWatch
from mshield.services.process.security_events import CLOCK_DOUBTED, CLOCK_SURE
from mshield.services.process.security_log import SecurityLog
from mshield.store.database.interface import Database, StoreError, Tx
from mshield.store.process import clock as store
from mshield.store.process.clock import DoubtRow, Mark
from mshield.store.staff import acts

__all__ = ["KEPT_MS", "DoubtRow", "KeepClock", "confirm_clock", "look_once", "read_doubts"]

PERIOD_SECONDS: Final = 1.0
KEPT_MS: Final = 30 * DAY_MS
_MARK_MS: Final = MINUTE_MS
_SAY_MS: Final = 10 * SECOND_MS
_SHOWN_MS: Final = MINUTE_MS
_CONFIRMED_MS: Final = 2 * MINUTE_MS
_log = logging.getLogger(__name__)


async def read_doubts(db: Database, *, now: int) -> list[DoubtRow]:
    """Processes that doubt their clock now; one that is gone says so no more within a minute."""
    return await store.doubts(db, since=now - _SHOWN_MS, until=now + _SHOWN_MS)


async def look_once(db: Database, watch: ClockWatch) -> None:
    """Has a watch begin from what the database knows. Raises StoreError."""
    boot = steady_clock.boot()
    mark = None if boot is None else await store.mark_of(db, boot=boot)
    watch.begin(
        offset=None if mark is None else mark.wall - mark.steady,
        latest=await store.latest(db),
        confirmed_ahead=0 if mark is None else mark.database_ahead,
    )
    begun = watch.steady
    looked = await store.read(db, since=first_id(watch.wall))
    watch.look(looked.database_time, took=watch.steady - begun)


async def confirm_clock(db: Database, watch: ClockWatch) -> Doubt | None:
    """Records that this machine's clock is right now; what it was doubted for, None where it wasn't.

    Each process whose clock shows the same takes that within a second or two. Raises StoreError.
    """
    await look_once(db, watch)
    was, time, boot = watch.doubt, watch.wall, steady_clock.boot()
    ahead = watch.database_ahead if abs(watch.database_ahead) > TOLERANCE_MS else 0
    mark = Mark(time, watch.steady, ahead)

    async def work(tx: Tx) -> None:
        await store.forget_later(tx, after=time)
        if boot is not None:
            await store.mark(tx, boot=boot, mark=mark)
        details = {"time": time, "database_ahead": ahead}
        await acts.record(tx, by=SERVICE, act="clock.confirm", subject="clock", details=details, now=time)

    await db.write(work)
    return was


@dataclass(slots=True)
class KeepClock:
    """One per process. `security` is told when a doubt begins and when it ends."""

    db: Database
    watch: ClockWatch
    security: SecurityLog = field(default_factory=SecurityLog)
    boot: Callable[[], str | None] = steady_clock.boot
    process: str = field(default_factory=lambda: f"{socket.gethostname()}/{os.getpid()}")
    _before: Doubt | None = None
    _confirmed: str = ""
    _looked: int = 0
    _marked: int | None = None
    _said: int | None = None

    async def begin(self) -> None:
        """The first look, before anything is done. Raises StoreError."""
        await look_once(self.db, self.watch)
        self._confirmed = first_id(self.watch.wall)
        self._looked = self.watch.steady
        await self._tell()

    async def look(self) -> None:
        """One look. Raises StoreError."""
        begun = self.watch.steady
        looked = await store.read(self.db, since=first_id(self.watch.wall - _CONFIRMED_MS))
        took = self.watch.steady - begun
        self.watch.look(looked.database_time, took=took)
        if looked.confirmed is not None and looked.confirmed > self._confirmed:
            await self._take(looked.confirmed)
        self._looked = self.watch.steady
        await self._tell()

    async def _take(self, act_id: str) -> None:
        said = await store.confirmation(self.db, act_id=act_id)
        ago = self.watch.steady - self._looked
        if self.watch.confirm(said["time"], ago=ago, database_ahead=said["database_ahead"]):
            self._marked = None
            _log.warning("the clock was confirmed")
        self._confirmed = act_id

    async def _tell(self) -> None:
        """Says what is doubted; keeps how the clocks stand while nothing is."""
        doubt, steady, before = self.watch.doubt, self.watch.steady, self._before
        self._before = doubt
        if doubt is not None:
            if before is None:
                _log.critical("%s; nothing is purged, expires or is issued until it is right again", doubt.en)
                self.security.write(
                    CLOCK_DOUBTED, now=self.watch(), reason=doubt.reason, seconds=doubt.ahead // SECOND_MS
                )
            if self._said is None or steady - self._said >= _SAY_MS:
                await store.doubt(self.db, process=self.process, doubt=doubt, now=self.watch.database_time)
                self._said = steady
            return
        if before is not None:
            _log.warning("the clock is believed again")
            self.security.write(CLOCK_SURE, now=self.watch())
        if self._said is not None:
            await store.end_doubt(self.db, process=self.process)
            self._said = None
        if self._marked is None or steady - self._marked >= _MARK_MS:
            await self._mark(steady)

    async def _mark(self, steady: int) -> None:
        boot = self.boot()
        if boot is not None:
            mark = Mark(self.watch(), self.watch.steady, self.watch.confirmed_ahead)
            await store.mark(self.db, boot=boot, mark=mark)
        self._marked = steady

    async def end(self) -> None:
        """Takes back what this process says, which ends. A database that fails is left alone."""
        if self._said is not None:
            with contextlib.suppress(StoreError):
                await store.end_doubt(self.db, process=self.process)

    async def keep(self) -> None:
        """Looks until it is cancelled. A failure of the database leaves the look at the machine's own clocks."""
        while True:
            await asyncio.sleep(PERIOD_SECONDS)
            try:
                await self.look()
            except StoreError as error:
                self.watch.look()
                _log.debug("the clock was not compared: %s", type(error).__name__)
