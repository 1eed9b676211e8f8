"""Whether what the service needs is there."""

from mshield.store.database.interface import Database
from mshield.store.process import health


async def ping(db: Database) -> None:
    """Raises Unavailable when the database doesn't answer."""
    await health.ping(db)
