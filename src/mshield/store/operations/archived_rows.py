"""Acts, and what happened to certificates that ended: read to be archived, and removed once they are.

Acts that the service itself goes by stay: what was done to authorities, when seals began, what was erased for whom.
"""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from mshield.store.database.interface import Database, Row, Tx
from mshield.store.database.queries import Queries

MOST: Final = 500
"""Acts, or certificates, that are read or removed in one transaction."""

_SQL: Final = Queries("operations", "archived_rows", as_is=True)


@dataclass(frozen=True, slots=True)
class EndedLife:
    """A certificate as it stands, and all its events, the oldest first."""

    certificate: Mapping[str, Any]
    events: tuple[Mapping[str, Any], ...]

    @property
    def place(self) -> tuple[int, str]:
        """After which the next one is looked for: its end (ms) and serial."""
        return self.certificate["not_after"], self.certificate["serial"]


async def acts(db: Database, *, after: str, before: str) -> list[Row]:
    """The acts beyond one id and below another, the first of them."""
    return await db.all(_SQL["acts"], after=after, before=before, most=MOST)


async def remove_acts(tx: Tx, *, after: str, last: str) -> int:
    """Removes those beyond one id and up to another; gives their number."""
    return await tx.run(_SQL["remove_acts"], after=after, last=last)


async def lives(db: Database, *, after: tuple[int, str], before: int) -> list[EndedLife]:
    """Certificates with events that end (ms) beyond a place and before a time, the first of them."""
    since, serial = after
    rows = await db.all(_SQL["ended"], since=since, after=serial, before=before, most=MOST)
    if not rows:
        return []
    first, last = rows[0], rows[-1]
    events = defaultdict[str, list[Row]](list)
    for event in await db.all(
        _SQL["events"],
        since=first["not_after"],
        first=first["serial"],
        until=last["not_after"],
        last=last["serial"],
    ):
        events[event["serial"]].append(event)
    return [EndedLife(dict(row), tuple(map(dict, events[row["serial"]]))) for row in rows]


async def remove_events(tx: Tx, *, first: tuple[int, str], last: tuple[int, str]) -> int:
    """Removes all events of certificates from one place to another; gives their number."""
    return await tx.run(_SQL["remove_events"], since=first[0], first=first[1], until=last[0], last=last[1])


async def standing(db: Database, *, serial: str) -> Mapping[str, Any] | None:
    """A certificate as it stands, as `lives` gives it."""
    row = await db.one(_SQL["standing"], serial=serial)
    return None if row is None else dict(row)
