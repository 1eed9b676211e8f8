"""One-time access of staff: set-up addresses, and ceremonies for the second step of a login or enrolment."""

from dataclasses import dataclass
from typing import Final, Literal

from mshield.server.database.interface import Database, Tx
from mshield.server.database.queries import Queries
from mshield.server.seals.sealing import changing, end_each, keys_of, seal_new
from mshield.server.seals.tables import STAFF, STAFF_CEREMONIES, STAFF_SET_UPS

_SQL: Final = Queries("staff", "access")
_SET_UP: Final = STAFF_SET_UPS.joined("s_")
_MEMBER: Final = STAFF.joined("m_")
_CEREMONY: Final = STAFF_CEREMONIES.joined("c_")

Purpose = Literal["login", "enrol", "confirm", "command"]


@dataclass(frozen=True, slots=True)
class Ceremony:
    """Ceremony awaiting its second step: the member, the new TOTP secret (sealed), the authenticator's challenge."""

    staff_id: str
    secret_box: bytes | None
    challenge: bytes


async def insert_set_up(tx: Tx, *, code_hash: bytes, staff_id: str, expires_at: int, now: int) -> None:
    """Inserts a set-up code for a member's first access."""
    await tx.run(_SQL["insert_set_up"], code_hash=code_hash, staff_id=staff_id, expires_at=expires_at)
    await seal_new(tx, STAFF_SET_UPS, code_hash, now=now)


async def find_set_up(db: Database | Tx, *, code_hash: bytes, now: int) -> str | None:
    """Returns the active member for this code; None if it is unknown, used or expired.

    Raises: SealBroken.
    """
    row = await db.one(_SQL["find_set_up"], code_hash=code_hash, now=now)
    if row is None:
        return None
    _SET_UP.check(db.sealer, row)
    _MEMBER.check(db.sealer, row)
    staff_id: str = row["m_id"]
    return staff_id


async def use_set_up(tx: Tx, *, code_hash: bytes, now: int) -> bool:
    """Marks the code as used; False if it was used before or has expired."""
    async with changing(tx, STAFF_SET_UPS, code_hash, now=now):
        return await tx.run(_SQL["use_set_up"], code_hash=code_hash, now=now) == 1


async def end_all(tx: Tx, *, staff_id: str, now: int) -> None:
    """Ends all set-up codes and ceremonies of this member."""

    async def end_set_up(code_hash: str | bytes) -> int:
        async with changing(tx, STAFF_SET_UPS, code_hash, now=now):
            return await tx.run(_SQL["end_set_up"], code_hash=code_hash, now=now)

    async def end_ceremony(token_hash: str | bytes) -> int:
        async with changing(tx, STAFF_CEREMONIES, token_hash, now=now):
            return await tx.run(_SQL["end_ceremony"], token_hash=token_hash, now=now)

    set_ups = await keys_of(tx, _SQL["unended_set_ups"], STAFF_SET_UPS, staff_id=staff_id)
    await end_each(tx, STAFF_SET_UPS, set_ups, end_set_up, now=now)
    ceremonies = await keys_of(tx, _SQL["unended_ceremonies"], STAFF_CEREMONIES, staff_id=staff_id)
    await end_each(tx, STAFF_CEREMONIES, ceremonies, end_ceremony, now=now)


async def insert_ceremony(
    tx: Tx, ceremony: Ceremony, *, token_hash: bytes, purpose: Purpose, expires_at: int
) -> None:
    """Inserts a ceremony."""
    await tx.run(
        _SQL["insert_ceremony"],
        token_hash=token_hash,
        staff_id=ceremony.staff_id,
        purpose=purpose,
        secret_box=ceremony.secret_box,
        challenge=ceremony.challenge,
        expires_at=expires_at,
    )
    await seal_new(tx, STAFF_CEREMONIES, token_hash)


async def find_ceremony(
    db: Database | Tx, *, token_hash: bytes, purpose: Purpose, now: int
) -> Ceremony | None:
    """Returns the ceremony of this token, unless it is used or expired. Raises: SealBroken."""
    row = await db.one(_SQL["find_ceremony"], token_hash=token_hash, purpose=purpose, now=now)
    if row is None:
        return None
    _CEREMONY.check(db.sealer, row)
    return Ceremony(row["c_staff_id"], row["secret_box"], row["c_challenge"])


async def use_ceremony(tx: Tx, *, token_hash: bytes, now: int) -> bool:
    """Marks the ceremony as used; False if it was used before or has expired."""
    async with changing(tx, STAFF_CEREMONIES, token_hash, now=now):
        return await tx.run(_SQL["use_ceremony"], token_hash=token_hash, now=now) == 1


async def purge(db: Database, *, before: int) -> int:
    """Deletes codes and ceremonies that ended before `before` (ms) and returns their number."""
    ceremonies = await db.run(_SQL["purge_ceremonies"], before=before)
    return ceremonies + await db.run(_SQL["purge_set_ups"], before=before)
