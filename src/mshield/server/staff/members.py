"""Members of staff: adding and disabling. People log in (`session`), programs present a token (`tokens`)."""

from collections.abc import Iterable
from dataclasses import dataclass

from mshield.server.acts.actor import SERVICE, By
from mshield.server.acts.rows import acts
from mshield.server.database.interface import Conflict, Database, Tx
from mshield.server.errors import NotFound
from mshield.server.seals.changed_rows import ChangedRow
from mshield.server.staff.errors import InvalidStaff
from mshield.server.staff.rows import members as store
from mshield.server.staff.rows import sessions as staff_sessions
from mshield.server.staff.rows import tokens as staff_tokens
from mshield.server.staff.rules import StaffRole, StaffScope
from mshield.server.values.lines import plain_name
from mshield.wire.ids import new_id


@dataclass(frozen=True, slots=True)
class StaffMember:
    """A member of staff; `session_id` is the session of the call, None for a program with the member's token.

    `is_set_up` says whether the member has a console login. For a session, `factor_at` is the time of the
    last second factor, and `confirmed_at` that of a second factor repeated after the login (0: none). For a
    token, `scopes` are the token's, and `roles` those of the member's roles that the token has.
    """

    id: str
    name: str
    roles: tuple[StaffRole, ...]
    state: str
    created_at: int
    session_id: str | None = None
    is_set_up: bool = False
    factor_at: int | None = None
    confirmed_at: int = 0
    scopes: tuple[StaffScope, ...] = ()

    @property
    def by(self) -> By:
        """The member as the actor of acts."""
        return By("staff", self.id)


async def add_staff(db: Database, *, name: str, roles: Iterable[StaffRole], now: int) -> StaffMember:
    """Adds a member. Raises: InvalidStaff (name empty, too long or taken, or no role)."""
    plain, ordered = checked_member(name, roles)
    try:
        return await db.write(lambda tx: insert_member(tx, name=plain, roles=ordered, by=SERVICE, now=now))
    except Conflict as error:
        raise InvalidStaff from error


def checked_member(name: str, roles: Iterable[StaffRole]) -> tuple[str, tuple[StaffRole, ...]]:
    """Returns name and roles in their stored form. Raises: InvalidStaff."""
    plain, chosen = plain_name(name, refusal=InvalidStaff()), set(roles)
    ordered = tuple(role for role in StaffRole if role in chosen)
    if not ordered:
        raise InvalidStaff
    return plain, ordered


async def insert_member(tx: Tx, *, name: str, roles: tuple[StaffRole, ...], by: By, now: int) -> StaffMember:
    """Inserts a member whose name and roles were checked. Raises: Conflict (name is taken)."""
    staff_id = new_id(now)
    names = tuple(role.value for role in roles)
    await store.insert(tx, staff_id=staff_id, name=name, roles=names, now=now)
    details = {"name": name, "roles": list(names)}
    await acts.record(tx, by=by, act="staff.add", subject=staff_id, details=details, now=now)
    return StaffMember(staff_id, name, roles, "active", now)


async def disable_staff(db: Database, *, staff_id: str, now: int) -> None:
    """Ends a member's access at once. Raises: NotFound (no active member has this id)."""
    await db.write(lambda tx: disable_in(tx, staff_id=staff_id, by=SERVICE, now=now))


async def disable_in(tx: Tx, *, staff_id: str, by: By, now: int) -> None:
    """Like `disable_staff`, in the caller's transaction. Raises: NotFound."""
    if not await store.disable(tx, staff_id=staff_id, now=now):
        raise NotFound
    await staff_sessions.end_of_member(tx, staff_id=staff_id, now=now)
    await staff_tokens.end_of_member(tx, staff_id=staff_id, now=now)
    await acts.record(tx, by=by, act="staff.disable", subject=staff_id, details={}, now=now)


async def list_staff(db: Database) -> list[StaffMember]:
    """Returns all members, including disabled ones, oldest first; changed rows only raise an alarm."""
    return (await list_staff_and_changed(db))[0]


async def list_staff_and_changed(db: Database) -> tuple[list[StaffMember], list[ChangedRow]]:
    """Returns all members, including disabled ones, oldest first, and separately the changed rows."""
    rows, changed = await store.list_intact(db)
    return list(map(member_of, rows)), changed


def member_of(row: store.StaffRow, *, session: staff_sessions.SessionRow | None = None) -> StaffMember:
    """Builds the member of a row, calling by this session if given."""
    roles = tuple(map(StaffRole, row.roles))
    is_set_up = row.password_hash is not None
    if session is None:
        return StaffMember(row.id, row.name, roles, row.state, row.created_at, is_set_up=is_set_up)
    return StaffMember(
        row.id,
        row.name,
        roles,
        row.state,
        row.created_at,
        session_id=session.id,
        is_set_up=is_set_up,
        factor_at=max(session.created_at, session.confirmed_at),
        confirmed_at=session.confirmed_at,
    )
