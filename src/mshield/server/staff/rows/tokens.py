"""Tokens of staff for programs, each stored under its id with the hash of the whole token."""

from dataclasses import dataclass, field, fields
from typing import Any, Final

from mshield.server.database.interface import Database, Row, Tx
from mshield.server.database.queries import Queries
from mshield.server.seals.sealing import changing, end_each, keys_of, seal_new
from mshield.server.seals.tables import STAFF_TOKENS

_SQL: Final = Queries("staff", "tokens")


@dataclass(frozen=True, slots=True, kw_only=True)
class NewToken:
    """Token to insert; `expires_at` is ms, `scopes` names its permissions that otherwise need a second factor."""

    id: str
    staff_id: str
    name: str
    roles: tuple[str, ...]
    scopes: tuple[str, ...]
    token_hash: bytes = field(repr=False)
    expires_at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenRow(NewToken):
    """Stored token; times in ms. `next_id` is its replacement, if any."""

    created_at: int
    used_at: int | None
    ended_at: int | None
    next_id: str | None

    def counts(self, *, now: int) -> bool:
        """Reports whether the token is valid now."""
        return self.ended_at is None and self.expires_at > now


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedToken(TokenRow):
    """Token with its member's name."""

    staff_name: str


async def insert(tx: Tx, token: NewToken, *, now: int) -> None:
    """Inserts a token."""
    await tx.run(
        _SQL["insert"],
        id=token.id,
        staff_id=token.staff_id,
        name=token.name,
        roles=" ".join(token.roles),
        scopes=" ".join(token.scopes),
        token_hash=token.token_hash,
        expires_at=token.expires_at,
        now=now,
    )
    await seal_new(tx, STAFF_TOKENS, token.id, now=now)


async def find(db: Database | Tx, *, token_id: str) -> TokenRow | None:
    """Returns the token with this id, even if it has ended. Raises: SealBroken."""
    row = await db.one(_SQL["find"], id=token_id)
    return None if row is None else TokenRow(**_values(db, row))


async def list_all(db: Database, *, staff_id: str = "", most: int) -> list[ListedToken]:
    """Returns the newest tokens, ended ones included, of one member if given. Raises: SealBroken."""
    rows = await db.all(_SQL["list"], staff_id=staff_id, most=most)
    return [ListedToken(**_values(db, row), staff_name=row["staff_name"]) for row in rows]


async def count_live(tx: Tx, *, staff_id: str, now: int) -> int:
    """Counts a member's valid tokens."""
    row = await tx.one(_SQL["count_live"], staff_id=staff_id, now=now)
    return 0 if row is None else int(row["live"])


async def touch(db: Database, *, token_id: str, now: int) -> None:
    """Records the use of a token; no-op while read-only."""
    if db.read_only:
        return
    await db.run(_SQL["touch"], id=token_id, now=now)


async def replace(tx: Tx, *, token_id: str, next_id: str, until: int, now: int) -> bool:
    """Replaces a valid token, which then stays valid until `until` (ms) at most; False if it is no longer valid."""
    async with changing(tx, STAFF_TOKENS, token_id, now=now):
        return await tx.run(_SQL["replace"], id=token_id, next_id=next_id, until=until, now=now) == 1


async def end(tx: Tx, *, token_id: str, now: int) -> bool:
    """Ends a valid token; False if it wasn't valid."""
    async with changing(tx, STAFF_TOKENS, token_id, now=now):
        return await tx.run(_SQL["end"], id=token_id, now=now) == 1


async def end_of_member(tx: Tx, *, staff_id: str, now: int) -> int:
    """Ends all valid tokens of a member and returns their number."""
    ids = await keys_of(tx, _SQL["live"], STAFF_TOKENS, staff_id=staff_id, now=now)
    return await end_each(tx, STAFF_TOKENS, ids, lambda one: end(tx, token_id=str(one), now=now), now=now)


async def ending(db: Database, *, by: int, now: int) -> tuple[int, int | None]:
    """Returns how many valid tokens expire by `by` (ms) without a replacement, and when the first does."""
    row = await db.one(_SQL["ending"], by=by, now=now)
    return (0, None) if row is None else (int(row["ending"]), row["first"])


_FIELDS: Final = tuple(field.name for field in fields(TokenRow))


def _values(db: Database | Tx, row: Row) -> dict[str, Any]:
    STAFF_TOKENS.check(db.sealer, row)
    values = {name: row[name] for name in _FIELDS}
    return {**values, "roles": tuple(row["roles"].split()), "scopes": tuple(row["scopes"].split())}
