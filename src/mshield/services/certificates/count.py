"""Counts certificates by what happened to them, in the order of the log: no certificate is looked at twice (ADR 118).

What a certificate counts as follows from the set of its events up to a place of the log, whatever clocks wrote them; so
counting on from a place gives what counting all would. Each place is counted once, in one transaction with the counts.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from mshield.domain.certificates.history import Happened, standing_of
from mshield.domain.certificates.states import CertificateEvent, CertificateState, Standing, parse_holds
from mshield.domain.times import DAY_MS
from mshield.store.certificates import counts as store
from mshield.store.certificates.counts import Key, PastRow, Place
from mshield.store.database.interface import Database, Tx, Undone
from mshield.store.log.log import ISSUES

BATCH: Final = 256
"""Events of one transaction: some tens of milliseconds, as it holds SQLite's only writer."""
_MOST: Final = 200_000
"""Events that one run counts at most: after an upgrade several runs count what came before it."""


@dataclass(frozen=True, slots=True)
class CountCertificates:
    """Goes on counting from where it was."""

    db: Database

    async def __call__(self) -> int:
        """The number of events. May be cut short anywhere."""
        await store.begin(self.db)
        done, added = 0, BATCH
        while added == BATCH and done < _MOST:
            try:
                added = await self.db.write(_some)
            except Undone:  # another process is at it
                break
            done += added
        return done


async def _some(tx: Tx) -> int:
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
    """What the certificate counts as; None for one that wasn't in force yet, or whose events don't explain it."""
    past = list(rows)
    try:
        standing = standing_of([_happened(row) for row in past])
    except ValueError:  # words that this service never writes: `log verify` tells of them
        return None
    end = past[0].not_after if past else None
    was_issued = any(row.event in ISSUES for row in past)
    if standing is None or end is None or not was_issued or standing.state is CertificateState.ISSUED:
        return None
    return _kind(standing), end // DAY_MS


def _kind(standing: Standing) -> str:
    if standing.state in {CertificateState.REVOKED, CertificateState.SUPERSEDED}:
        return "ended"
    if standing.state is CertificateState.PIN_LOCKED:
        return "locked"
    return "held" if standing.holds else "active"


def _happened(row: PastRow) -> Happened:
    left = Standing(CertificateState(row.state), parse_holds(row.holds))
    return Happened(CertificateEvent(row.event), left, row.at, row.revocation_reason)
