"""Tokens of staff for programs: named, with an end, with some of their member's roles.

A token is its id, a dot, and 256 random bits; only a hash is stored. It shows no second factor, so it does no grave
act but those that one of its scopes names.
"""

import hmac
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, TypeVar

from mshield.domain import errors
from mshield.domain.actor import By
from mshield.domain.ids import new_id
from mshield.domain.lines import plain_name
from mshield.domain.staff import (
    MAX_TOKEN_DAYS,
    MAX_TOKEN_OVERLAP_HOURS,
    MAX_TOKENS,
    StaffRole,
    StaffScope,
    require,
)
from mshield.domain.times import DAY_MS, HOUR_MS, MINUTE_MS
from mshield.domain.tokens import new_client_secret, token_hash
from mshield.services.staff.members import StaffMember
from mshield.store.database.interface import Database, Tx
from mshield.store.staff import acts
from mshield.store.staff import members as staff
from mshield.store.staff import tokens as store
from mshield.store.staff.tokens import ListedToken, TokenRow

__all__ = ["ListedToken", "MadeToken", "Wanted", "authenticate", "list_tokens"]

K = TypeVar("K", bound=StrEnum)

LISTED: Final = 500
SOON_MS: Final = 14 * DAY_MS
_NOBODYS_HASH: Final = bytes(32)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What a new token shall be: `days` is its life."""

    name: str
    roles: tuple[StaffRole, ...]
    scopes: tuple[StaffScope, ...] = ()
    days: int


@dataclass(frozen=True, slots=True, kw_only=True)
class MadeToken:
    """A new token, told once; `expires_at` in ms."""

    id: str
    token: str = field(repr=False)
    name: str
    roles: tuple[str, ...]
    scopes: tuple[str, ...]
    expires_at: int


async def authenticate(db: Database, token: str, *, allowed: Iterable[StaffRole], now: int) -> StaffMember:
    """The active member of a token that counts, with those of its roles that the member still holds.

    Raises WrongStaffToken; Forbidden where none of them is an allowed one.
    """
    token_id, _, _ = token.partition(".")
    row = await store.find(db, token_id=token_id)
    expected = _NOBODYS_HASH if row is None else row.token_hash
    if not hmac.compare_digest(token_hash(token), expected) or row is None or not row.counts(now=now):
        raise errors.WrongStaffToken
    member = await staff.find(db, staff_id=row.staff_id)
    if member is None or member.state != "active":
        raise errors.WrongStaffToken
    due = row.used_at is None or now - row.used_at >= MINUTE_MS
    if due and not db.held:
        await store.touch(db, token_id=row.id, now=now)
    roles = tuple(role for role in map(StaffRole, member.roles) if role.value in row.roles)
    require(roles, allowed)
    scopes = tuple(map(StaffScope, row.scopes))
    return StaffMember(member.id, member.name, roles, member.state, member.created_at, scopes=scopes)


async def list_tokens(db: Database, *, staff_id: str = "") -> list[ListedToken]:
    """The newest 500, also ended ones; of one member where one is given."""
    return await store.list_all(db, staff_id=staff_id, most=LISTED)


async def ending(db: Database, *, now: int) -> tuple[int, int | None]:
    """How many count now and end within two weeks with none in their place, and when (ms) the first does."""
    return await store.ending(db, by=now + SOON_MS, now=now)


async def add_token(db: Database, staff_id: str, wanted: Wanted, *, by: By, now: int) -> MadeToken:
    """A token for this member. Raises NotFound, InvalidStaffToken."""
    return await db.write(lambda tx: add_in(tx, staff_id, wanted, by=by, now=now))


async def add_in(tx: Tx, staff_id: str, wanted: Wanted, *, by: By, now: int) -> MadeToken:
    """The same, in a transaction of the caller's. Raises NotFound, InvalidStaffToken."""
    # The member's roles as they stand until the token does, and one token after the other.
    await staff.lock(tx, staff_id=staff_id)
    row = await staff.find(tx, staff_id=staff_id)
    if row is None or row.state != "active":
        raise errors.NotFound
    plain = check_wanted(wanted, held=row.roles)
    if await store.count_live(tx, staff_id=staff_id, now=now) >= MAX_TOKENS:
        raise errors.InvalidStaffToken(field="count")
    token = await _insert(
        tx, staff_id, plain, _in_order(StaffRole, wanted.roles), wanted.scopes, days=wanted.days, now=now
    )
    await _record(tx, "add", staff_id, token, by=by, now=now)
    return token


