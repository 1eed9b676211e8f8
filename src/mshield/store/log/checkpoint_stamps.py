"""Time stamps on checkpoints of the log, kept for good."""

from dataclasses import dataclass, field
from typing import Final

from mshield.store.database.interface import Database
from mshield.store.database.queries import Queries

_SQL: Final = Queries("log", "checkpoint_stamps")


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckpointStamp:
    """A token on a checkpoint (signed note) of `size` entries, by the authority at `place`; time in ms."""

    size: int
    place: str
    checkpoint: str
    token: bytes = field(repr=False)
    profile: str
    stamped_at: int


async def keep(db: Database, stamp: CheckpointStamp, *, origin: str, good_until: int) -> None:
    """Keeps it; the authority's life ends at `good_until` (ms)."""
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
    """How many entries the last checkpoint has that this authority stamped; 0 where it stamped none."""
    row = await db.one(_SQL["last_size"], origin=origin, place=place)
    size: int | None = None if row is None else row["size"]
    return size or 0


async def covering(db: Database, *, origin: str, log_index: int, now: int) -> list[CheckpointStamp]:
    """Those of the first checkpoints that have the entry at this place, the earliest checkpoint first."""
    rows = await db.all(_SQL["covering"], origin=origin, log_index=log_index, now=now)
    return [CheckpointStamp(**row) for row in rows]
