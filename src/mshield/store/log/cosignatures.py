"""Cosignatures of witnesses on the log's checkpoints: for each witness the last of each hour."""

from dataclasses import dataclass
from typing import Final

from mshield.domain.times import HOUR_MS
from mshield.store.database.interface import Database
from mshield.store.database.queries import Queries

_SQL: Final = Queries("log", "cosignatures")


@dataclass(frozen=True, slots=True)
class Cosigned:
    """A checkpoint of `size` entries, as the log signed it, and the line that a witness (its vkey) put under it."""

    size: int
    checkpoint: str
    witness: str
    line: str


async def keep(db: Database, cosigned: Cosigned, *, origin: str, now: int) -> None:
    """Keeps it in the place of that witness's last one of this hour; `now` in ms."""
    await db.run(
        _SQL["keep"],
        origin=origin,
        witness=cosigned.witness,
        hour=now // HOUR_MS,
        size=cosigned.size,
        checkpoint=cosigned.checkpoint,
        line=cosigned.line,
    )


async def last_size(db: Database, *, origin: str, witness: str) -> int:
    """How many entries the largest checkpoint has that this witness cosigned; 0 for none."""
    row = await db.one(_SQL["last_size"], origin=origin, witness=witness)
    size: int | None = None if row is None else row["size"]
    return size or 0


async def newest(db: Database, *, origin: str) -> str | None:
    """The largest checkpoint that any witness cosigned, with all lines under it; None before the first."""
    row = await db.one(_SQL["newest_size"], origin=origin)
    return (
        None if row is None or row["size"] is None else await with_lines(db, origin=origin, size=row["size"])
    )


async def first_with(db: Database, *, origin: str, log_index: int) -> str | None:
    """The first that has the entry at this place, likewise."""
    row = await db.one(_SQL["first_size"], origin=origin, log_index=log_index)
    return (
        None if row is None or row["size"] is None else await with_lines(db, origin=origin, size=row["size"])
    )


async def with_lines(db: Database, *, origin: str, size: int) -> str | None:
    """The checkpoint of this size with the lines of who cosigned it; None where nobody did."""
    rows = await db.all(_SQL["of_size"], origin=origin, size=size)
    if not rows:
        return None
    note: str = rows[0]["checkpoint"]
    return note + "".join(dict.fromkeys(row["line"] for row in rows if row["checkpoint"] == note))
