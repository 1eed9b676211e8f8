"""Random secrets of the service, each sealed under its name; written once, and only resealed afterwards."""

from typing import Final

from mshield.server.database.interface import Database, Tx
from mshield.server.database.queries import Queries

_SQL: Final = Queries("keys", "secrets")


async def find_secret(db: Database, *, name: str) -> bytes | None:
    """Returns the sealed secret, or None."""
    row = await db.one(_SQL["find_secret"], name=name)
    return None if row is None else row["box"]


async def insert_secret(db: Database | Tx, *, name: str, box: bytes, now: int) -> bool:
    """Inserts a secret; False if the name exists."""
    return await db.run(_SQL["insert_secret"], name=name, box=box, now=now) == 1
