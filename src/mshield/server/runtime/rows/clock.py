"""Clock data in the database: its own time, the last trusted state of each machine's clock, and doubts."""

import json
from dataclasses import dataclass
from typing import Any, Final

from mshield.server.database.interface import Database, Tx
from mshield.server.database.queries import Queries
from mshield.wire.times import Doubt

_SQL: Final = Queries("runtime", "clock")


@dataclass(frozen=True, slots=True)
class ClockReading:
    """Database time (ms), None if the database has no clock of its own; and the id of a confirming act."""

    database_time: int | None
    confirmed: str | None


@dataclass(frozen=True, slots=True)
class Mark:
    """State of a machine's clocks (ms): the wall clock, and the uptime.

    `database_ahead` is a difference to the database's clock that an operator confirmed as right.
    """

    wall: int
    steady: int
    database_ahead: int


@dataclass(frozen=True, slots=True)
class DoubtRow:
    """Process that has doubted its clock since `since` (ms)."""

    process: str
    doubt: Doubt
    since: int


async def read(db: Database, *, since: str) -> ClockReading:
    """Returns the database's time, and the newest confirmation whose act has an id from `since` on."""
    row = await db.one(_SQL["read"], since=since)
    return ClockReading(None, None) if row is None else ClockReading(row["database_time"], row["confirmed"])


async def confirmation(db: Database, *, act_id: str) -> dict[str, Any]:
    """Returns the details of a confirmation's act."""
    row = await db.one(_SQL["find_confirmation"], id=act_id)
    return {} if row is None else dict(json.loads(row["details"]))


async def mark_of(db: Database, *, boot: str) -> Mark | None:
    """Returns the stored clock state of this boot of a machine."""
    row = await db.one(_SQL["mark_of"], boot=boot)
    return None if row is None else Mark(**row)


async def latest(db: Database) -> int:
    """Returns the latest time (ms) of any machine's clock while it was trusted; 0 if there is none."""
    row = await db.one(_SQL["latest"])
    return 0 if row is None else row["wall"] or 0


async def mark(db: Database | Tx, *, boot: str, mark: Mark) -> None:
    """Stores the state of the clocks."""
    await db.run(
        _SQL["mark"], boot=boot, wall=mark.wall, steady=mark.steady, database_ahead=mark.database_ahead
    )


async def forget_later(tx: Tx, *, after: int) -> None:
    """Deletes clock states with a time after `after` (ms)."""
    await tx.run(_SQL["forget_later"], after=after)


async def doubt(db: Database, *, process: str, doubt: Doubt, now: int) -> None:
    """Records that a process doubts its clock."""
    await db.run(_SQL["doubt"], process=process, reason=doubt.reason, ahead=doubt.ahead, now=now)


async def end_doubt(db: Database, *, process: str) -> None:
    """Records the end of a process's doubt."""
    await db.run(_SQL["end_doubt"], process=process)


async def doubts(db: Database, *, since: int, until: int) -> list[DoubtRow]:
    """Returns the processes that doubted their clocks between these times (ms)."""
    rows = await db.all(_SQL["doubts"], since=since, until=until)
    return [DoubtRow(row["process"], Doubt(row["reason"], row["ahead"]), row["since"]) for row in rows]


async def purge(db: Database, *, before: int) -> int:
    """Deletes older rows (before `before`, ms) and returns their number."""
    return await db.run(_SQL["purge"], before=before) + await db.run(_SQL["purge_doubts"], before=before)
