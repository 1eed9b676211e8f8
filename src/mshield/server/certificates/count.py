"""Counts of certificates by state, updated in the order of the log, so that no certificate is read twice (ADR 118).

A certificate's category depends only on its set of events up to a position of the log, not on their times.
Continuing from a position therefore gives the same result as a full recount. Each position is counted once,
in one transaction with the counts.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from mshield.server.certificates.rows import counts as store
from mshield.server.certificates.rows.counts import Key, PastRow, Place
from mshield.server.certificates.rules.history import Happened, standing_of
from mshield.server.certificates.rules.states import CertificateEvent, CertificateState, Standing, parse_holds
from mshield.server.database.interface import Database, Tx, Undone
from mshield.server.log.rows.log import ISSUES
from mshield.wire.times import DAY_MS

BATCH: Final = 256
"""Events per transaction: some tens of milliseconds, since it holds SQLite's only writer."""
_MOST: Final = 200_000
"""Maximum number of events per run: after an upgrade, several runs count the older events."""


@dataclass(frozen=True, slots=True)
class CountCertificates:
    """Updates the counts from the last position on."""

    db: Database

    async def __call__(self) -> int:
        """Returns the number of events counted. May be interrupted anywhere."""
        await store.begin(self.db)
        total, added = 0, BATCH
        while added == BATCH and total < _MOST:
            try:
                added = await self.db.write(_count_batch)
            except Undone:  # another process is counting
                break
            total += added
        return total


async def _count_batch(tx: Tx) -> int:
    place = await store.find_place(tx)
    if place is None:
        raise Undone
    events = await store.next_events(tx, place=place.place, most=BATCH)
    to = Place(
        events[-1][0] + 1 if events else place.place,
        whole=place.whole or len(events) < BATCH,
    )
    if to == place:
        return 0
    serials = sorted({serial for _, serial in events})
    histories = await store.histories(tx, serials, until=to.place) if serials else {}
    changed: Counter[Key] = Counter()
    for past in histories.values():
        before = _key(row for row in past if row.log_index < place.place)
        after = _key(past)
        if before is not None:
            changed[before] -= 1
        if after is not None:
            changed[after] += 1
    await store.add(tx, changed, was=place.place, to=to)
    return len(events)


def _key(rows: Iterable[PastRow]) -> Key | None:
    """Returns the certificate's category; None if it wasn't in force yet, or its events are inconsistent."""
    past = list(rows)
    try:
        standing = standing_of([_past_event(row) for row in past])
    except ValueError:  # values that this service never writes; `log verify` reports them
        return None
    end = past[0].not_after if past else None
    was_issued = any(row.event in ISSUES for row in past)
    if standing is None or end is None or not was_issued or standing.state is CertificateState.ISSUED:
        return None
    return _category(standing), end // DAY_MS


def _category(standing: Standing) -> str:
    if standing.state in {CertificateState.REVOKED, CertificateState.SUPERSEDED}:
        return "ended"
    if standing.state is CertificateState.PIN_LOCKED:
        return "locked"
    return "held" if standing.holds else "active"


def _past_event(row: PastRow) -> Happened:
    left = Standing(CertificateState(row.state), parse_holds(row.holds))
    return Happened(CertificateEvent(row.event), left, row.at, row.revocation_reason)
