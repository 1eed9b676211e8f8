"""Closings of accounts by their owners (账号注销), sealed; at most one per account is waiting."""

from dataclasses import dataclass
from typing import Final, Literal

from mshield.server.database.interface import Database, Row, Tx
from mshield.server.database.queries import Queries
from mshield.server.seals.sealing import changing, is_newest, seal_new
from mshield.server.seals.tables import ACCOUNTS, CLOSINGS

TABLE: Final = CLOSINGS.name
_SQL: Final = Queries("retention", "closings")


@dataclass(frozen=True, slots=True)
class ClosingRow:
    """Closing of an account; times in ms. `state` is waiting, done or undone."""

    id: str
    account_id: str
    asked_at: int
    due_at: int
    state: str
    seal_version: int


async def insert(tx: Tx, *, closing_id: str, account_id: str, due_at: int, now: int) -> None:
    """Inserts a closing. Raises: Conflict (the account has one waiting)."""
    await tx.run(_SQL["insert"], id=closing_id, account_id=account_id, due_at=due_at, now=now)
    await seal_new(tx, CLOSINGS, closing_id, now=now)


async def waiting(db: Database | Tx, *, account_id: str) -> ClosingRow | None:
    """Returns the account's waiting closing. Raises: SealBroken."""
    return _row(db, await db.one(_SQL["waiting"], account_id=account_id))


async def find(db: Database | Tx, *, closing_id: str) -> ClosingRow | None:
    """Returns the closing with this id. Raises: SealBroken."""
    return _row(db, await db.one(_SQL["find"], id=closing_id))


async def due(db: Database, *, after: str, now: int, most: int) -> list[str]:
    """Returns the ids after `after` of waiting closings that are due, oldest first."""
    return [row["id"] for row in await db.all(_SQL["due"], after=after, now=now, most=most)]


async def end(tx: Tx, *, closing_id: str, state: Literal["done", "undone"], now: int) -> bool:
    """Ends a waiting closing; False if it had ended before. Raises: SealBroken."""
    async with changing(tx, CLOSINGS, closing_id, now=now):
        return await tx.run(_SQL["end"], id=closing_id, state=state, now=now) == 1


async def was_rolled_back(tx: Tx, closing: ClosingRow) -> bool:
    """Reports whether a later version is on record, which means that somebody restored an older row with its seal."""
    return not await is_newest(tx, CLOSINGS, closing.id, version=closing.seal_version)


async def standing(db: Database | Tx, *, account_id: str) -> list[str]:
    """Returns the serials of the account's certificates that are neither revoked nor superseded."""
    return [row["serial"] for row in await db.all(_SQL["standing"], account_id=account_id)]


async def shields(db: Database | Tx, *, account_id: str) -> list[str]:
    """Returns the shield numbers of these certificates."""
    return [row["shield_number"] for row in await db.all(_SQL["shields"], account_id=account_id)]


async def release(tx: Tx, *, account_id: str, reason: str, now: int) -> None:
    """Removes phone number and password from an account, disables it permanently and drops its unsent notices."""
    await tx.run(_SQL["drop_notices"], account_id=account_id)
    async with changing(tx, ACCOUNTS, account_id, now=now):
        await tx.run(_SQL["release"], id=account_id, unnamed=f"erased-{account_id}", reason=reason, now=now)


def _row(db: Database | Tx, row: Row | None) -> ClosingRow | None:
    if row is None:
        return None
    CLOSINGS.check(db.sealer, row)
    return ClosingRow(
        row["id"], row["account_id"], row["asked_at"], row["due_at"], row["state"], row["seal_version"]
    )
