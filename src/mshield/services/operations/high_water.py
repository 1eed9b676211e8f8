"""Notices a database that was restored from an older copy, and keeps the service from running on it undeclared.

An older copy forgets spent PIN attempts and one-time values (protocol, "What the server must guarantee"). While the
service works, a mark in the database grows and is mirrored in a file outside of it, within a second of each change; a
database whose mark is below the file's is an older copy. It may run once the restore was declared. One that is put in
place of the newer one while the service runs, as at a failover to a replica that was behind, ends the process.
"""

import asyncio
import logging
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from mshield.domain.actor import By
from mshield.gateways.high_water_file import BadHighWaterFile, HighWaterFile
from mshield.services.process.ending import end_process
from mshield.services.process.security_events import DATABASE_SET_BACK
from mshield.services.process.security_log import SecurityLog
from mshield.store.database.interface import Database, StoreError, Tx
from mshield.store.operations import high_water
from mshield.store.staff import acts

PERIOD_SECONDS: Final = 1.0
RESTRAINED_FAILURES: Final = 3
_SKIPPED: Final = 1000
_log = logging.getLogger(__name__)


class RestoreUndeclared(Exception):
    """The database is older than what the service has already answered from."""

    code = "restore_undeclared"
    zh = "数据库比服务最后的状态旧，像是从备份恢复的：请先阅读 mshield restore declare --help 并执行声明"
    en = (
        "the database is older than what the service last worked on, as after a restore from a backup:"
        " read `mshield restore declare --help`, then declare it"
    )


@dataclass(frozen=True, slots=True)
class Declared:
    """What a declaration did: keys that have two tries left at most, and the new mark."""

    keys: int
    mark: int


async def require_newest(db: Database, folder: Path) -> HighWaterFile:
    """This database's file in `folder`. Raises RestoreUndeclared, BadHighWaterFile."""
    file, mark = await _file_of(db, folder)
    if mark < (file.read() or 0):
        raise RestoreUndeclared
    return file


async def _file_of(db: Database, folder: Path) -> tuple[HighWaterFile, int]:
    name, mark = await high_water.known_as(db, name=secrets.token_hex(16))
    return HighWaterFile(folder / name), mark


async def declare_restore(db: Database, folder: Path, *, now: int) -> Declared:
    """Declares that the service goes on from this database, under the restraints that the protocol asks for.

    Each key has at least three wrong PINs counted and accepts any one-time value until its next success; numbers of
    epochs and of revocation lists that may have been used are never used again: lists go on from the second of the
    declaration, since nobody makes more than one each second. The copy's own lists are published no more. Raises
    BadHighWaterFile.
    """
    file, before = await _file_of(db, folder)
    mirrored = file.read() or 0

    async def work(tx: Tx) -> Declared:
        mark = await high_water.raise_above(tx, known=mirrored, now=now)
        # The mark grows with what is done, also after a restore: the same copy restored once more skips further.
        epochs = _SKIPPED + mark - before
        keys = await high_water.restrain_keys(tx, failures=RESTRAINED_FAILURES, epochs=epochs)
        await high_water.skip_crl_numbers(tx, numbers=_SKIPPED, at_least=now // 1000)
        details = {"keys": keys, "known": mirrored, "mark": mark}
        await acts.record(
            tx, by=By("service"), act="restore.declare", subject="database", details=details, now=now
        )
        return Declared(keys, mark)

    declared = await db.write(work)
    file.raise_to(declared.mark)
    return declared


@dataclass(slots=True)
class HighWater:
    """Keeps the mark of a running process. `stop` ends the process where its database turns out to be an older copy."""

    db: Database
    file: HighWaterFile
    clock: Callable[[], int]
    security: SecurityLog = field(default_factory=SecurityLog)
    stop: Callable[[], None] = end_process
    _seen: int = -1

    async def mark(self) -> None:
        """Raises the mark if anything was committed since the last time: first here, then in the file.

        Raises RestoreUndeclared, with nothing raised, where the database has fallen behind the file.
        """
        if self.db.commits == self._seen:
            return
        # Read first: whatever stands in the file was in the database before, so a newer one is never taken for older.
        mirrored = await asyncio.to_thread(self.file.read) or 0
        mark = await high_water.raise_mark(self.db, known=mirrored, now=self.clock())
        if mark is None:
            raise RestoreUndeclared
        self._seen = self.db.commits
        await asyncio.to_thread(self.file.raise_to, mark)

    async def keep(self) -> None:
        """Marks until it is cancelled, or the database is an older copy: then nothing more may be answered from it.

        Another failure is logged: what follows it is only marked later.
        """
        while True:
            await asyncio.sleep(PERIOD_SECONDS)
            try:
                await self.mark()
            except RestoreUndeclared as error:
                self.security.write(DATABASE_SET_BACK, now=self.clock(), code=error.code)
                _log.critical("%s; this process ends", RestoreUndeclared.en)
                self.stop()
                return
            except (StoreError, BadHighWaterFile) as error:
                _log.error("the high-water mark could not be raised: %s", error)
