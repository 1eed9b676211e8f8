"""Whether the database answers."""

from typing import Final

from mshield.store.database.interface import Database
from mshield.store.database.queries import Queries

_SQL: Final = Queries("process", "health")


async def ping(db: Database) -> None:
    """Raises Unavailable when the database doesn't answer."""
    await db.one(_SQL["ping"])
