"""Seals the rows of a database that is older than its seals: once, and by an operator alone.

A service that sealed what has no seal would seal what somebody else wrote. So it refuses to start instead, and that
everything was sealed is an act: of two, or of one after the seals, the log tells.
"""

from collections.abc import Callable
from typing import Final

from mshield.domain.actor import SERVICE
from mshield.keys.errors import KeysError
from mshield.keys.keyring import Keyring
from mshield.keys.seals import began_with_all, finish, is_begun, is_finished, load_key, make_key
from mshield.store.certificates.key_marks import mark_earlier
from mshield.store.database.interface import Database, Tx
from mshield.store.seals.earlier import has_rows, seal_page, seal_some
from mshield.store.seals.reading import SEALED, is_logged
from mshield.store.seals.tables import LATER, TABLES
from mshield.store.staff import acts

_ALL: Final = "database"
_LATER: Final = "later"
Progress = Callable[[str, int], None]
"""Called with a table's name and the number of its rows that were sealed by now."""


class SealsLost(KeysError):
    """Everything was sealed before, and that this was so is gone from the database."""

    code = "seals_lost"

    def __init__(self) -> None:
        super().__init__(
            "封条的密钥不在数据库中，而所有记录早已加封：数据库被改动过，或恢复不完整。处理办法见 docs/operations.md",
            "the key of the seals is not in the database, though all rows were sealed before: somebody changed it, or"
            " it was restored in part. See docs/operations.md",
        )


async def seal_earlier(
    db: Database, keyring: Keyring, *, progress: Progress = lambda _table, _rows: None, now: int
) -> int:
    """Seals all rows that have no seal yet and gives their number; may be killed anywhere and run again.

    Raises SealsLost where they had been sealed before.
    """
    if await is_finished(db):
        raise SealsLost
    if await is_begun(db):
        return await _seal_later(db, keyring, progress=progress, now=now)
    # A database that began with seals has no such act. But a service logs changes only on a sealed one.
    sealed = await acts.page(db, subject=None, actor_id=None, act=SEALED, before="~", most=1)
    if sealed or await is_logged(db):
        raise SealsLost
    await make_key(db, keyring, now=now)
    total = 0
    for table in TABLES:
        done, last = 0, None
        while table.was_sealed and (keys := await seal_some(db, table, after=last, now=now)):
            done, last = done + len(keys), keys[-1]
            progress(table.name, done)
        total += done
    while await db.write(mark_earlier):
        pass

    async def work(tx: Tx) -> None:
        await acts.record(tx, by=SERVICE, act=SEALED, subject=_ALL, details={"rows": total}, now=now)
        await finish(tx, keyring, now=now)

    await db.write(work)
    return total


async def _seal_later(db: Database, keyring: Keyring, *, progress: Progress, now: int) -> int:
    """In one transaction: a row that has its seal already shows that this was done before."""
    await load_key(db, keyring)
    if await began_with_all(db, keyring):
        raise SealsLost

    async def work(tx: Tx) -> int:
        done = await acts.page(tx, subject=_LATER, actor_id=None, act=SEALED, before="~", most=1)
        if done or await has_rows(tx, LATER, sealed=True):
            raise SealsLost
        total = 0
        for table in LATER:
            last: str | bytes | None = None
            while keys := await seal_page(tx, table, after=last, now=now):
                total, last = total + len(keys), keys[-1]
                progress(table.name, total)
        while await mark_earlier(tx):
            pass
        details = {"rows": total, "tables": [table.name for table in LATER]}
        await acts.record(tx, by=SERVICE, act=SEALED, subject=_LATER, details=details, now=now)
        await finish(tx, keyring, now=now)
        return total

    return await db.write(work)
