"""Staff tokens for programs: with a name, an expiry, and some of their member's roles.

A token is its id, a dot, and 256 random bits; only a hash is stored. It has no second factor, so it can't
perform critical acts except those permitted by its scopes.
"""

import hmac
from collections.abc import Iterable, Sequence
from enum import StrEnum
from typing import Annotated, Final, TypeVar

import msgspec

from mshield.server.acts.actor import By
from mshield.server.acts.rows import acts
from mshield.server.database.interface import Database, Tx
from mshield.server.errors import NotFound
from mshield.server.staff.errors import InvalidStaffToken, WrongStaffToken
from mshield.server.staff.members import StaffMember
from mshield.server.staff.rows import members as staff
from mshield.server.staff.rows import tokens as store
from mshield.server.staff.rows.tokens import ListedToken, TokenRow
from mshield.server.staff.rules import (
    MAX_TOKEN_DAYS,
    MAX_TOKEN_OVERLAP_HOURS,
    MAX_TOKENS,
    TOKEN_DAYS,
    StaffRole,
    StaffScope,
    require,
)
from mshield.server.values.lines import MAX_NAME, plain_name
from mshield.wire.ids import new_id
from mshield.wire.messages import AnswerMessage, RequestMessage
from mshield.wire.times import DAY_MS, HOUR_MS, MINUTE_MS
from mshield.wire.tokens import new_client_secret, token_hash

__all__ = ["ListedToken", "authenticate", "list_tokens"]

K = TypeVar("K", bound=StrEnum)

Days = Annotated[int, msgspec.Meta(ge=1, le=MAX_TOKEN_DAYS)]
LISTED: Final = 500
SOON_MS: Final = 14 * DAY_MS
_DUMMY_HASH: Final = bytes(32)


class NewTokenMessage(RequestMessage, frozen=True):
    """Some of the member's roles, scopes beyond reading and minor changes, and the lifetime in days."""

    name: Annotated[str, msgspec.Meta(min_length=1, max_length=MAX_NAME)]
    roles: Annotated[tuple[StaffRole, ...], msgspec.Meta(min_length=1, max_length=4)]
    scopes: Annotated[tuple[StaffScope, ...], msgspec.Meta(max_length=2)] = ()
    days: Days = TOKEN_DAYS


class MadeTokenMessage(AnswerMessage, frozen=True):
    """The new token; `token` is shown only this once. Time in ms."""

    id: str
    token: str
    name: str
    roles: tuple[StaffRole, ...]
    scopes: tuple[StaffScope, ...]
    expires_at: int

    def __repr__(self) -> str:
        return f"MadeTokenMessage({self.id!r})"


async def authenticate(db: Database, token: str, *, allowed: Iterable[StaffRole], now: int) -> StaffMember:
    """Returns the active member of a valid token, with those of its roles that the member still has.

    Raises: WrongStaffToken, Forbidden (none of them is in `allowed`).
    """
    token_id, _, _ = token.partition(".")
    row = await store.find(db, token_id=token_id)
    expected = _DUMMY_HASH if row is None else row.token_hash
    if not hmac.compare_digest(token_hash(token), expected) or row is None or not row.counts(now=now):
        raise WrongStaffToken
    member = await staff.find(db, staff_id=row.staff_id)
    if member is None or member.state != "active":
        raise WrongStaffToken
    due = row.used_at is None or now - row.used_at >= MINUTE_MS
    if due and not db.held:
        await store.touch(db, token_id=row.id, now=now)
    roles = tuple(role for role in map(StaffRole, member.roles) if role.value in row.roles)
    require(roles, allowed)
    scopes = tuple(map(StaffScope, row.scopes))
    return StaffMember(member.id, member.name, roles, member.state, member.created_at, scopes=scopes)


async def list_tokens(db: Database, *, staff_id: str = "") -> list[ListedToken]:
    """Returns the newest 500 tokens, including ended ones; of one member if given."""
    return await store.list_all(db, staff_id=staff_id, most=LISTED)


async def ending(db: Database, *, now: int) -> tuple[int, int | None]:
    """Returns the number of valid tokens that end within two weeks without a replacement, and the first end (ms).

    The end is None if there are none.
    """
    return await store.ending(db, by=now + SOON_MS, now=now)


async def add_token(
    db: Database, staff_id: str, wanted: NewTokenMessage, *, by: By, now: int
) -> MadeTokenMessage:
    """Creates a token for this member. Raises: NotFound, InvalidStaffToken."""
    return await db.write(lambda tx: add_in(tx, staff_id, wanted, by=by, now=now))


