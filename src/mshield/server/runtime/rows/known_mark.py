"""Proof that the database is not an older copy: the last mark that this process made in it, with a random token.

An older copy, as after a failover to a lagging replica, lacks the row. It is checked before a new connection
is used for anything else, and within transactions in which an older copy would lead to a wrong decision.
"""

import contextlib
import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, NamedTuple

from mshield.server.database.interface import Database, StoreError, Tx, Unavailable
from mshield.server.database.queries import Queries

_SQL: Final = Queries("runtime", "known_mark")
_log = logging.getLogger(__name__)


class RestoreUndeclared(Unavailable):
    """The database is older than data that the service has already used in answers."""

    code = "restore_undeclared"
    zh = "数据库比服务最后的状态旧，像是从备份恢复的：请先阅读 mshield restore declare --help 并执行声明"
    en = (
        "the database is older than the data that the service last worked on, as after a restore from a backup: "
        "read `mshield restore declare --help`, then declare the restore"
    )

    def __init__(self) -> None:
        super().__init__(self.en)


class Mark(NamedTuple):
    """Mark of the database: number, random token, and time (ms)."""

    number: int
    token: bytes
    at: int


def _no_op() -> None:
    """No-op default of `on_loss`."""


@dataclass(slots=True)
class KnownMark:
    """Last mark of this process; None before the first. `on_loss` is called if the database lacks it."""

    mark: Mark | None = None
    on_loss: Callable[[], None] = _no_op

    async def require(self, tx: Tx) -> None:
        """Raises RestoreUndeclared unless the database has the mark and no loss was noticed."""
        if not await is_current(tx, self.mark):
            self.on_loss()
            raise RestoreUndeclared

    async def require_first(self, tx: Tx) -> None:
        """Checks a new connection once there is a mark.

        Outside of any transaction, so that the record of a loss isn't rolled back.
        """
        if self.mark is None:
            return
        try:
            await self.require(tx)
        except RestoreUndeclared:
            with contextlib.suppress(StoreError):  # A standby accepts no writes.
                await tx.run(_SQL["note_loss"], since=self.since)
            raise

    async def note_loss(self, db: Database) -> None:
        """Records the loss in the older copy, so that no process continues with it. Only logs errors."""
        try:
            await db.run(_SQL["note_loss"], since=self.since)
        except StoreError as error:
            _log.error("the loss could not be recorded in the database: %s", error)

    @property
    def since(self) -> int:
        """Latest time (ms) up to which this process knows that nothing was lost."""
        return 0 if self.mark is None else self.mark.at


async def is_current(tx: Tx | Database, mark: Mark | None) -> bool:
    """Reports whether the database has this mark (if any) and no loss was noticed."""
    if mark is None:
        return await tx.one(_SQL["is_whole"]) is not None
    values = {"number": mark.number, "token": mark.token, "at": mark.at}
    return await tx.one(_SQL["has_mark"], **values) is not None
