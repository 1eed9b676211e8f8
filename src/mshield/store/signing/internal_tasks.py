"""The protocol's own tasks of a key: refresh and confirm."""

from typing import Final

from mshield.store.database.interface import Database, Tx
from mshield.store.database.queries import Queries
from mshield.store.seals.sealing import seal_new
from mshield.store.seals.tables import TASKS

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
    """The sid of the key's waiting task of this purpose: the one that lives beyond `until`, or this new one."""

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


async def insert(  # one value for each column
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
    """A new task of this key, sealed."""
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
    """Whether a renewal of this key has made its new one, under the same PIN, which isn't in force yet."""
    return await db.one(_SQL["second_key"], uid=uid, now=now) is not None
