"""Runs a process's clock watch: compares the clocks each second, records a doubt in the database, reads confirmations.

Other processes and the next start continue from the stored marks: within one boot of a machine the offset
between its clocks can't change, and no machine's time may be before a time that the service has already seen.
"""

import asyncio
import contextlib
import logging
import os
import socket
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from mshield.server.acts.actor import SERVICE
from mshield.server.acts.rows import acts
from mshield.server.database.interface import Database, StoreError, Tx
from mshield.server.runtime.clocks import steady_clock
from mshield.server.runtime.clocks.watch import ClockWatch
from mshield.server.runtime.rows import clock as store
from mshield.server.runtime.rows.clock import DoubtRow, Mark
from mshield.server.runtime.security_log.events import CLOCK_DOUBTED, CLOCK_SURE
from mshield.server.runtime.security_log.log import SecurityLog
from mshield.wire.ids import first_id
from mshield.wire.times import DAY_MS, MINUTE_MS, SECOND_MS, TOLERANCE_MS, Doubt

__all__ = ["RETENTION_MS", "DoubtRow", "KeepClock", "confirm_clock", "look_once", "read_doubts"]

PERIOD_SECONDS: Final = 1.0
RETENTION_MS: Final = 30 * DAY_MS
_MARK_MS: Final = MINUTE_MS
_REPORT_MS: Final = 10 * SECOND_MS
_SHOWN_MS: Final = MINUTE_MS
_CONFIRMED_MS: Final = 2 * MINUTE_MS
_log = logging.getLogger(__name__)


async def read_doubts(db: Database, *, now: int) -> list[DoubtRow]:
    """Returns the processes that doubt their clock now. A process that died is dropped within a minute."""
    return await store.doubts(db, since=now - _SHOWN_MS, until=now + _SHOWN_MS)


async def look_once(db: Database, watch: ClockWatch) -> None:
    """Initialises a watch from the database and compares the clocks once. Raises: StoreError."""
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
    """Records that this machine's clock is right now. Returns the previous doubt, or None.

    Each process whose clock shows the same time accepts the confirmation within a second or two. Raises:
    StoreError.
    """
    await look_once(db, watch)
    doubt, time, boot = watch.doubt, watch.wall, steady_clock.boot()
    ahead = watch.database_ahead if abs(watch.database_ahead) > TOLERANCE_MS else 0
    mark = Mark(time, watch.steady, ahead)

    async def work(tx: Tx) -> None:
        await store.forget_later(tx, after=time)
        if boot is not None:
            await store.mark(tx, boot=boot, mark=mark)
        details = {"time": time, "database_ahead": ahead}
        await acts.record(tx, by=SERVICE, act="clock.confirm", subject="clock", details=details, now=time)

    await db.write(work)
    return doubt


@dataclass(slots=True)
class KeepClock:
    """Keeper of this process's clock watch, one per process. Logs to `security` when a doubt begins and ends."""

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
        """Compares the clocks for the first time, before the process does anything else. Raises: StoreError."""
        await look_once(self.db, self.watch)
        self._confirmed = first_id(self.watch.wall)
        self._looked = self.watch.steady
        await self._record()

    async def look(self) -> None:
        """Compares the clocks once. Raises: StoreError."""
        begun = self.watch.steady
        looked = await store.read(self.db, since=first_id(self.watch.wall - _CONFIRMED_MS))
        took = self.watch.steady - begun
        self.watch.look(looked.database_time, took=took)
        if looked.confirmed is not None and looked.confirmed > self._confirmed:
            await self._take(looked.confirmed)
        self._looked = self.watch.steady
        await self._record()

    async def _take(self, act_id: str) -> None:
        confirmation = await store.confirmation(self.db, act_id=act_id)
        ago = self.watch.steady - self._looked
        if self.watch.confirm(confirmation["time"], ago=ago, database_ahead=confirmation["database_ahead"]):
            self._marked = None
            _log.warning("the clock was confirmed")
        self._confirmed = act_id

    async def _record(self) -> None:
        """Records a doubt; without one, stores the offset between the clocks."""
        doubt, steady, before = self.watch.doubt, self.watch.steady, self._before
        self._before = doubt
        if doubt is not None:
            if before is None:
                _log.critical("%s; nothing is purged, expired or issued until it is right again", doubt.en)
                self.security.write(
                    CLOCK_DOUBTED, now=self.watch(), reason=doubt.reason, seconds=doubt.ahead // SECOND_MS
                )
            if self._said is None or steady - self._said >= _REPORT_MS:
                await store.doubt(self.db, process=self.process, doubt=doubt, now=self.watch.database_time)
                self._said = steady
            return
        if before is not None:
            _log.warning("the clock is trusted again")
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
        """Removes this process's doubt when it ends. Errors of the database are ignored."""
        if self._said is not None:
            with contextlib.suppress(StoreError):
                await store.end_doubt(self.db, process=self.process)

    async def keep(self) -> None:
        """Compares the clocks each second until cancelled.

        If the database fails, compares the machine's own clocks only.
        """
        while True:
            await asyncio.sleep(PERIOD_SECONDS)
            try:
                await self.look()
            except StoreError as error:
                self.watch.look()
                _log.debug("the clocks could not be compared: %s", type(error).__name__)
