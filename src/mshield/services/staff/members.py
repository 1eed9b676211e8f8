"""Staff of the console: who they are, added and disabled by command, known by an access token shown once.

A token is the member's id, a dot, and 256 random bits; only its hash is stored. Programs show it; people log in
(`session`).
"""

import base64
import hmac
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from mshield.domain import errors
from mshield.domain.actor import SERVICE, By
from mshield.domain.ids import new_id
from mshield.domain.staff import StaffRole, require
from mshield.domain.tokens import token_hash
from mshield.store.database.interface import Conflict, Database, Tx
from mshield.store.staff import acts
from mshield.store.staff import members as store
from mshield.store.staff import sessions as staff_sessions

MAX_NAME: Final = 64
_SECRET_BYTES: Final = 32
_NOBODYS_HASH: Final = bytes(32)


@dataclass(frozen=True, slots=True)
class StaffMember:
    """A member of staff; `session_id` is that of the login by which they call, None for a program with their token.

    `is_set_up` tells whether they have a login at the console.
    """

    id: str
    name: str
    roles: tuple[StaffRole, ...]
    state: str
    created_at: int
    session_id: str | None = None
    is_set_up: bool = False

    @property
    def by(self) -> By:
        """The actor of what they do."""
        return By("staff", self.id)


async def authenticate(db: Database, token: str, *, allowed: Iterable[StaffRole]) -> StaffMember:
    """The active member of this token who holds one of the allowed roles. Raises WrongStaffToken, Forbidden."""
    staff_id, _, _ = token.partition(".")
    row = await store.find(db, staff_id=staff_id)
    expected = _NOBODYS_HASH if row is None else row.token_hash
    if not hmac.compare_digest(token_hash(token), expected) or row is None or row.state != "active":
        raise errors.WrongStaffToken
    member = member_of(row)
    require(member.roles, allowed)
    return member


async def add_staff(
    db: Database, *, name: str, roles: Iterable[StaffRole], now: int
) -> tuple[StaffMember, str]:
    """The new member and their token. Raises InvalidStaff for a name that is empty, too long or taken, or no role."""
    plain, ordered = checked_member(name, roles)
    try:
        return await db.write(lambda tx: insert_member(tx, name=plain, roles=ordered, by=SERVICE, now=now))
    except Conflict as error:
        raise errors.InvalidStaff from error


def checked_member(name: str, roles: Iterable[StaffRole]) -> tuple[str, tuple[StaffRole, ...]]:
    """Name and roles as they are kept. Raises InvalidStaff."""
    plain, chosen = plain_name(name), set(roles)
    ordered = tuple(role for role in StaffRole if role in chosen)
    if not 1 <= len(plain) <= MAX_NAME or not plain.isprintable() or not ordered:
        raise errors.InvalidStaff
    return plain, ordered


async def insert_member(
    tx: Tx, *, name: str, roles: tuple[StaffRole, ...], by: By, now: int
) -> tuple[StaffMember, str]:
    """The new member and their token; name and roles were checked. Raises Conflict for a name that is taken."""
    staff_id = new_id(now)
    secret = base64.urlsafe_b64encode(secrets.token_bytes(_SECRET_BYTES)).rstrip(b"=").decode()
    token = f"{staff_id}.{secret}"
    names = tuple(role.value for role in roles)
    await store.insert(tx, staff_id=staff_id, name=name, roles=names, token_hash=token_hash(token), now=now)
    details = {"name": name, "roles": list(names)}
    await acts.record(tx, by=by, act="staff.add", subject=staff_id, details=details, now=now)
    return StaffMember(staff_id, name, roles, "active", now), token


async def disable_staff(db: Database, *, staff_id: str, now: int) -> None:
    """Ends a member's access at once. Raises NotFound where no active member has this id."""
    await db.write(lambda tx: disable_in(tx, staff_id=staff_id, by=SERVICE, now=now))


async def disable_in(tx: Tx, *, staff_id: str, by: By, now: int) -> None:
    """The same, in a transaction of the caller's. Raises NotFound."""
    if not await store.disable(tx, staff_id=staff_id, now=now):
        raise errors.NotFound
    await staff_sessions.end_of_member(tx, staff_id=staff_id, now=now)
    await acts.record(tx, by=by, act="staff.disable", subject=staff_id, details={}, now=now)


async def list_staff(db: Database) -> list[StaffMember]:
    """Everybody, also who is disabled, oldest first."""
    return [member_of(row) for row in await store.list_all(db)]


def plain_name(name: str) -> str:
    """A name as it is kept: single blanks, none at the ends."""
    return " ".join(name.split())


def member_of(row: store.StaffRow, *, session_id: str | None = None) -> StaffMember:
    """The member of a row."""
    roles = tuple(map(StaffRole, row.roles))
    is_set_up = row.password_hash is not None
    return StaffMember(row.id, row.name, roles, row.state, row.created_at, session_id, is_set_up)
