"""The login at a PC that is signed beside an unlock, under one PIN (ADR 125).

It is taken here, once the PIN was right: until then whoever scans its code may take it, and the PC sees nothing.
"""

from collections.abc import Iterable

from mshield.store.database.interface import Database
from mshield.store.signing import unlocks
from mshield.store.signing.rows import KeyRow, TaskRow


async def take(db: Database, key: KeyRow, tasks: Iterable[TaskRow], *, now: int) -> None:
    """Lets this key take the login among the documents of its unlock.

    Where another phone was faster, or it is over, its document is answered as closed: nothing else comes of it. A
    repeat after a crash finds it taken.
    """
    for task in tasks:
        if task.request_id is not None:
            await unlocks.take_login(db, key, task.request_id, now=now)
