"""The service's own figures by the hour: counts that all processes add up, and what the dashboard reads beside them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from mshield.domain.times import HOUR_MS
from mshield.store.database.interface import Database, Tx
from mshield.store.database.queries import Queries

_SQL: Final = Queries("process", "metrics")

Key = tuple[str, str, int]
"""Operation, code of its outcome (empty: well), bucket of its time."""


@dataclass(frozen=True, slots=True)
class CountRow:
    """How often something was in the hour that begins at `hour` (ms)."""

    hour: int
    operation: str
    code: str
    bucket: int
    count: int


@dataclass(frozen=True, slots=True)
class CloneRow:
    """A shield that was stopped as a possible copy."""

    serial: str
    at: int
    shield_number: str


@dataclass(frozen=True, slots=True)
class DeadRow:
    """Webhooks of a business system that were given up, and when (ms) the last one was."""

    client_id: str
    name: str
    count: int
    at: int


async def add(db: Database, counts: Mapping[Key, int], *, hour: int) -> None:
    """Adds counts to those of an hour: all of them or none."""

    async def work(tx: Tx) -> None:
        # In one order in each process, so that two don't wait for each other crosswise.
        for (operation, code, bucket), count in sorted(counts.items()):
            await tx.run(_SQL["add"], hour=hour, operation=operation, code=code, bucket=bucket, count=count)

    await db.write(work)


async def between(db: Database, *, start: int, until: int) -> list[CountRow]:
    """All counts of the hours that begin in this time (ms)."""
    return [CountRow(**row) for row in await db.all(_SQL["between"], start=start, until=until)]


async def issued(db: Database, *, start: int, until: int) -> dict[int, int]:
    """Certificates issued, by the hour (ms) of their issue."""
    rows = await db.all(_SQL["issued"], hour_ms=HOUR_MS, start=start, until=until)
    return {row["hour"]: row["count"] for row in rows}


async def clones(db: Database, *, since: str, most: int) -> list[CloneRow]:
    """Possible copies since the event of this id, the newest first."""
    return [CloneRow(**row) for row in await db.all(_SQL["clones"], since=since, most=most)]


async def dead(db: Database, *, since: int) -> list[DeadRow]:
    """Webhooks that were given up since then, by business system."""
    return [DeadRow(**row) for row in await db.all(_SQL["dead"], since=since)]


async def purge(db: Database, *, before: int) -> int:
    """Deletes the counts of hours before that time (ms)."""
    return await db.run(_SQL["purge"], before=before)
