"""Reads the acts recorded about one subject."""

from mshield.server.acts.rows import acts
from mshield.server.acts.rows.acts import ActRow
from mshield.server.database.interface import Database, Tx
from mshield.wire.ids import NEWEST


async def acts_on(db: Database | Tx, *, subject: str) -> list[ActRow]:
    """Returns all acts about the subject, oldest first."""
    return (await acts.page(db, subject=subject, actor_id=None, before=NEWEST, most=1000))[::-1]
