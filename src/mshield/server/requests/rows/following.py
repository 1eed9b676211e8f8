"""State and requester of a request, for callers that wait for its end."""

from dataclasses import dataclass
from typing import Final

from mshield.server.database.interface import Database
from mshield.server.database.queries import Queries

_SQL: Final = Queries("requests", "following")


@dataclass(frozen=True, slots=True)
class Followed:
    """State of a request; requester name and domain are those at the time of the request. Times in ms."""

    id: str
    client_id: str
    kind: str
    channel: str
    state: str
    reason: str | None
    number: str
    started_at: int
    expires_at: int
    requester_name: str
    requester_domain: str


async def find(db: Database, *, id: str) -> Followed | None:  # noqa: A002  # the field's name
    """Returns a request; an expired one may still have its last stored state."""
    rows = await db.read_together(_SQL["find"], id=id)
    if not rows:
        return None
    (row,) = rows
    return Followed(
        id=row["id"],
        client_id=row["client_id"],
        kind=row["kind"],
        channel=row["channel"],
        state=row["state"],
        reason=row["reason"],
        number=row["number"],
        started_at=row["created_at"],
        expires_at=row["expires_at"],
        requester_name=row["asker_name"],
        requester_domain=row["asker_domain"],
    )
