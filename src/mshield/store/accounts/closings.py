"""Accounts that their owners close (账号注销), sealed: one closing of an account waits at a time."""

from dataclasses import dataclass
from typing import Final, Literal

from mshield.store.database.interface import Database, Row, Tx
from mshield.store.database.queries import Queries
from mshield.store.seals.sealing import changing, is_newest, seal_new
from mshield.store.seals.tables import ACCOUNTS, CLOSINGS

TABLE: Final = CLOSINGS.name
_SQL: Final = Queries("accounts", "closings")


@dataclass(frozen=True, slots=True)
class ClosingRow:
    """A closing as it stands; ms. `state` is waiting, done or undone."""

    id: str
    account_id: str
    asked_at: int
    due_at: int
    state: str
    seal_version: int


async def insert(tx: Tx, *, closing_id: str, account_id: str, due_at: int, now: int) -> None:
    """Begins one. Raises Conflict where one of the account waits."""
    await tx.run(_SQL["insert"], id=closing_id, account_id=account_id, due_at=due_at, now=now)
    await seal_new(tx, CLOSINGS, closing_id, now=now)


async def waiting(db: Database | Tx, *, account_id: str) -> ClosingRow | None:
    """The account's that waits. Raises SealBroken."""
    return _row(db, await db.one(_SQL["waiting"], account_id=account_id))


async def find(db: Database | Tx, *, closing_id: str) -> ClosingRow | None:
    """The one of this id. Raises SealBroken."""
    return _row(db, await db.one(_SQL["find"], id=closing_id))


async def due(db: Database, *, after: str, now: int, most: int) -> list[str]:
    """Ids of those whose time has come, the oldest first, from behind `after` on."""
    return [row["id"] for row in await db.all(_SQL["due"], after=after, now=now, most=most)]


async def end(tx: Tx, *, closing_id: str, state: Literal["done", "undone"], now: int) -> bool:
    """Whether this ended it. Raises SealBroken."""
    async with changing(tx, CLOSINGS, closing_id, now=now):
        return await tx.run(_SQL["end"], id=closing_id, state=state, now=now) == 1


async def was_set_back(tx: Tx, closing: ClosingRow) -> bool:
    """Whether a later state of it is on record: somebody wrote this one over it."""
    return not await is_newest(tx, CLOSINGS, closing.id, version=closing.seal_version)


async def standing(db: Database | Tx, *, account_id: str) -> list[str]:
    """Serials of the account's certificates that nobody has ended."""
    return [row["serial"] for row in await db.all(_SQL["standing"], account_id=account_id)]


async def shields(db: Database | Tx, *, account_id: str) -> list[str]:
    """Numbers of the shields behind these."""
    return [row["shield_number"] for row in await db.all(_SQL["shields"], account_id=account_id)]


async def release(tx: Tx, *, account_id: str, reason: str, now: int) -> None:
    """Takes phone number and password from an account, and disables it for good; what waits to be told isn't."""
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