async def rotate_token(
    db: Database, token_id: str, *, days: int, overlap_hours: int, of: str | None = None, by: By, now: int
) -> MadeToken:
    """A new token in the place of one that counts, which ends after so many hours, or earlier by itself.

    `of` is the member whose it must be, if any. Raises NotFound, also for one that has ended or been replaced,
    InvalidStaffToken.
    """
    if not 0 <= overlap_hours <= MAX_TOKEN_OVERLAP_HOURS:
        raise errors.InvalidStaffToken(field="overlap_hours")

    async def work(tx: Tx) -> MadeToken:
        old = await _find(tx, token_id, of=of)
        await staff.lock(tx, staff_id=old.staff_id)
        row = await staff.find(tx, staff_id=old.staff_id)
        if row is None or row.state != "active":
            raise errors.NotFound
        roles = tuple(role for role in StaffRole if role.value in old.roles and role.value in row.roles)
        is_officer = StaffRole.FILING_OFFICER in roles
        scopes = tuple(map(StaffScope, old.scopes)) if is_officer else ()
        wanted = Wanted(name=old.name, roles=roles, scopes=scopes, days=days)
        token = await _insert(
            tx, row.id, check_wanted(wanted, held=row.roles), roles, scopes, days=days, now=now
        )
        until = now + overlap_hours * HOUR_MS
        if not await store.replace(tx, token_id=old.id, next_id=token.id, until=until, now=now):
            raise errors.NotFound
        more: dict[str, object] = {"before": old.id, "overlap_hours": overlap_hours}
        await _record(tx, "rotate", row.id, token, by=by, now=now, **more)
        return token

    return await db.write(work)


async def revoke_token(db: Database, token_id: str, *, of: str | None = None, by: By, now: int) -> None:
    """Ends it at once; `of` is the member whose it must be, if any. Raises NotFound, also for one that has ended."""

    async def work(tx: Tx) -> None:
        old = await _find(tx, token_id, of=of)
        if not await store.end(tx, token_id=old.id, now=now):
            raise errors.NotFound
        details = {"token": old.id, "name": old.name}
        await acts.record(tx, by=by, act="staff.token_revoke", subject=old.staff_id, details=details, now=now)

    await db.write(work)


def check_wanted(wanted: Wanted, *, held: Sequence[str]) -> str:
    """The name as it is kept. Raises InvalidStaffToken; the roles are those held, at most."""
    plain = plain_name(wanted.name, refusal=errors.InvalidStaffToken(field="name"))
    if not wanted.roles or not {role.value for role in wanted.roles} <= set(held):
        raise errors.InvalidStaffToken(field="roles")
    if not 1 <= wanted.days <= MAX_TOKEN_DAYS:
        raise errors.InvalidStaffToken(field="days")
    if wanted.scopes and StaffRole.FILING_OFFICER not in wanted.roles:
        raise errors.InvalidStaffToken(field="scopes")
    return plain


async def _insert(
    tx: Tx,
    staff_id: str,
    name: str,
    roles: Iterable[StaffRole],
    scopes: Iterable[StaffScope],
    *,
    days: int,
    now: int,
) -> MadeToken:
    token_id = new_id(now)
    token = f"{token_id}.{new_client_secret()}"
    new = store.NewToken(
        id=token_id,
        staff_id=staff_id,
        name=name,
        roles=tuple(role.value for role in roles),
        scopes=tuple(scope.value for scope in _in_order(StaffScope, scopes)),
        token_hash=token_hash(token),
        expires_at=now + days * DAY_MS,
    )
    await store.insert(tx, new, now=now)
    return MadeToken(
        id=token_id, token=token, name=name, roles=new.roles, scopes=new.scopes, expires_at=new.expires_at
    )


def _in_order(kind: type[K], chosen: Iterable[K]) -> tuple[K, ...]:
    wanted = set(chosen)
    return tuple(value for value in kind if value in wanted)


async def _find(tx: Tx, token_id: str, *, of: str | None) -> TokenRow:
    row = await store.find(tx, token_id=token_id)
    if row is None or of not in {None, row.staff_id}:
        raise errors.NotFound
    return row


async def _record(
    tx: Tx, what: str, staff_id: str, token: MadeToken, *, by: By, now: int, **more: object
) -> None:
    details = {
        "token": token.id,
        "name": token.name,
        "roles": list(token.roles),
        "scopes": list(token.scopes),
        "expires_at": token.expires_at,
        **more,
    }
    await acts.record(tx, by=by, act=f"staff.token_{what}", subject=staff_id, details=details, now=now)
