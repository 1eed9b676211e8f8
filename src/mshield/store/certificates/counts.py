"""How many certificates there are, kept by kind and day of their end: read without looking at them all (ADR 118)."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from mshield.domain.times import DAY_MS
from mshield.store.database.interface import Database, Row, Tx, Undone
from mshield.store.database.queries import Queries

_SQL: Final = Queries("certificates", "counts")
KINDS: Final = ("active", "held", "locked", "ended")
"""`ended` was revoked or superseded; of the others the clock says whether they have expired."""

Key = tuple[str, int]
"""A kind, and the day of the end: days since 1970, in UTC."""


@dataclass(frozen=True, slots=True)
class Certificates:
    """Certificates by the state that people see; each counts once."""

    active: int
    due: int
    held: int
    locked: int
    ended: int


@dataclass(frozen=True, slots=True)
class Place:
    """Up to which place of the log events were counted, and whether the log's end was reached once."""

    place: int
    whole: bool


@dataclass(frozen=True, slots=True)
class PastRow:
    """An event as its row says, its place in the log, and its certificate's end (ms)."""

    serial: str
    log_index: int
    event: str
    state: str
    holds: str
    at: int
    revocation_reason: int | None
    not_after: int | None


async def begin(db: Database) -> None:
    """Begins at the log's first entry; without effect where that was done."""
    await db.run(_SQL["begin"])


async def find_place(db: Database | Tx) -> Place | None:
    """Where counting is; None before it began."""
    row = await db.one(_SQL["find_place"])
    return None if row is None else Place(row["place"], bool(row["whole"]))


async def next_events(tx: Tx, *, place: int, most: int) -> list[tuple[int, str]]:
    """Place in the log and serial of the events from there on, in the log's order."""
    rows: Sequence[Row] = await tx.all(_SQL["next_events"], place=place, most=most)
    return [(row["log_index"], row["serial"]) for row in rows]


async def histories(tx: Tx, serials: Sequence[str], *, until: int) -> dict[str, list[PastRow]]:
    """By serial all its events before this place of the log, in no order."""
    by_serial: dict[str, list[PastRow]] = defaultdict(list)
    for row in await tx.all(_SQL["histories"], serials=",".join(serials), until=until):
        by_serial[row["serial"]].append(PastRow(**row))
    return by_serial


async def add(tx: Tx, counts: Mapping[Key, int], *, was: int, to: Place) -> None:
    """Adds what the events from the place `was` up to another changed. Raises Undone where somebody else did."""
    if await tx.run(_SQL["advance"], was=was, place=to.place, whole=to.whole) != 1:
        raise Undone
    for (kind, ends_on), count in sorted(counts.items()):
        if count:
            await tx.run(_SQL["add"], kind=kind, ends_on=ends_on, count=count)


async def kept(db: Database, *, due: int, now: int) -> Certificates | None:
    """What was counted; `due` is until when (ms) an end makes a renewal due. None until all were counted once.

    Certificates that end today, or on the day that `due` falls on, are looked at one by one.
    """
    place = await find_place(db)
    if place is None or not place.whole:
        return None
    today, due_day = now // DAY_MS, due // DAY_MS
    sums = {row["kind"]: row for row in await db.all(_SQL["sums"], today=today, due_day=due_day)}
    expired = await _ending(db, start=today * DAY_MS, until=now)
    soon = await _ending(db, start=due_day * DAY_MS, until=due)

    def over(kind: str) -> int:
        # What changed since the last count may be in one of the two only.
        return sums[kind]["over"] + min(expired.get(kind, 0), sums[kind]["today"]) if kind in sums else 0

    def of(kind: str) -> int:
        names = ("over", "today", "soon", "due_day", "later")
        return sum(sums[kind][name] for name in names) if kind in sums else 0

    standing = {kind: of(kind) - over(kind) for kind in ("active", "held", "locked")}
    free = sums.get("active")
    later = 0 if free is None else free["later"] + max(0, free["due_day"] - soon.get("active", 0))
    return Certificates(
        active=later,
        due=standing["active"] - later,
        held=standing["held"],
        locked=standing["locked"],
        ended=of("ended") + sum(over(kind) for kind in standing),
    )


async def of_all(db: Database, *, due: int, now: int) -> Certificates:
    """The same by looking at all of them."""
    row = await db.one(_SQL["of_all"], due=due, now=now)
    return Certificates(0, 0, 0, 0, 0) if row is None else Certificates(**row)


async def _ending(db: Database, *, start: int, until: int) -> dict[str, int]:
    rows = await db.all(_SQL["ending"], start=start, until=until)
    return {row["kind"]: row["count"] for row in rows}
