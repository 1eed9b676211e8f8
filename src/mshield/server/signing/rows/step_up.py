"""Signatures that confirm a critical act on one's own account (`close`, `device`): each is usable once."""

from dataclasses import dataclass
from typing import Final

from mshield.server.database.interface import Database, Tx
from mshield.server.database.queries import Queries

_SQL: Final = Queries("signing", "step_up")


@dataclass(frozen=True, slots=True)
class SignedTask:
    """M, the signature as r then s (64 bytes), the key's id and its point (65 bytes)."""

    message: bytes
    signature: bytes
    uid: bytes
    public_key: bytes


async def has_shield(db: Database | Tx, *, account_id: str, device_id: str, now: int) -> bool:
    """Reports whether this device has a shield of the account that may sign."""
    row = await db.one(_SQL["has_shield"], account_id=account_id, device_id=device_id, now=now)
    return row is not None


async def signed(
    db: Database | Tx, *, sid: bytes, purpose: str, account_id: str, device_id: str, now: int
) -> SignedTask | None:
    """Returns an unused signature by the device's shield for this purpose, if any."""
    row = await db.one(
        _SQL["signed"], sid=sid, purpose=purpose, account_id=account_id, device_id=device_id, now=now
    )
    return None if row is None else SignedTask(**row)


async def spend(tx: Tx, *, sid: bytes, now: int) -> bool:
    """Marks the signature as used; False if it was used before."""
    return await tx.run(_SQL["spend"], sid=sid, now=now) == 1
