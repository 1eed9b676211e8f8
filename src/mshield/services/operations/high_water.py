"""Notices a database that was restored from an older copy, and keeps the service from running on it undeclared.

An older copy forgets spent PIN attempts and one-time values (protocol, "What the server must guarantee"). While the
service works, each process makes marks in the database, a growing number with a random token, within a second of each
change, and remembers its last one, also in a file of its host. A database that lacks it is an older copy, whatever
others have written there since. It may run once the restore was declared. One that is put in place of the newer one
while the service runs, as at a failover to a replica that was behind, ends the process, and all others.
"""

import asyncio
import contextlib
import logging
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from mshield.domain.actor import SERVICE, By
from mshield.domain.certificates.states import CertificateEvent
from mshield.gateways.high_water_file import TOKEN_BYTES, BadHighWaterFile, HighWaterFile
from mshield.services.process.ending import end_process
from mshield.services.process.security_events import DATABASE_SET_BACK
from mshield.services.process.security_log import SecurityLog
from mshield.store.certificates import changes as certificate_changes
from mshield.store.database.interface import Database, StoreError, Tx
from mshield.store.operations import high_water
from mshield.store.operations.known_mark import KnownMark, Mark, RestoreUndeclared, stands
from mshield.store.staff import acts

PERIOD_SECONDS: Final = 1.0
RESTRAINED_FAILURES: Final = 3
_SKIPPED: Final = 1000
_IDLE_PERIODS: Final = 10
_LAST_SECONDS: Final = 2.0
"""The time for the last mark, of the time that a process has to end."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Declared:
    """What a declaration did: keys that have two tries left at most, the new mark, holds that were lifted."""

    keys: int
    mark: int
    lifted: int = 0


async def require_newest(db: Database, folder: Path) -> HighWaterFile:
    """This database's file in `folder`. Raises RestoreUndeclared, BadHighWaterFile."""
    file, _ = await _file_of(db, folder)
    if not await stands(db, file.read()):
        raise RestoreUndeclared
    return file


async def _file_of(db: Database, folder: Path) -> tuple[HighWaterFile, int]:
    name, mark = await high_water.known_as(db, name=secrets.token_hex(16))
    return HighWaterFile(folder / name), mark


async def declare_restore(db: Database, folder: Path, *, now: int) -> Declared:
    """Declares that the service goes on from this database, under the restraints that the protocol asks for.

    Each key has at least three wrong PINs counted and accepts any one-time value until its next success; numbers of
    epochs and of revocation lists that may have been used are never used again: lists go on from the second of the
    declaration, since nobody makes more than one each second. The copy's own lists are published no more.

    Who has been held as a copy since the loss is held no more: the copy has forgotten the values that honest phones
    have. Nobody knows which of them were copies in earnest; those are found again by the rule for all keys. The time of
    the loss is the last that a process knew of which noticed it, or this host's last mark, if that is missing.
    Raises BadHighWaterFile.
    """
    file, before = await _file_of(db, folder)
    known = file.read()
    mirrored = 0 if known is None else known.number

    async def work(tx: Tx) -> tuple[Declared, Mark]:
        since = await high_water.find_loss(tx)
        if known is not None and known.at and not await stands(tx, known):
            since = max(since or 0, known.at)
        mark = await high_water.raise_above(tx, known=mirrored, token=_token(), now=now)
        # The mark grows with what is done, also after a restore: the same copy restored once more skips further.
        epochs = _SKIPPED + mark.number - before
        keys = await high_water.restrain_keys(tx, failures=RESTRAINED_FAILURES, epochs=epochs)
        await high_water.skip_crl_numbers(tx, numbers=_SKIPPED, at_least=now // 1000)
        lifted = 0 if since is None else await _lift_holds(tx, since=since, now=now)
        details = {"keys": keys, "known": mirrored, "mark": mark.number}
        if lifted:
            details |= {"lifted": lifted, "since": since or 0}
        await acts.record(
            tx, by=By("service"), act="restore.declare", subject="database", details=details, now=now
        )
        return Declared(keys, mark.number, lifted), mark

    declared, mark = await db.write(work)
    file.raise_to(mark)
    return declared


async def _lift_holds(tx: Tx, *, since: int, now: int) -> int:
    serials = await high_water.held_as_copies(tx, since=since)
    for serial in serials:
        await certificate_changes.change(
            tx,
            serial=serial,
            event=CertificateEvent.LIFT_CLONE,
            by=SERVICE,
            reason="restore_declared",
            now=now,
        )
    return len(serials)


def _token() -> bytes:
    return secrets.token_bytes(TOKEN_BYTES)


@dataclass(slots=True)
class HighWater:
    """Keeps the mark of a running process. `stop` ends the process where its database turns out to be an older copy."""

    db: Database
    file: HighWaterFile
    clock: Callable[[], int]
    security: SecurityLog = field(default_factory=SecurityLog)
    stop: Callable[[], None] = end_process
    known: KnownMark = field(default_factory=KnownMark)
    _seen: int = -1
    _told: bool = False
    _lost: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self.known.on_loss = self._lost.set

    async def mark(self) -> None:
        """Raises the mark if anything was committed since the last time: first in the database, then in the file.

        Raises RestoreUndeclared, with nothing raised, where the database lacks the mark before.
        """
        if self.db.commits == self._seen:
            return
        if self.known.mark is None:
            self.known.mark = await asyncio.to_thread(self.file.read)
        seen = self.db.commits + 1  # with the mark itself; what others commit meanwhile wants another one
        # In the database before it is known here: what is known was there, so a newer one is never taken for older.
        self.known.mark = mark = await high_water.raise_mark(
            self.db, self.known, token=_token(), now=self.clock()
        )
        self._seen = seen
        await asyncio.to_thread(self.file.raise_to, mark)

    async def keep(self) -> None:
        """Marks until it is cancelled, or the database is an older copy: then nothing more may be answered from it.

        Another failure is logged: what follows it is only marked later.
        """
        idle = 0
        while not await self._is_lost_within(PERIOD_SECONDS):
            idle = 0 if self.db.commits != self._seen else idle + 1
            if idle >= _IDLE_PERIODS:
                idle, self._seen = 0, -1  # a mark of long ago would tell of a long loss only
            try:
                await self.mark()
            except RestoreUndeclared:
                break
            except (StoreError, BadHighWaterFile) as error:
                _log.error("the high-water mark could not be raised: %s", error)
        await self._tell_loss()
        self.stop()

    async def end(self) -> None:
        """Writes the last mark of a process that ends; where it can't, the log has one sentence about it."""
        if self._told:
            return
        try:
            async with asyncio.timeout(_LAST_SECONDS):
                await self.mark()
        except RestoreUndeclared:
            await self._tell_loss()
        except (StoreError, BadHighWaterFile, TimeoutError) as error:
            _log.error("the last high-water mark could not be made: %s", str(error) or type(error).__name__)

    async def _tell_loss(self) -> None:
        self._told = True
        self.security.write(DATABASE_SET_BACK, now=self.clock(), code=RestoreUndeclared.code)
        _log.critical("%s; this process ends", RestoreUndeclared.en)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(PERIOD_SECONDS):
                await self.known.note_loss(self.db)

    async def _is_lost_within(self, seconds: float) -> bool:
        """Waits so long for somebody who notices the loss."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._lost.wait()
        return self._lost.is_set()
