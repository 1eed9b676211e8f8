"""Erases what is kept no longer (docs/retention.md), some rows at a time, from where it was; `mshield retention` tells.

Before the first row of a run goes, an act says what may be gone by now; it enters the log. How far it came is marked:
`mshield log verify` takes a signed document beyond that without its content for tampered with.
"""

import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Final

from mshield.domain.actor import SERVICE
from mshield.domain.requests import LONGEST_LIFE_MS
from mshield.domain.retention.kinds import RETENTION, Kind
from mshield.domain.times import DAY_MS
from mshield.keep_settings import KeepSettings
from mshield.services.process.clock_watch import ClockWatch
from mshield.services.process.metrics import Count, uncounted
from mshield.store.database.interface import Database, Tx, Undone
from mshield.store.operations import retention as standing
from mshield.store.requests import retention as store
from mshield.store.requests.retention import Bounds, Due, Step
from mshield.store.staff import acts

STEPS: Final = 5_000
"""Steps of one kind in one run, about a million requests; the next run takes the rest."""

LONGEST_SECONDS: Final = 1800.0
"""After so long a run leaves the rest to the next one, which comes within the hour."""

_Erase = Callable[..., Awaitable[Step | None]]
_ERASE: Final[Mapping[Kind, _Erase]] = {
    Kind.CONTENTS: store.erase_contents,
    Kind.LATE_CONTENTS: store.erase_contents,
    Kind.UNANSWERED: store.delete_unanswered,
    Kind.PERSONAL: store.erase_personal,
    Kind.OWN_TASKS: store.delete_own_tasks,
}
_COUNTED: Final[Mapping[Kind, str]] = {
    Kind.CONTENTS: "contents",
    Kind.LATE_CONTENTS: "contents",
    Kind.UNANSWERED: "unanswered",
    Kind.PERSONAL: "personal",
    Kind.OWN_TASKS: "own_tasks",
}


@dataclass(frozen=True, slots=True)
class Foreseen:
    """One kind: what the next run would erase (None: not counted), what was so far, from when on (ms) anything is."""

    kind: Kind
    due: Due | None
    erased: int
    begins_at: int


def bounds_of(kind: Kind, settings: KeepSettings, *, after: str, now: int) -> Bounds:
    """What of this kind is over by now. No request outlives a day and its prolongation: its id says when it ended."""
    if kind is Kind.OWN_TASKS:
        return Bounds(after or "0", str(max(0, now - settings.keep_unanswered_days * DAY_MS)))
    days = {
        Kind.CONTENTS: settings.keep_content_days,
        Kind.LATE_CONTENTS: 2 * settings.keep_content_days
        + 2,  # fetched on its last day, and kept as long again
        Kind.UNANSWERED: settings.keep_unanswered_days,
        Kind.PERSONAL: settings.keep_request_days,
    }[kind]
    return Bounds(
        after,
        store.before_id(now - days * DAY_MS - LONGEST_LIFE_MS),
        # What logins were over goes with the other personal data, whenever it was fetched.
        fetched_before=now if kind is Kind.PERSONAL else now - settings.keep_content_days * DAY_MS,
        ended_before=now - settings.keep_unanswered_days * DAY_MS,
    )


async def erase(
    db: Database,
    settings: KeepSettings,
    watch: ClockWatch,
    count: Count = uncounted,
    *,
    steps: int = STEPS,
) -> int:
    """Erases what is over; gives the number of rows. Raises ClockDoubted, between two steps too, and StoreError."""
    erased, over = 0, time.monotonic() + LONGEST_SECONDS
    for kind in Kind:
        rows = 0
        async for step in _steps(db, settings, watch, kind, steps):
            rows += step.erased
            if time.monotonic() > over:
                break
        if rows:
            count("retention", kind.value, rows)
        erased += rows
    return erased


async def foresee(db: Database, settings: KeepSettings, *, now: int, counting: bool = True) -> list[Foreseen]:
    """What the next run would erase, were it the one after the days of grace; nothing is changed."""
    known = await standing.standings(db)
    foreseen = []
    for kind in Kind:
        row = known.get(kind)
        bounds = bounds_of(kind, settings, after=row.place if row else "", now=now)
        due = await store.count(db, _COUNTED[kind], bounds) if counting else None
        since = (row.since if row else now) + settings.keep_grace_days * DAY_MS
        foreseen.append(Foreseen(kind, due, row.erased if row else 0, since))
    return foreseen


async def _steps(
    db: Database, settings: KeepSettings, watch: ClockWatch, kind: Kind, steps: int
) -> AsyncIterator[Step]:
    now = _sure(watch)
    await standing.begin(db, kind=kind, now=now)
    row = (await standing.standings(db))[kind]
    if now < row.since + settings.keep_grace_days * DAY_MS:
        return
    bounds = bounds_of(kind, settings, after=row.place, now=now)
    if kind is not Kind.OWN_TASKS and await store.has_any(db, bounds):
        await _announce(db, kind, bounds, now=now)
    for _ in range(steps):
        step = await _one(db, kind, bounds, was=row.place, now=_sure(watch))
        if step is None:
            return
        yield step
        row = standing.Standing(kind, row.since, step.place, row.erased + step.erased, now)
        bounds = Bounds(step.place, bounds.before, bounds.fetched_before, bounds.ended_before)


async def _one(db: Database, kind: Kind, bounds: Bounds, *, was: str, now: int) -> Step | None:
    async def work(tx: Tx) -> Step | None:
        step = await _ERASE[kind](tx, bounds, now=now)
        if step is not None:
            await standing.advance(tx, kind=kind, was=was, place=step.place, erased=step.erased, now=now)
        return step

    try:
        return await db.write(work)
    except Undone:  # another process is at it
        return None


async def _announce(db: Database, kind: Kind, bounds: Bounds, *, now: int) -> None:
    """The act is there before the first row goes: whoever is killed in between has announced too much, never less."""

    async def work(tx: Tx) -> None:
        details = {"contents_from": bounds.after, "contents_until": bounds.before}
        await acts.record(tx, by=SERVICE, act=RETENTION, subject=kind.value, details=details, now=now)

    await db.write(work)


def _sure(watch: ClockWatch) -> int:
    """The time, by which something is erased for good. Raises ClockDoubted."""
    watch.require_sure()
    return watch()
