"""Activation codes of filed people: only their hash is stored, and a code that was used is gone."""

from dataclasses import dataclass
from typing import Final

from mshield.domain.actor import By
from mshield.store.database.interface import Database, Row, Tx
from mshield.store.database.queries import Queries
from mshield.store.seals.sealing import read_checked, seal_new
from mshield.store.seals.tables import CODES, FILED_PERSONS

_SQL: Final = Queries("identity", "codes")
_CODE: Final = CODES.joined("c_")
_FILED: Final = FILED_PERSONS.joined("f_")


@dataclass(frozen=True, slots=True)
class CodeRow:
    """The filed person that a code is for, who made it and when (ms)."""

    person_id: str
    made_by: By
    made_at: int
    name: str
    role: str
    id_number_hash: bytes
    credit_code: str


async def put(tx: Tx, *, code_hash: bytes, person_id: str, by: By, expires_at: int, now: int) -> None:
    """Stores a code in place of the one that the person had."""
    await tx.run(
        _SQL["put"],
        code_hash=code_hash,
        person_id=person_id,
        actor=by.kind,
        actor_id=by.id,
        expires_at=expires_at,
        now=now,
    )
    await seal_new(tx, CODES, code_hash, now=now)


async def find(tx: Tx, *, code_hash: bytes, now: int) -> CodeRow | None:
    """The person that the code is for. Raises SealBroken."""
    row = await tx.one(_SQL["find"], code_hash=code_hash, now=now)
    if row is None:
        return None
    _CODE.check(tx.sealer, row)
    _FILED.check(tx.sealer, row)
    return CodeRow(
        person_id=row["f_id"],
        made_at=row["made_at"],
        made_by=By(row["c_actor"], row["c_actor_id"]),
        name=row["f_name"],
        role=row["f_role"],
        id_number_hash=row["f_id_number_hash"],
        credit_code=row["f_credit_code"],
    )


async def use(tx: Tx, *, code_hash: bytes, now: int) -> bool:
    """Spends a code; False where it was spent, replaced or over."""
    return await tx.run(_SQL["use"], code_hash=code_hash, now=now) == 1


async def person(db: Database | Tx, *, person_id: str) -> Row | None:
    """The filed person: id, name, role, credit_code, ended_at. Raises SealBroken."""
    return await read_checked(db, FILED_PERSONS, person_id)


async def purge(db: Database, *, now: int) -> int:
    """Deletes codes that are over, and gives their number."""
    return await db.run(_SQL["purge"], now=now)
