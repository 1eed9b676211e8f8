"""Second factors of staff: secrets of one-time passwords, sealed, and keys of authenticators."""

from dataclasses import asdict, dataclass, fields
from typing import Final

from mshield.server.database.interface import Database, Tx
from mshield.server.database.queries import Queries
from mshield.server.seals.sealing import seal_new
from mshield.server.seals.tables import STAFF_FACTORS
from mshield.server.staff.rules import Kind

_SQL: Final = Queries("staff", "factors")


@dataclass(frozen=True, slots=True, kw_only=True)
class NewFactor:
    """Factor to add: `kind` totp with `secret_box` and `used_step`, or webauthn with the other three."""

    id: str
    kind: Kind
    label: str
    secret_box: bytes | None = None
    used_step: int = 0
    credential_id: bytes | None = None
    public_key: bytes | None = None
    sign_count: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class FactorRow(NewFactor):
    """Factor of a member; times in ms."""

    created_at: int
    used_at: int | None


_FIELDS: Final = tuple(field.name for field in fields(FactorRow))


async def insert(tx: Tx, factor: NewFactor, *, staff_id: str, now: int) -> None:
    """Inserts a factor. Raises: Conflict (the authenticator's key exists already)."""
    await tx.run(_SQL["insert"], **asdict(factor), staff_id=staff_id, now=now)
    await seal_new(tx, STAFF_FACTORS, factor.id, now=now)


async def of_member(db: Database | Tx, *, staff_id: str) -> list[FactorRow]:
    """Returns all factors of a member, oldest first. Raises: SealBroken."""
    rows = await db.all(_SQL["of_member"], staff_id=staff_id)
    for row in rows:
        STAFF_FACTORS.check(db.sealer, row)
    return [FactorRow(**{name: row[name] for name in _FIELDS}) for row in rows]


async def use_step(tx: Tx, *, factor_id: str, step: int, now: int) -> bool:
    """Accepts a time step; False if it or a later one was accepted before."""
    return await tx.run(_SQL["use_step"], id=factor_id, step=step, now=now) == 1


async def use_count(tx: Tx, *, factor_id: str, sign_count: int, now: int) -> bool:
    """Stores a key's counter; False if it didn't increase, so the key may have been copied."""
    return await tx.run(_SQL["use_count"], id=factor_id, sign_count=sign_count, now=now) == 1


async def remove(tx: Tx, *, factor_id: str, staff_id: str) -> bool:
    """Removes one of the member's factors; False if it is the last one."""
    await tx.run(_SQL["lock_member"], staff_id=staff_id)
    return await tx.run(_SQL["remove"], id=factor_id, staff_id=staff_id) == 1


async def remove_all(tx: Tx, *, staff_id: str) -> None:
    """Removes all factors of a member."""
    await tx.run(_SQL["remove_all"], staff_id=staff_id)
