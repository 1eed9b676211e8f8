"""The service's own random secrets, each sealed under its name; written once and never changed but for the seal."""

from typing import Final

from mshield.store.database.interface import Database, Tx
from mshield.store.database.queries import Queries

_SQL: Final = Queries("operations", "secrets")


async def find_secret(db: Database, *, name: str) -> bytes | None:
    """The sealed secret, or None."""
    row = await db.one(_SQL["find_secret"], name=name)
    return None if row is None else row["box"]


async def insert_secret(db: Database | Tx, *, name: str, box: bytes, now: int) -> bool:
    """Whether it was stored; not where one of the name exists."""
    return await db.run(_SQL["insert_secret"], name=name, box=box, now=now) == 1
