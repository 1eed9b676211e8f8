"""Whether what the service needs is there."""

from mshield.store import health
from mshield.store.database import Database


async def ping(db: Database) -> None:
    """Raises Unavailable when the database doesn't answer."""
    await health.ping(db)
