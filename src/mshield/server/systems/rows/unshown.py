"""Permissions of business systems to request content that phones can't display: one renewable row per system."""

from dataclasses import asdict, dataclass
from typing import Final

from mshield.server.database.interface import Database, Row, Tx
from mshield.server.database.queries import Queries
from mshield.server.seals.changed_rows import ChangedRow, split_changed
from mshield.server.seals.sealing import changing, seal_new
from mshield.server.seals.tables import UNSHOWN

_SQL: Final = Queries("systems", "unshown")


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowance:
    """Permission since `allowed_at` (ms); the members of staff are None if two people granted it at the server."""

    client_id: str
    approval_id: str | None = None
    asked_by: str | None = None
    approved_by: str | None = None
    allowed_at: int


async def find(db: Database | Tx, *, client_id: str) -> Allowance | None:
    """Returns a system's current permission. Raises: SealBroken."""
    row = await db.one(_SQL["find"], client_id=client_id)
    return None if row is None else _allowance(db, row)


async def list_intact(db: Database) -> tuple[dict[str, Allowance], list[ChangedRow]]:
    """Returns all current permissions by client id, and separately the changed rows."""
    rows, changed = split_changed(db.sealer, await db.all(_SQL["list_all"]), UNSHOWN)
    current = (_allowance(db, row) for row in rows)
    return {allowance.client_id: allowance for allowance in current if allowance is not None}, changed


async def put(tx: Tx, allowance: Allowance) -> bool:
    """Grants the permission; False if the system has it. Raises: Conflict (granted at the same moment), SealBroken."""
    client_id, now = allowance.client_id, allowance.allowed_at
    if await tx.one(_SQL["find"], client_id=client_id) is None:
        await tx.run(_SQL["insert"], **asdict(allowance))
        await seal_new(tx, UNSHOWN, client_id, now=now)
        return True
    async with changing(tx, UNSHOWN, client_id, now=now):
        return await tx.run(_SQL["again"], **asdict(allowance)) == 1


async def end(tx: Tx, *, client_id: str, now: int) -> bool:
    """Ends the permission; False if there is none. Raises: SealBroken."""
    async with changing(tx, UNSHOWN, client_id, now=now):
        return await tx.run(_SQL["end"], client_id=client_id, now=now) == 1


def _allowance(db: Database | Tx, row: Row) -> Allowance | None:
    UNSHOWN.check(db.sealer, row)
    if row["ended_at"] is not None:
        return None
    return Allowance(
        client_id=row["client_id"],
        approval_id=row["approval_id"],
        asked_by=row["asked_by"],
        approved_by=row["approved_by"],
        allowed_at=row["allowed_at"],
    )
