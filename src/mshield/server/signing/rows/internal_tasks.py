"""The protocol's own tasks of a key: refresh and confirm."""

from typing import Final

from mshield.server.database.interface import Database, Tx
from mshield.server.database.queries import Queries
from mshield.server.seals.sealing import seal_new
from mshield.server.seals.tables import TASKS

_SQL: Final = Queries("signing", "internal_tasks")


async def put(
    db: Database,
    *,
    uid: bytes,
    sid: bytes,
    purpose: str,
    message: bytes,
    title: str,
    expires_at: int,
    until: int,
    now: int,
) -> bytes:
    """Returns the sid of the key's waiting task of this purpose.

    Reuses one that is valid beyond `until`, otherwise inserts this new one.
    """

    async def work(tx: Tx) -> bytes:
        row = await tx.one(_SQL["find"], uid=uid, purpose=purpose, until=until)
        if row is not None:
            waiting_sid: bytes = row["sid"]
            return waiting_sid
        await insert(
            tx,
            uid=uid,
            sid=sid,
            purpose=purpose,
            message=message,
            title=title,
            expires_at=expires_at,
            now=now,
        )
        return sid

    return await db.write(work)


async def insert(  # one value per column
    tx: Tx,
    *,
    uid: bytes,
    sid: bytes,
    purpose: str,
    message: bytes,
    title: str,
    expires_at: int,
    now: int,
) -> None:
    """Inserts a new task of this key, sealed."""
    await tx.run(
        _SQL["insert"],
        sid=sid,
        uid=uid,
        purpose=purpose,
        message=message,
        title=title,
        now=now,
        expires_at=expires_at,
    )
    await seal_new(tx, TASKS, sid)


async def has_second_key(db: Database, *, uid: bytes, now: int) -> bool:
    """Reports whether a renewal of this key has a new key under the same PIN that isn't in force yet."""
    return await db.one(_SQL["second_key"], uid=uid, now=now) is not None
