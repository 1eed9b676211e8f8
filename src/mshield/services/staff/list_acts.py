"""What staff, legal persons and the service itself did, newest first: for auditors."""

from mshield.domain.ids import NEWEST, first_id
from mshield.store.database.interface import Database
from mshield.store.staff import acts
from mshield.store.staff.acts import ActRow

__all__ = ["ActRow", "list_acts"]


async def list_acts(
    db: Database,
    *,
    subject: str | None,
    actor_id: str | None,
    act: str | None = None,
    since: int | None = None,
    until: int | None = None,
    before: str | None,
    most: int,
) -> list[ActRow]:
    """At most `most` acts before the one with the id `before`; None doesn't narrow them.

    `act` is a kind or what a kind begins with (`system`), `since` and `until` are ms.
    """
    newest = NEWEST if until is None else first_id(until)
    return await acts.page(
        db,
        subject=subject,
        actor_id=actor_id,
        act=act,
        since="" if since is None else first_id(since),
        before=min(newest, before or NEWEST),
        most=most,
    )
