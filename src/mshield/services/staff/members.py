"""Staff of the console: added and disabled. People log in (`session`), programs show a token (`tokens`)."""

from collections.abc import Iterable
from dataclasses import dataclass

from mshield.domain import errors
from mshield.domain.actor import SERVICE, By
from mshield.domain.ids import new_id
from mshield.domain.lines import plain_name
from mshield.domain.staff import StaffRole, StaffScope
from mshield.store.database.interface import Conflict, Database, Tx
from mshield.store.staff import acts
from mshield.store.staff import members as store
from mshield.store.staff import sessions as staff_sessions
from mshield.store.staff import tokens as staff_tokens


@dataclass(frozen=True, slots=True)
class StaffMember:
    """A member of staff; `session_id` is that of the login by which they call, None for a program with their token.

    `is_set_up` tells whether they have a login at the console. Of a session: `factor_at` is when a second factor was
    last shown, `confirmed_at` when it was shown again after the login (0: not). Of a token: its `scopes`, and the
    `roles` are those that it has of the member's.
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
        """The actor of what they do."""
        return By("staff", self.id)


async def add_staff(db: Database, *, name: str, roles: Iterable[StaffRole], now: int) -> StaffMember:
    """The new member. Raises InvalidStaff for a name that is empty, too long or taken, or no role."""
    plain, ordered = checked_member(name, roles)
    try:
        return await db.write(lambda tx: insert_member(tx, name=plain, roles=ordered, by=SERVICE, now=now))
    except Conflict as error:
        raise errors.InvalidStaff from error


def checked_member(name: str, roles: Iterable[StaffRole]) -> tuple[str, tuple[StaffRole, ...]]:
    """Name and roles as they are kept. Raises InvalidStaff."""
    plain, chosen = plain_name(name, refusal=errors.InvalidStaff()), set(roles)
    ordered = tuple(role for role in StaffRole if role in chosen)
    if not ordered:
        raise errors.InvalidStaff
    return plain, ordered


async def insert_member(tx: Tx, *, name: str, roles: tuple[StaffRole, ...], by: By, now: int) -> StaffMember:
    """The new member; name and roles were checked. Raises Conflict for a name that is taken."""
    staff_id = new_id(now)
    names = tuple(role.value for role in roles)
    await store.insert(tx, staff_id=staff_id, name=name, roles=names, now=now)
    details = {"name": name, "roles": list(names)}
    await acts.record(tx, by=by, act="staff.add", subject=staff_id, details=details, now=now)
    return StaffMember(staff_id, name, roles, "active", now)


async def disable_staff(db: Database, *, staff_id: str, now: int) -> None:
    """Ends a member's access at once. Raises NotFound where no active member has this id."""
    await db.write(lambda tx: disable_in(tx, staff_id=staff_id, by=SERVICE, now=now))


async def disable_in(tx: Tx, *, staff_id: str, by: By, now: int) -> None:
    """The same, in a transaction of the caller's. Raises NotFound."""
    if not await store.disable(tx, staff_id=staff_id, now=now):
        raise errors.NotFound
    await staff_sessions.end_of_member(tx, staff_id=staff_id, now=now)
    await staff_tokens.end_of_member(tx, staff_id=staff_id, now=now)
    await acts.record(tx, by=by, act="staff.disable", subject=staff_id, details={}, now=now)


async def list_staff(db: Database) -> list[StaffMember]:
    """Everybody, also who is disabled, oldest first."""
    return [member_of(row) for row in await store.list_all(db)]


def member_of(row: store.StaffRow, *, session: staff_sessions.SessionRow | None = None) -> StaffMember:
    """The member of a row, calling by this session if one is given."""
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
