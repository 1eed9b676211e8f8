"""What staff, legal persons and the service itself did, newest first: for auditors."""

from typing import Final

from mshield.store import acts
from mshield.store.acts import ActRow
from mshield.store.database import Database

__all__ = ["ActRow", "list_acts"]

_NEWEST: Final = "g"
"""Greater than every id, which begins with a hexadecimal digit."""


async def list_acts(
    db: Database, *, subject: str | None, actor_id: str | None, before: str | None, most: int
) -> list[ActRow]:
    """At most `most` acts before the one with the id `before`, on one subject or by one actor where these are given."""
    return await acts.page(db, subject=subject, actor_id=actor_id, before=before or _NEWEST, most=most)
