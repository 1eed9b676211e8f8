"""What the database knows of clocks: its own time, how each machine's stood while it was believed, who doubts one."""

import json
from dataclasses import dataclass
from typing import Any, Final

from mshield.domain.times import Doubt
from mshield.store.database.interface import Database, Tx
from mshield.store.database.queries import Queries

_SQL: Final = Queries("process", "clock")


@dataclass(frozen=True, slots=True)
class Looked:
    """`database_time` (ms) is None where the database has no clock of its own; `confirmed` the act's id."""

    database_time: int | None
    confirmed: str | None


@dataclass(frozen=True, slots=True)
class Mark:
    """How a machine's clocks stood (ms): the wall clock, and the time since it was started.

    `database_ahead` is what the first was ahead of the database's where somebody took that for right.
    """

    wall: int
    steady: int
    database_ahead: int


@dataclass(frozen=True, slots=True)
class DoubtRow:
    """A process that doubts its clock since then (ms)."""

    process: str
    doubt: Doubt
    since: int


async def read(db: Database, *, since: str) -> Looked:
    """The database's clock, and the newest confirmation whose act has an id from `since` on."""
    row = await db.one(_SQL["read"], since=since)
    return Looked(None, None) if row is None else Looked(row["database_time"], row["confirmed"])


async def confirmation(db: Database, *, act_id: str) -> dict[str, Any]:
    """What an act of a confirmation says."""
    row = await db.one(_SQL["find_confirmation"], id=act_id)
    return {} if row is None else dict(json.loads(row["details"]))


async def mark_of(db: Database, *, boot: str) -> Mark | None:
    """What was kept of this start of a machine."""
    row = await db.one(_SQL["mark_of"], boot=boot)
    return None if row is None else Mark(**row)


async def latest(db: Database) -> int:
    """The latest time (ms) that any machine's clock showed while it was believed; 0 where there is none."""
    row = await db.one(_SQL["latest"])
    return 0 if row is None else row["wall"] or 0


async def mark(db: Database | Tx, *, boot: str, mark: Mark) -> None:
    """Keeps how the clocks stand."""
    await db.run(
        _SQL["mark"], boot=boot, wall=mark.wall, steady=mark.steady, database_ahead=mark.database_ahead
    )


async def forget_later(tx: Tx, *, after: int) -> None:
    """Drops what was kept of a time after `after` (ms)."""
    await tx.run(_SQL["forget_later"], after=after)


async def doubt(db: Database, *, process: str, doubt: Doubt, now: int) -> None:
    """Says that a process doubts its clock."""
    await db.run(_SQL["doubt"], process=process, reason=doubt.reason, ahead=doubt.ahead, now=now)


async def end_doubt(db: Database, *, process: str) -> None:
    """Says that it does no more."""
    await db.run(_SQL["end_doubt"], process=process)


async def doubts(db: Database, *, since: int, until: int) -> list[DoubtRow]:
    """The processes that doubted their clock between these times (ms)."""
    rows = await db.all(_SQL["doubts"], since=since, until=until)
    return [DoubtRow(row["process"], Doubt(row["reason"], row["ahead"]), row["since"]) for row in rows]


async def purge(db: Database, *, before: int) -> int:
    """Deletes what is older (ms) and gives the number of rows."""
    return await db.run(_SQL["purge"], before=before) + await db.run(_SQL["purge_doubts"], before=before)
