"""Detects a database restored from an older copy, and prevents the service from running on it undeclared.

An older copy has forgotten spent PIN attempts and one-time values (protocol, "What the server must
guarantee"). While the service runs, each process writes marks into the database within a second of each
change: an increasing number with a random token. It remembers its latest mark, also in a file on its host. A
database without that mark is an older copy, whatever has been written to it since. It may run once the
restore was declared. If an older copy replaces the database while the service runs, as in a failover to a
lagging replica, this process and all others end.
"""

import asyncio
import contextlib
import logging
import secrets
from collections.abc import Callable
from contextlib import aclosing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from mshield.server.acts.actor import SERVICE, By
from mshield.server.acts.rows import acts
from mshield.server.certificates.rows import changes as certificate_changes
from mshield.server.certificates.rules.states import CertificateEvent
from mshield.server.database.interface import Database, StoreError, Tx
from mshield.server.log.findings import Finding
from mshield.server.log.verify_seals import check_seals
from mshield.server.restore.external.high_water_file import TOKEN_BYTES, BadHighWaterFile, HighWaterFile
from mshield.server.restore.rows import high_water
from mshield.server.runtime.ending import end_process
from mshield.server.runtime.rows.known_mark import KnownMark, Mark, RestoreUndeclared, is_current
from mshield.server.runtime.security_log.events import DATABASE_SET_BACK
from mshield.server.runtime.security_log.log import SecurityLog

PERIOD_SECONDS: Final = 1.0
RESTRAINED_FAILURES: Final = 3
_SKIPPED: Final = 1000
_IDLE_PERIODS: Final = 10
_LAST_SECONDS: Final = 2.0
"""Time limit for the last mark, within the time that a process has for its shutdown."""

_log = logging.getLogger(__name__)


class RestoreTampered(StoreError):
    """The copy has rows that this service didn't leave so; a declaration would let it go on with them."""

    code = "restore_tampered"

    def __init__(self, finding: Finding) -> None:
        row = " ".join(filter(None, (finding.table, finding.row)))
        self.zh = (
            f"数据库中的记录被改动过，未作声明：{row}。请先运行 mshield seals check，逐条恢复或核对后加封"
        )
        self.en = (
            f"rows of the database were changed outside of the service, so nothing was declared: {row};"
            " run `mshield seals check` first, and restore or accept each row"
        )
        super().__init__(self.en)


@dataclass(frozen=True, slots=True)
class Declared:
    """Result of a declaration: number of keys limited to two PIN attempts, the new mark, number of holds lifted."""

    keys: int
    mark: int
    lifted: int = 0


async def require_newest(db: Database, folder: Path) -> HighWaterFile:
    """Returns this database's mark file in `folder`. Raises: RestoreUndeclared, BadHighWaterFile."""
    file, _ = await _file_of(db, folder)
    if not await is_current(db, file.read()):
        raise RestoreUndeclared
    return file


async def lacks_mark(db: Database, folder: Path) -> bool:
    """Reports whether `folder` has no mark of a database that was in use. Raises: BadHighWaterFile.

    Then this host can't tell whether the database was restored from an older copy.
    """
    file, mark = await _file_of(db, folder)
    return mark > 0 and file.read() is None


async def _file_of(db: Database, folder: Path) -> tuple[HighWaterFile, int]:
    name, mark = await high_water.known_as(db, name=secrets.token_hex(16))
    return HighWaterFile(folder / name), mark


async def require_sealed(db: Database) -> None:
    """Raises RestoreTampered while a seal is broken, or a sealed row was set back or removed."""
    async with aclosing(check_seals(db)) as findings:
        async for finding in findings:
            raise RestoreTampered(finding)


async def declare_restore(db: Database, folder: Path, *, now: int) -> Declared:
    """Declares that the service continues with this database, with the restrictions required by the protocol.

    Each key is set to at least three wrong PINs and accepts any one-time value until its next success.
    Numbers of epochs and CRLs that may have been used are never reused: CRL numbers continue from the second
    of the declaration, since a CA makes at most one CRL per second. The copy's own CRLs are no longer
    published.

    Holds for suspected copies since the loss are lifted: the database has forgotten the values that honest
    phones hold. Real copies among them can't be told apart, but are detected again by the usual rule. The
    time of the loss is the latest one noted by a process that noticed it, or that of this host's last mark if
    the database lacks it. Raises: RestoreTampered, BadHighWaterFile.
    """
    await require_sealed(db)
    file, before = await _file_of(db, folder)
    remembered = file.read()
    mirrored = 0 if remembered is None else remembered.number

    async def work(tx: Tx) -> tuple[Declared, Mark]:
        since = await high_water.find_loss(tx)
        if remembered is not None and remembered.at and not await is_current(tx, remembered):
            since = max(since or 0, remembered.at)
        mark = await high_water.raise_above(tx, known=mirrored, token=_token(), now=now)
        # Skip more epochs the more marks were made since, so that restoring the same copy again skips
        # further.
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

    result, mark = await db.write(work)
    file.raise_to(mark)
    return result


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
    """Keeper of a running process's mark. Calls `stop` to end the process if its database is an older copy."""

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
        """Raises the mark if anything was committed since the last call: first in the database, then in the file.

        Raises: RestoreUndeclared (the database lacks the previous mark; nothing is written).
        """
        if self.db.commits == self._seen:
            return
        if self.known.mark is None:
            self.known.mark = await asyncio.to_thread(self.file.read)
        seen = (
            self.db.commits + 1
        )  # counts the mark's own commit; commits by others meanwhile need another mark
        # Write the mark to the database before remembering it here. So every remembered mark was in the
        # database, and a newer database is never mistaken for an older one.
        self.known.mark = mark = await high_water.raise_mark(
            self.db, self.known, token=_token(), now=self.clock()
        )
        self._seen = seen
        await asyncio.to_thread(self.file.raise_to, mark)

    async def keep(self) -> None:
        """Makes marks until cancelled. Stops the process if the database is an older copy.

        From then on no answer may be based on it. Other failures are logged; the mark is then made later.
        """
        idle = 0
        while not await self._is_lost_within(PERIOD_SECONDS):
            idle = 0 if self.db.commits != self._seen else idle + 1
            if idle >= _IDLE_PERIODS:
                idle, self._seen = 0, -1  # also mark when idle, so that a later loss isn't dated too early
            try:
                await self.mark()
            except RestoreUndeclared:
                break
            except (StoreError, BadHighWaterFile) as error:
                _log.error("the high-water mark could not be raised: %s", error)
        await self._report_loss()
        self.stop()

    async def end(self) -> None:
        """Makes the last mark of an ending process; logs one line if that fails."""
        if self._told:
            return
        try:
            async with asyncio.timeout(_LAST_SECONDS):
                await self.mark()
        except RestoreUndeclared:
            await self._report_loss()
        except (StoreError, BadHighWaterFile, TimeoutError) as error:
            _log.error("the last high-water mark could not be made: %s", str(error) or type(error).__name__)

    async def _report_loss(self) -> None:
        self._told = True
        self.security.write(DATABASE_SET_BACK, now=self.clock(), code=RestoreUndeclared.code)
        _log.critical("%s; this process ends", RestoreUndeclared.en)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(PERIOD_SECONDS):
                await self.known.note_loss(self.db)

    async def _is_lost_within(self, seconds: float) -> bool:
        """Waits up to `seconds` for a task to notice the loss."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._lost.wait()
        return self._lost.is_set()
