"""Which business systems may ask for what a phone can't show: a row each, which ends and may begin anew."""

from dataclasses import asdict, dataclass
from typing import Final

from mshield.store.database.interface import Database, Row, Tx
from mshield.store.database.queries import Queries
from mshield.store.seals.sealing import changing, seal_new
from mshield.store.seals.tables import UNSHOWN

_SQL: Final = Queries("systems", "unshown")


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowance:
    """Since when (ms) a system may; the members of staff are None where two people did it at the server."""

    client_id: str
    approval_id: str | None = None
    asked_by: str | None = None
    approved_by: str | None = None
    allowed_at: int


async def find(db: Database | Tx, *, client_id: str) -> Allowance | None:
    """The allowance that a system has now. Raises SealBroken, as all that read here."""
    row = await db.one(_SQL["find"], client_id=client_id)
    return None if row is None else _allowance(db, row)


async def list_all(db: Database | Tx) -> dict[str, Allowance]:
    """Those that stand now, by client id."""
    rows = await db.all(_SQL["list_all"])
    standing = (_allowance(db, row) for row in rows)
    return {allowance.client_id: allowance for allowance in standing if allowance is not None}


async def put(tx: Tx, allowance: Allowance) -> bool:
    """Lets a system ask; False where it may already. Raises Conflict where another does it at this moment."""
    client_id, now = allowance.client_id, allowance.allowed_at
    if await tx.one(_SQL["find"], client_id=client_id) is None:
        await tx.run(_SQL["insert"], **asdict(allowance))
        await seal_new(tx, UNSHOWN, client_id, now=now)
        return True
    async with changing(tx, UNSHOWN, client_id, now=now):
        return await tx.run(_SQL["again"], **asdict(allowance)) == 1


async def end(tx: Tx, *, client_id: str, now: int) -> bool:
    """Whether a system may no longer by this."""
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