async def add_in(tx: Tx, staff_id: str, wanted: NewTokenMessage, *, by: By, now: int) -> MadeTokenMessage:
    """Like `add_token`, in the caller's transaction. Raises: NotFound, InvalidStaffToken."""
    # Lock the member, so that roles don't change until the token is inserted, and tokens are added one at a
    # time.
    await staff.lock(tx, staff_id=staff_id)
    row = await staff.find(tx, staff_id=staff_id)
    if row is None or row.state != "active":
        raise NotFound
    plain = check_wanted(wanted, held=row.roles)
    if await store.count_live(tx, staff_id=staff_id, now=now) >= MAX_TOKENS:
        raise InvalidStaffToken(field="count")
    token = await _insert(
        tx, staff_id, plain, _in_order(StaffRole, wanted.roles), wanted.scopes, days=wanted.days, now=now
    )
    await _record(tx, "add", staff_id, token, by=by, now=now)
    return token


async def rotate_token(
    db: Database, token_id: str, *, days: int, overlap_hours: int, of: str | None = None, by: By, now: int
) -> MadeTokenMessage:
    """Replaces a valid token by a new one. The old one ends after `overlap_hours`, or at its own end if earlier.

    Only a token of the member `of`, if given. Raises: NotFound (also ended or already replaced), InvalidStaffToken.
    """
    if not 0 <= overlap_hours <= MAX_TOKEN_OVERLAP_HOURS:
        raise InvalidStaffToken(field="overlap_hours")

    async def work(tx: Tx) -> MadeTokenMessage:
        old = await _find(tx, token_id, of=of)
        await staff.lock(tx, staff_id=old.staff_id)
        row = await staff.find(tx, staff_id=old.staff_id)
        if row is None or row.state != "active":
            raise NotFound
        roles = tuple(role for role in StaffRole if role.value in old.roles and role.value in row.roles)
        is_officer = StaffRole.FILING_OFFICER in roles
        scopes = tuple(map(StaffScope, old.scopes)) if is_officer else ()
        wanted = NewTokenMessage(name=old.name, roles=roles, scopes=scopes, days=days)
        token = await _insert(
            tx, row.id, check_wanted(wanted, held=row.roles), roles, scopes, days=days, now=now
        )
        until = now + overlap_hours * HOUR_MS
        if not await store.replace(tx, token_id=old.id, next_id=token.id, until=until, now=now):
            raise NotFound
        more: dict[str, object] = {"before": old.id, "overlap_hours": overlap_hours}
        await _record(tx, "rotate", row.id, token, by=by, now=now, **more)
        return token

    return await db.write(work)


async def revoke_token(db: Database, token_id: str, *, of: str | None = None, by: By, now: int) -> None:
    """Revokes a token at once; Only a token of the member `of`, if given.

    Raises: NotFound (also if it has ended).
    """

    async def work(tx: Tx) -> None:
        old = await _find(tx, token_id, of=of)
        if not await store.end(tx, token_id=old.id, now=now):
            raise NotFound
        details = {"token": old.id, "name": old.name}
        await acts.record(tx, by=by, act="staff.token_revoke", subject=old.staff_id, details=details, now=now)

    await db.write(work)


def check_wanted(wanted: NewTokenMessage, *, held: Sequence[str]) -> str:
    """Checks a token to create; its roles must be among `held`. Returns its stored name. Raises: InvalidStaffToken."""
    plain = plain_name(wanted.name, refusal=InvalidStaffToken(field="name"))
    if not wanted.roles or not {role.value for role in wanted.roles} <= set(held):
        raise InvalidStaffToken(field="roles")
    if not 1 <= wanted.days <= MAX_TOKEN_DAYS:
        raise InvalidStaffToken(field="days")
    if wanted.scopes and StaffRole.FILING_OFFICER not in wanted.roles:
        raise InvalidStaffToken(field="scopes")
    return plain


async def _insert(
    tx: Tx,
    staff_id: str,
    name: str,
    roles: tuple[StaffRole, ...],
    scopes: Iterable[StaffScope],
    *,
    days: int,
    now: int,
) -> MadeTokenMessage:
    token_id, scopes = new_id(now), _in_order(StaffScope, scopes)
    token = f"{token_id}.{new_client_secret()}"
    new = store.NewToken(
        id=token_id,
        staff_id=staff_id,
        name=name,
        roles=tuple(role.value for role in roles),
        scopes=tuple(scope.value for scope in scopes),
        token_hash=token_hash(token),
        expires_at=now + days * DAY_MS,
    )
    await store.insert(tx, new, now=now)
    return MadeTokenMessage(
        id=token_id, token=token, name=name, roles=roles, scopes=scopes, expires_at=new.expires_at
    )


def _in_order(kind: type[K], chosen: Iterable[K]) -> tuple[K, ...]:
    wanted = set(chosen)
    return tuple(value for value in kind if value in wanted)


async def _find(tx: Tx, token_id: str, *, of: str | None) -> TokenRow:
    row = await store.find(tx, token_id=token_id)
    if row is None or of not in {None, row.staff_id}:
        raise NotFound
    return row


async def _record(
    tx: Tx, what: str, staff_id: str, token: MadeTokenMessage, *, by: By, now: int, **more: object
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
