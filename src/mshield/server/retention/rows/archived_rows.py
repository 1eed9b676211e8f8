"""Acts, and events of certificates that ended: read for archiving, and removed afterwards.

Acts on which the service itself relies are kept: on authorities, the beginning of seals, and erasures of
people.
"""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from mshield.server.database.interface import Database, Row, Tx
from mshield.server.database.queries import Queries

MOST: Final = 500
"""Number of acts, or certificates, read or removed in one transaction."""

_SQL: Final = Queries("retention", "archived_rows", as_is=True)


@dataclass(frozen=True, slots=True)
class EndedLife:
    """Certificate as stored, with all its events, oldest first."""

    certificate: Mapping[str, Any]
    events: tuple[Mapping[str, Any], ...]

    @property
    def place(self) -> tuple[int, str]:
        """Position in the list, from which the next page continues: end (ms) and serial."""
        return self.certificate["not_after"], self.certificate["serial"]


async def acts(db: Database, *, after: str, before: str) -> list[Row]:
    """Returns the first acts with ids above `after` and below `before`."""
    return await db.all(_SQL["acts"], after=after, before=before, most=MOST)


async def remove_acts(tx: Tx, *, after: str, last: str) -> int:
    """Removes acts with ids above `after` and up to `last`, and returns their number."""
    return await tx.run(_SQL["remove_acts"], after=after, last=last)


async def lives(db: Database, *, after: tuple[int, str], before: int) -> list[EndedLife]:
    """Returns the first certificates with events whose end (ms) lies after `after` and before `before`."""
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
    """Removes all events of certificates from place `first` to `last`, and returns their number."""
    return await tx.run(_SQL["remove_events"], since=first[0], first=first[1], until=last[0], last=last[1])


async def standing(db: Database, *, serial: str) -> Mapping[str, Any] | None:
    """Returns a certificate as stored, in the form of `lives`."""
    row = await db.one(_SQL["standing"], serial=serial)
    return None if row is None else dict(row)
