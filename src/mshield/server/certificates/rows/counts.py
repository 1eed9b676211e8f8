"""Number of certificates by kind and last day, maintained so that no full scan is needed (ADR 118)."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from mshield.server.certificates.rules.messages import CertificateCountsMessage
from mshield.server.database.interface import Database, Row, Tx, Undone
from mshield.server.database.queries import Queries
from mshield.wire.times import DAY_MS

_SQL: Final = Queries("certificates", "counts")

Key = tuple[str, int]
"""Kind, and the day of the end: days since 1970 in UTC.

Kinds are `active`, `held`, `locked` and `ended` (revoked or superseded); whether the others are expired depends on the
clock.
"""


@dataclass(frozen=True, slots=True)
class Place:
    """Position in the log up to which events are counted, and whether the log's end was ever reached."""

    place: int
    whole: bool


@dataclass(frozen=True, slots=True)
class PastRow:
    """Event with its position in the log, and the end of its certificate (ms)."""

    serial: str
    log_index: int
    event: str
    state: str
    holds: str
    at: int
    revocation_reason: int | None
    not_after: int | None


async def begin(db: Database) -> None:
    """Starts counting at the log's first entry; no-op if already started."""
    await db.run(_SQL["begin"])


async def find_place(db: Database | Tx) -> Place | None:
    """Returns the current position; None before counting began."""
    row = await db.one(_SQL["find_place"])
    return None if row is None else Place(row["place"], bool(row["whole"]))


async def next_events(tx: Tx, *, place: int, most: int) -> list[tuple[int, str]]:
    """Returns log position and serial of the events from `place` on, in the log's order."""
    rows: Sequence[Row] = await tx.all(_SQL["next_events"], place=place, most=most)
    return [(row["log_index"], row["serial"]) for row in rows]


async def histories(tx: Tx, serials: Sequence[str], *, until: int) -> dict[str, list[PastRow]]:
    """Returns by serial all events before the log position `until`, in no order."""
    by_serial: dict[str, list[PastRow]] = defaultdict(list)
    for row in await tx.all(_SQL["histories"], serials=",".join(serials), until=until):
        by_serial[row["serial"]].append(PastRow(**row))
    return by_serial


async def add(tx: Tx, counts: Mapping[Key, int], *, was: int, to: Place) -> None:
    """Adds the effects of the events from position `was` to `to`.

    Raises: Undone (somebody else counted them).
    """
    if await tx.run(_SQL["advance"], was=was, place=to.place, whole=to.whole) != 1:
        raise Undone
    for (kind, ends_on), count in sorted(counts.items()):
        if count:
            await tx.run(_SQL["add"], kind=kind, ends_on=ends_on, count=count)


async def stored(db: Database, *, due: int, now: int) -> CertificateCountsMessage | None:
    """Returns the maintained counts; None until all events were counted once.

    Renewal is due for certificates that end by `due` (ms). CertificateCountsMessage that end today, or on the day of
    `due`, are counted individually.
    """
    place = await find_place(db)
    if place is None or not place.whole:
        return None
    today, due_day = now // DAY_MS, due // DAY_MS
    sums = {row["kind"]: row for row in await db.all(_SQL["sums"], today=today, due_day=due_day)}
    expired = await _count_ending(db, start=today * DAY_MS, until=now)
    soon = await _count_ending(db, start=due_day * DAY_MS, until=due)

    def over(kind: str) -> int:
        # Recent changes may be in one of the two only, so take the smaller number.
        return sums[kind]["over"] + min(expired.get(kind, 0), sums[kind]["today"]) if kind in sums else 0

    def of(kind: str) -> int:
        names = ("over", "today", "soon", "due_day", "later")
        return sum(sums[kind][name] for name in names) if kind in sums else 0

    standing = {kind: of(kind) - over(kind) for kind in ("active", "held", "locked")}
    free = sums.get("active")
    later = 0 if free is None else free["later"] + max(0, free["due_day"] - soon.get("active", 0))
    return CertificateCountsMessage(
        active=later,
        due=standing["active"] - later,
        held=standing["held"],
        locked=standing["locked"],
        ended=of("ended") + sum(over(kind) for kind in standing),
    )


async def of_all(db: Database, *, due: int, now: int) -> CertificateCountsMessage:
    """Returns the same counts by a scan of all certificates."""
    row = await db.one(_SQL["of_all"], due=due, now=now)
    return CertificateCountsMessage(0, 0, 0, 0, 0) if row is None else CertificateCountsMessage(**row)


async def _count_ending(db: Database, *, start: int, until: int) -> dict[str, int]:
    rows = await db.all(_SQL["ending"], start=start, until=until)
    return {row["kind"]: row["count"] for row in rows}
