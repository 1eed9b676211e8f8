"""Signing keys of the OpenID Connect provider, each sealed, with the time from which it signs."""

from dataclasses import dataclass, field
from typing import Final

from mshield.server.database.interface import Database, Tx
from mshield.server.database.queries import Queries

_SQL: Final = Queries("oidc", "keys")


@dataclass(frozen=True, slots=True)
class KeyRow:
    """Signing key; times in ms."""

    kid: str
    number: int
    key_box: bytes = field(repr=False)
    signs_from: int
    created_at: int


async def list_keys(db: Database) -> list[KeyRow]:
    """Returns all keys, oldest first."""
    return [
        KeyRow(row["kid"], row["number"], row["key_box"], row["signs_from"], row["created_at"])
        for row in await db.all(_SQL["list_keys"])
    ]


async def insert_key(db: Database | Tx, key: KeyRow) -> bool:
    """Inserts a key; False if its number is taken."""
    inserted = await db.run(
        _SQL["insert_key"],
        kid=key.kid,
        number=key.number,
        key_box=key.key_box,
        signs_from=key.signs_from,
        now=key.created_at,
    )
    return inserted == 1


async def delete_before(db: Database | Tx, *, number: int) -> int:
    """Deletes the keys with a smaller number and returns how many there were."""
    return await db.run(_SQL["delete_before"], number=number)
