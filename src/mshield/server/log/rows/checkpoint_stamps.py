"""Time stamps on checkpoints of the log, stored permanently."""

from dataclasses import dataclass, field
from typing import Final

from mshield.server.database.interface import Database
from mshield.server.database.queries import Queries

_SQL: Final = Queries("log", "checkpoint_stamps")


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckpointStamp:
    """Time-stamp token on a checkpoint (signed note) of `size` entries, by the authority at `place`; time in ms."""

    size: int
    place: str
    checkpoint: str
    token: bytes = field(repr=False)
    profile: str
    stamped_at: int


async def keep(db: Database, stamp: CheckpointStamp, *, origin: str, good_until: int) -> None:
    """Stores a stamp; the authority's certificate ends at `good_until` (ms)."""
    await db.run(
        _SQL["insert"],
        origin=origin,
        size=stamp.size,
        place=stamp.place,
        checkpoint=stamp.checkpoint,
        token=stamp.token,
        profile=stamp.profile,
        stamped_at=stamp.stamped_at,
        good_until=good_until,
    )


async def last_size(db: Database, *, origin: str, place: str) -> int:
    """Returns the size of the last checkpoint stamped by this authority; 0 without one."""
    row = await db.one(_SQL["last_size"], origin=origin, place=place)
    size: int | None = None if row is None else row["size"]
    return size or 0


async def covering(db: Database, *, origin: str, log_index: int, now: int) -> list[CheckpointStamp]:
    """Returns stamps on the earliest checkpoints that include the entry at this index, by still valid authorities.

    Earliest checkpoint first, 32 at most.
    """
    rows = await db.all(_SQL["covering"], origin=origin, log_index=log_index, now=now)
    return [CheckpointStamp(**row) for row in rows]
