"""Checks that events explain how each certificate stands: its state, holds and times are those of its last event.

What was issued, the certificate itself, stands in the entry of its issue and is checked there.
"""

from collections.abc import AsyncIterator
from itertools import groupby
from typing import Final

from mshield.services.log.findings import Finding
from mshield.store import log as store
from mshield.store.database import Database
from mshield.store.log import Standing

_PAGE: Final = 500
_SKEW_MS: Final = 5_000
"""How far processes' clocks may differ: of events so close together, each may have been the last."""


async def check_certificates(db: Database) -> AsyncIterator[Finding]:
    """A finding for each certificate that stands otherwise than by one of its last events."""
    after = ""
    while page := await store.standings(db, after=after, limit=_PAGE, skew=_SKEW_MS):
        for serial, events in groupby(page, key=lambda standing: standing.serial):
            if not _explained(list(events)):
                yield Finding("unexplained", table="certificates", row=serial)
        after = page[-1].serial


def _explained(events: list[Standing]) -> bool:
    if events[0].event is None:
        return events[0].reserved
    return any(each.now == each.event for each in events)
