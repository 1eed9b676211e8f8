"""Signatures that confirm a grave act on one's account (`close`, `device`): read, and spent by ending their task."""

from dataclasses import dataclass
from typing import Final

from mshield.store.database.interface import Database, Tx
from mshield.store.database.queries import Queries

_SQL: Final = Queries("signing", "step_up")


@dataclass(frozen=True, slots=True)
class SignedTask:
    """M, r then s (64 bytes), the key's id and its point (65)."""

    message: bytes
    signature: bytes
    uid: bytes
    public_key: bytes


async def has_shield(db: Database | Tx, *, account_id: str, device_id: str, now: int) -> bool:
    """Whether this device has a shield of the account that may sign."""
    row = await db.one(_SQL["has_shield"], account_id=account_id, device_id=device_id, now=now)
    return row is not None


async def signed(
    db: Database | Tx, *, sid: bytes, purpose: str, account_id: str, device_id: str, now: int
) -> SignedTask | None:
    """What the device's shield signed for this purpose, and nobody has used yet."""
    row = await db.one(
        _SQL["signed"], sid=sid, purpose=purpose, account_id=account_id, device_id=device_id, now=now
    )
    return None if row is None else SignedTask(**row)


async def spend(tx: Tx, *, sid: bytes, now: int) -> bool:
    """Whether it was there to be used: once."""
    return await tx.run(_SQL["spend"], sid=sid, now=now) == 1
