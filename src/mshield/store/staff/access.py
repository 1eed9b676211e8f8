"""What gives members of staff access once: set-up addresses, and the second half of a login or of an enrolment."""

from dataclasses import dataclass
from typing import Final, Literal

from mshield.store.database.interface import Database, Tx
from mshield.store.database.queries import Queries

_SQL: Final = Queries("staff", "access")

Purpose = Literal["login", "enrol", "confirm"]


@dataclass(frozen=True, slots=True)
class Ceremony:
    """What waits for its second half: whose it is, the new TOTP secret (sealed), what an authenticator signs."""

    staff_id: str
    secret_box: bytes | None
    challenge: bytes


async def insert_set_up(tx: Tx, *, code_hash: bytes, staff_id: str, expires_at: int) -> None:
    """A new way to a member's first access."""
    await tx.run(_SQL["insert_set_up"], code_hash=code_hash, staff_id=staff_id, expires_at=expires_at)


async def find_set_up(db: Database | Tx, *, code_hash: bytes, now: int) -> str | None:
    """The active member whom this code lets in, or None where it is unknown, used or over."""
    row = await db.one(_SQL["find_set_up"], code_hash=code_hash, now=now)
    return None if row is None else row["staff_id"]


async def use_set_up(tx: Tx, *, code_hash: bytes, now: int) -> bool:
    """Spends the code; False where it was spent before or is over."""
    return await tx.run(_SQL["use_set_up"], code_hash=code_hash, now=now) == 1


async def end_all(tx: Tx, *, staff_id: str, now: int) -> None:
    """Ends all that would still let this member in."""
    await tx.run(_SQL["end_set_ups"], staff_id=staff_id, now=now)
    await tx.run(_SQL["end_ceremonies"], staff_id=staff_id, now=now)


async def insert_ceremony(
    db: Database | Tx, ceremony: Ceremony, *, token_hash: bytes, purpose: Purpose, expires_at: int
) -> None:
    """Begins one."""
    await db.run(
        _SQL["insert_ceremony"],
        token_hash=token_hash,
        staff_id=ceremony.staff_id,
        purpose=purpose,
        secret_box=ceremony.secret_box,
        challenge=ceremony.challenge,
        expires_at=expires_at,
    )


async def find_ceremony(
    db: Database | Tx, *, token_hash: bytes, purpose: Purpose, now: int
) -> Ceremony | None:
    """The one of this token, unless it is used or over."""
    row = await db.one(_SQL["find_ceremony"], token_hash=token_hash, purpose=purpose, now=now)
    return None if row is None else Ceremony(**row)


async def use_ceremony(tx: Tx, *, token_hash: bytes, now: int) -> bool:
    """Spends it; False where it was spent before or is over."""
    return await tx.run(_SQL["use_ceremony"], token_hash=token_hash, now=now) == 1


async def purge(db: Database, *, before: int) -> int:
    """Deletes what was over before this time (ms), and gives the number."""
    ceremonies = await db.run(_SQL["purge_ceremonies"], before=before)
    return ceremonies + await db.run(_SQL["purge_set_ups"], before=before)
