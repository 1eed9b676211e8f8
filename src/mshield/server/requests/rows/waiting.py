"""Preview of a request in a shield's inbox before it is taken."""

from dataclasses import dataclass
from typing import Final

from mshield.server.database.interface import Database
from mshield.server.database.queries import Queries
from mshield.server.requests.rows.scans import DeviceCertificate

_SQL: Final = Queries("requests", "waiting")


@dataclass(frozen=True, slots=True)
class WaitingDocument:
    """Document displayed by a view, `display` as stored; `content` is None if it would be too large."""

    title: str
    media_type: str
    display: str
    content: bytes | None


async def documents(
    db: Database,
    *,
    request_id: str,
    by: DeviceCertificate,
    now: int,
    most: int,
) -> list[WaitingDocument]:
    """Returns the documents displayed by a view of a request in this shield's inbox.

    Their contents have at most `most` bytes together; further ones are None.
    """
    rows = await db.all(
        _SQL["documents"], id=request_id, shield_number=by.shield_number, uid=by.uid, now=now, most=most
    )
    return [WaitingDocument(row["title"], row["media_type"], row["display"], row["content"]) for row in rows]
