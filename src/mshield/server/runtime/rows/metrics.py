"""Hourly metrics summed over all processes, and further data for the dashboard."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from mshield.server.database.interface import Database, Tx
from mshield.server.database.queries import Queries
from mshield.wire.times import HOUR_MS

_SQL: Final = Queries("runtime", "metrics")

Key = tuple[str, str, int]
"""Operation, code of its outcome (empty: success), bucket of its duration."""


@dataclass(frozen=True, slots=True)
class CountRow:
    """Count of an operation's outcome and duration in the hour that begins at `hour` (ms)."""

    hour: int
    operation: str
    code: str
    bucket: int
    count: int


@dataclass(frozen=True, slots=True)
class CloneRow:
    """Shield on hold as a possible copy."""

    serial: str
    at: int
    shield_number: str


@dataclass(frozen=True, slots=True)
class DeadRow:
    """Given-up webhooks of a business system, and the time (ms) of the last one."""

    client_id: str
    name: str
    count: int
    at: int


async def add(db: Database, counts: Mapping[Key, int], *, hour: int) -> None:
    """Adds counts to those of an hour, all or none."""

    async def work(tx: Tx) -> None:
        # Same order in every process, so that two don't deadlock.
        for (operation, code, bucket), count in sorted(counts.items()):
            await tx.run(_SQL["add"], hour=hour, operation=operation, code=code, bucket=bucket, count=count)

    await db.write(work)


async def between(db: Database, *, start: int, until: int) -> list[CountRow]:
    """Returns all counts of the hours that begin in this period (ms)."""
    return [CountRow(**row) for row in await db.all(_SQL["between"], start=start, until=until)]


async def issued(db: Database, *, start: int, until: int) -> dict[int, int]:
    """Counts issued certificates by the hour (ms) of their issue."""
    rows = await db.all(_SQL["issued"], hour_ms=HOUR_MS, start=start, until=until)
    return {row["hour"]: row["count"] for row in rows}


async def clones(db: Database, *, since: str, most: int) -> list[CloneRow]:
    """Returns possible copies from the event with this id on, newest first."""
    return [CloneRow(**row) for row in await db.all(_SQL["clones"], since=since, most=most)]


async def dead(db: Database, *, since: int) -> list[DeadRow]:
    """Returns webhooks given up since `since` (ms), by business system."""
    return [DeadRow(**row) for row in await db.all(_SQL["dead"], since=since)]


async def purge(db: Database, *, before: int) -> int:
    """Deletes counts of hours before `before` (ms)."""
    return await db.run(_SQL["purge"], before=before)
