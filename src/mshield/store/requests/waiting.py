"""What a shield sees of a request in its inbox before it takes it."""

from dataclasses import dataclass
from typing import Final

from mshield.store.database.interface import Database
from mshield.store.database.queries import Queries
from mshield.store.requests.scans import DeviceCertificate

_SQL: Final = Queries("requests", "waiting")


@dataclass(frozen=True, slots=True)
class WaitingDocument:
    """A document that a view draws, `display` as it is kept; `content` is None where it would be too much."""

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
    """Those that a view draws, of a request in this shield's inbox; their contents are of `most` octets together."""
    rows = await db.all(
        _SQL["documents"], id=request_id, shield_number=by.shield_number, uid=by.uid, now=now, most=most
    )
    return [WaitingDocument(row["title"], row["media_type"], row["display"], row["content"]) for row in rows]
