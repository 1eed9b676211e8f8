"""What a process knows its database to contain: the last mark that it made there, with a random token.

An older copy of the database, as after a failover to a replica that was behind, lacks the row. It is asked for before a
new connection is used for anything else, and in the transaction of what an older copy would decide wrongly.
"""

import contextlib
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final, NamedTuple

from mshield.store.database.interface import Database, Row, StoreError, Tx, Unavailable
from mshield.store.database.queries import Queries, Query

_SQL: Final = Queries("operations", "known_mark")
_log = logging.getLogger(__name__)


class RestoreUndeclared(Unavailable):
    """The database is older than what the service has already answered from."""

    code = "restore_undeclared"
    zh = "数据库比服务最后的状态旧，像是从备份恢复的：请先阅读 mshield restore declare --help 并执行声明"
    en = (
        "the database is older than what the service last worked on, as after a restore from a backup:"
        " read `mshield restore declare --help`, then declare it"
    )

    def __init__(self) -> None:
        super().__init__(self.en)


class Mark(NamedTuple):
    """A mark of the database: number, random token (none in an earlier release's file), when it was made (ms)."""

    number: int
    token: bytes
    at: int


def _nobody() -> None:
    """Nobody is told."""


@dataclass(slots=True)
class KnownMark:
    """This process's last mark; None before the first. `on_loss` is told of a database that lacks it."""

    mark: Mark | None = None
    on_loss: Callable[[], None] = _nobody

    async def require(self, tx: Tx) -> None:
        """Raises RestoreUndeclared unless the database has the mark and nobody noticed a loss."""
        if not await stands(tx, self.mark):
            self.on_loss()
            raise RestoreUndeclared

    async def require_first(self, tx: Tx) -> None:
        """`require` on a new connection, once there is a mark: outside of any transaction, so what is noted stays."""
        if self.mark is None:
            return
        try:
            await self.require(tx)
        except RestoreUndeclared:
            with contextlib.suppress(StoreError):  # a standby takes no writing
                await tx.run(_SQL["note_loss"], since=self.since)
            raise

    async def note_loss(self, db: Database) -> None:
        """Writes into the older copy that it is one, so that no process goes on with it. Errors are logged only."""
        try:
            await db.run(_SQL["note_loss"], since=self.since)
        except StoreError as error:
            _log.error("the loss could not be noted in the database: %s", error)

    @property
    def since(self) -> int:
        """The last time (ms) of which this process knows that nothing from before it was lost unnoticed."""
        return 0 if self.mark is None else self.mark.at


async def stands(tx: Tx | Database, mark: Mark | None) -> bool:
    """Whether the database has this mark, and nobody noticed a loss; without a mark, the latter alone."""
    if mark is None:
        row = await _ask(tx, _SQL["is_whole"])
    elif mark.token:
        row = await _ask(tx, _SQL["stands"], number=mark.number, token=mark.token, at=mark.at)
    else:
        row = await _ask(tx, _SQL["reached"], number=mark.number)
    return row is not None


def _ask(tx: Tx | Database, query: Query, **values: object) -> Awaitable[Row | None]:
    return tx.one(query, **values)
