"""Liveness check of the database."""

from typing import Final

from mshield.server.database.interface import Database
from mshield.server.database.queries import Queries

_SQL: Final = Queries("runtime", "health")


async def ping(db: Database) -> None:
    """Raises Unavailable if the database doesn't answer."""
    await db.one(_SQL["ping"])
