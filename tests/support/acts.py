"""What was recorded about one subject."""

from mshield.domain.ids import NEWEST
from mshield.store.database.interface import Database, Tx
from mshield.store.staff import acts
from mshield.store.staff.acts import ActRow


async def acts_on(db: Database | Tx, *, subject: str) -> list[ActRow]:
    """All acts on it, the oldest first."""
    return (await acts.page(db, subject=subject, actor_id=None, before=NEWEST, most=1000))[::-1]
