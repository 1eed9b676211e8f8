"""Sessions of members of staff at the console, each stored under the hash of its token."""

from dataclasses import asdict, dataclass, field
from typing import Final

from mshield.store.database.interface import Database, Tx
from mshield.store.database.queries import Queries
from mshield.store.seals.sealing import changing, keys_of, seal_new
from mshield.store.seals.tables import STAFF, STAFF_SESSIONS

_SQL: Final = Queries("staff", "sessions")
_SESSION: Final = STAFF_SESSIONS.joined("s_")
_MEMBER: Final = STAFF.joined("m_")


@dataclass(frozen=True, slots=True, kw_only=True)
class NewSession:
    """A session to open; address and browser are what its member will know it by, `expires_at` is ms."""

    id: str
    token_hash: bytes = field(repr=False)
    staff_id: str
    address: str
    browser: str
    expires_at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionRow:
    """A valid session; times in ms. `confirmed_at` is when a second factor was shown again, 0 if only at the login."""

    id: str
    staff_id: str
    created_at: int
    used_at: int
    expires_at: int
    confirmed_at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownSession:
    """A session as its member sees it; times in ms."""

    id: str
    address: str
    browser: str
    created_at: int
    used_at: int
    expires_at: int


async def insert(tx: Tx, session: NewSession, *, now: int) -> None:
    """Opens a session."""
    await tx.run(_SQL["insert"], **asdict(session), now=now)
    await seal_new(tx, STAFF_SESSIONS, session.id, now=now)


async def find(db: Database, *, token_hash: bytes, idle_since: int, now: int) -> SessionRow | None:
    """The session, unless it ended, was last used at or before `idle_since` (ms), or its member is disabled.

    Raises SealBroken.
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


async def of_member(db: Database, *, staff_id: str, idle_since: int, now: int) -> list[ShownSession]:
    """The sessions of a member that still count, the newest first."""
    rows = await db.all(_SQL["of_member"], staff_id=staff_id, idle_since=idle_since, now=now)
    return [ShownSession(**row) for row in rows]


async def ended(db: Database, *, token_hash: bytes) -> tuple[str, int] | None:
    """The member whose session was ended, and when (ms) it was; None for any other. Raises SealBroken."""
    row = await db.one(_SQL["ended"], token_hash=token_hash)
    if row is None:
        return None
    _SESSION.check(db.sealer, row)
    return row["s_staff_id"], row["s_ended_at"]


async def touch(db: Database, *, session_id: str, now: int) -> None:
    """Notes that the session is in use."""
    if db.read_only:
        return
    await db.run(_SQL["touch"], id=session_id, now=now)


async def confirm(tx: Tx, *, session_id: str, staff_id: str, now: int) -> bool:
    """Notes that a second factor was shown in this session of this member; False where it has ended."""
    async with changing(tx, STAFF_SESSIONS, session_id, now=now):
        return await tx.run(_SQL["confirm"], id=session_id, staff_id=staff_id, now=now) == 1


async def end(tx: Tx, *, session_id: str, staff_id: str, now: int) -> bool:
    """Whether a session of this member was ended by this."""
    async with changing(tx, STAFF_SESSIONS, session_id, now=now):
        return await tx.run(_SQL["end"], id=session_id, staff_id=staff_id, now=now) == 1


async def end_of_member(tx: Tx, *, staff_id: str, now: int) -> int:
    """Logs a member out everywhere, and gives the number of sessions that this ended."""
    return await end_others(tx, staff_id=staff_id, current="", now=now)


async def end_others(tx: Tx, *, staff_id: str, current: str, now: int) -> int:
    """Logs a member out everywhere but in one session, and gives the number of sessions that this ended."""
    ids = await keys_of(tx, _SQL["unended"], STAFF_SESSIONS, staff_id=staff_id, but=current)
    return sum([await end(tx, session_id=str(one), staff_id=staff_id, now=now) for one in ids])


async def purge(db: Database, *, before: int) -> int:
    """Deletes sessions whose time was over before `before` (ms), and gives their number."""
    return await db.run(_SQL["purge"], before=before)
