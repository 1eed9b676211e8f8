"""Sessions of staff at the console, each stored under the hash of its token."""

from dataclasses import asdict, dataclass, field
from typing import Final

from mshield.server.database.interface import Database, Tx
from mshield.server.database.queries import Queries
from mshield.server.seals.sealing import changing, end_each, keys_of, seal_new
from mshield.server.seals.tables import STAFF, STAFF_SESSIONS
from mshield.server.staff.rules import OwnSessionMessage

_SQL: Final = Queries("staff", "sessions")
_SESSION: Final = STAFF_SESSIONS.joined("s_")
_MEMBER: Final = STAFF.joined("m_")


@dataclass(frozen=True, slots=True, kw_only=True)
class NewSession:
    """Session to insert; address and browser identify it to its member, `expires_at` is ms."""

    id: str
    token_hash: bytes = field(repr=False)
    staff_id: str
    address: str
    browser: str
    expires_at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionRow:
    """Valid session; times in ms. `confirmed_at` is the last repeated second factor, 0 if only given at login."""

    id: str
    staff_id: str
    created_at: int
    used_at: int
    expires_at: int
    confirmed_at: int


async def insert(tx: Tx, session: NewSession, *, now: int) -> None:
    """Inserts a session."""
    await tx.run(_SQL["insert"], **asdict(session), now=now)
    await seal_new(tx, STAFF_SESSIONS, session.id, now=now)


async def find(db: Database, *, token_hash: bytes, idle_since: int, now: int) -> SessionRow | None:
    """Returns the session unless it ended, was last used at or before `idle_since` (ms), or its member is disabled.

    Raises: SealBroken.
    """
    row = await db.one(_SQL["find"], token_hash=token_hash, idle_since=idle_since, now=now)
    if row is None:
        return None
    _SESSION.check(db.sealer, row)
    _MEMBER.check(db.sealer, row)
    return SessionRow(
        id=row["s_id"],
        staff_id=row["m_id"],
        created_at=row["s_created_at"],
        used_at=row["used_at"],
        expires_at=row["s_expires_at"],
        confirmed_at=row["s_confirmed_at"],
    )


async def of_member(
    db: Database, *, staff_id: str, this: str | None, idle_since: int, now: int
) -> list[OwnSessionMessage]:
    """Returns a member's valid sessions, newest first; `this` is the id of the current one."""
    rows = await db.all(_SQL["of_member"], staff_id=staff_id, idle_since=idle_since, now=now)
    return [OwnSessionMessage(is_this=row["id"] == this, **row) for row in rows]


async def ended(db: Database, *, token_hash: bytes) -> tuple[str, int] | None:
    """Returns member and end (ms) of an ended session; None for any other. Raises: SealBroken."""
    row = await db.one(_SQL["ended"], token_hash=token_hash)
    if row is None:
        return None
    _SESSION.check(db.sealer, row)
    return row["s_staff_id"], row["s_ended_at"]


async def touch(db: Database, *, session_id: str, now: int) -> None:
    """Records the use of a session; no-op while read-only."""
    if db.read_only:
        return
    await db.run(_SQL["touch"], id=session_id, now=now)


async def confirm(tx: Tx, *, session_id: str, staff_id: str, now: int) -> bool:
    """Records a second factor in this session of this member; False if it has ended."""
    async with changing(tx, STAFF_SESSIONS, session_id, now=now):
        return await tx.run(_SQL["confirm"], id=session_id, staff_id=staff_id, now=now) == 1


async def end(tx: Tx, *, session_id: str, staff_id: str, now: int) -> bool:
    """Ends a session of this member; False if it had ended before."""
    async with changing(tx, STAFF_SESSIONS, session_id, now=now):
        return await tx.run(_SQL["end"], id=session_id, staff_id=staff_id, now=now) == 1


async def end_of_member(tx: Tx, *, staff_id: str, now: int) -> int:
    """Ends all sessions of a member and returns their number."""
    return await end_others(tx, staff_id=staff_id, current="", now=now)


async def end_others(tx: Tx, *, staff_id: str, current: str, now: int) -> int:
    """Ends all sessions of a member except `current` and returns their number."""
    ids = await keys_of(tx, _SQL["unended"], STAFF_SESSIONS, staff_id=staff_id, but=current)
    return await end_each(
        tx, STAFF_SESSIONS, ids, lambda one: end(tx, session_id=str(one), staff_id=staff_id, now=now), now=now
    )


async def purge(db: Database, *, before: int) -> int:
    """Deletes sessions that expired before `before` (ms) and returns their number."""
    return await db.run(_SQL["purge"], before=before)
