"""Cosignatures of witnesses on the log's checkpoints: for each witness the last of each hour."""

from dataclasses import dataclass
from typing import Final

from mshield.server.database.interface import Database
from mshield.server.database.queries import Queries
from mshield.wire.times import HOUR_MS

_SQL: Final = Queries("log", "cosignatures")


@dataclass(frozen=True, slots=True)
class Cosigned:
    """Checkpoint of `size` entries as signed by the log, and the cosignature line of a witness (its vkey)."""

    size: int
    checkpoint: str
    witness: str
    line: str


async def keep(db: Database, cosigned: Cosigned, *, origin: str, now: int) -> None:
    """Stores a cosignature, replacing the witness's last one of this hour; `now` in ms."""
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
    """Returns the size of the largest checkpoint cosigned by this witness; 0 without one."""
    row = await db.one(_SQL["last_size"], origin=origin, witness=witness)
    size: int | None = None if row is None else row["size"]
    return size or 0


async def newest(db: Database, *, origin: str) -> str | None:
    """Returns the largest cosigned checkpoint with all its cosignature lines; None before the first."""
    row = await db.one(_SQL["newest_size"], origin=origin)
    return (
        None if row is None or row["size"] is None else await with_lines(db, origin=origin, size=row["size"])
    )


async def first_with(db: Database, *, origin: str, log_index: int) -> str | None:
    """Returns the first cosigned checkpoint that includes the entry at this index, with all its lines."""
    row = await db.one(_SQL["first_size"], origin=origin, log_index=log_index)
    return (
        None if row is None or row["size"] is None else await with_lines(db, origin=origin, size=row["size"])
    )


async def with_lines(db: Database, *, origin: str, size: int) -> str | None:
    """Returns the checkpoint of this size with its cosignature lines; None if nobody cosigned it."""
    rows = await db.all(_SQL["of_size"], origin=origin, size=size)
    if not rows:
        return None
    note: str = rows[0]["checkpoint"]
    return note + "".join(dict.fromkeys(row["line"] for row in rows if row["checkpoint"] == note))
