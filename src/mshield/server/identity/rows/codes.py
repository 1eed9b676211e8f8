"""Activation codes of filed people: only their hash is stored, and a used code is deleted."""

from dataclasses import dataclass
from typing import Final

from mshield.server.acts.actor import By
from mshield.server.database.interface import Database, Row, Tx
from mshield.server.database.queries import Queries
from mshield.server.seals.sealing import read_checked, seal_new
from mshield.server.seals.tables import CODES, FILED_PERSONS

_SQL: Final = Queries("identity", "codes")
_CODE: Final = CODES.joined("c_")
_FILED: Final = FILED_PERSONS.joined("f_")


@dataclass(frozen=True, slots=True)
class CodeRow:
    """Filed person that a code is for, with its maker and end (ms)."""

    person_id: str
    made_by: By
    expires_at: int
    name: str
    role: str
    id_number_hash: bytes
    credit_code: str


async def put(tx: Tx, *, code_hash: bytes, person_id: str, by: By, expires_at: int, now: int) -> None:
    """Stores a code, replacing the person's previous one."""
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
    """Returns the person that a valid code is for. Raises: SealBroken."""
    row = await tx.one(_SQL["find"], code_hash=code_hash, now=now)
    if row is None:
        return None
    _CODE.check(tx.sealer, row)
    _FILED.check(tx.sealer, row)
    return CodeRow(
        person_id=row["f_id"],
        expires_at=row["c_expires_at"],
        made_by=By(row["c_actor"], row["c_actor_id"]),
        name=row["f_name"],
        role=row["f_role"],
        id_number_hash=row["f_id_number_hash"],
        credit_code=row["f_credit_code"],
    )


async def use(tx: Tx, *, code_hash: bytes, now: int) -> bool:
    """Deletes a used code; False if it was used, replaced or expired."""
    return await tx.run(_SQL["use"], code_hash=code_hash, now=now) == 1


async def person(db: Database | Tx, *, person_id: str) -> Row | None:
    """Returns the filed person: id, name, role, credit_code, ended_at. Raises: SealBroken."""
    return await read_checked(db, FILED_PERSONS, person_id)


async def purge(db: Database, *, now: int) -> int:
    """Deletes expired codes and returns their number."""
    return await db.run(_SQL["purge"], now=now)
