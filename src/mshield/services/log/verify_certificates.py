"""Checks that its events explain how each certificate stands: state, holds, times and the reason of its revocation.

What was issued, the certificate itself, stands in the entry of its issue and is checked there. The standing needs no
clock: it is that of all events in any order that the domain's table allows. Of certificates that ended so long ago that
their events were archived, the archive's check says so.
"""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Final

from mshield.domain.certificates.history import (
    Happened,
    may_be_held_since,
    may_be_last,
    standing_of,
)
from mshield.domain.certificates.states import (
    CertificateEvent,
    CertificateState,
    Standing,
    format_holds,
    parse_holds,
)
from mshield.services.log.archived import archived_months
from mshield.services.log.findings import Finding, shown
from mshield.store.database.interface import Database
from mshield.store.log import log as store
from mshield.store.log.log import ISSUES, Life, RecordedEvent

_PAGE: Final = 500
_FEW: Final = 10
_ENDED: Final = frozenset({CertificateState.REVOKED, CertificateState.SUPERSEDED})
_SKEW_MS: Final = 20_000
"""How far clocks may differ (docs/jobs.md): of events so close that left one standing, each may be the last."""


async def check_certificates(db: Database) -> AsyncIterator[Finding]:
    """A finding for each certificate that stands otherwise than by its events, or isn't there."""
    after, archived = "", await archived_months(db, kind="certificate_events")
    while page := await store.lives(db, after=after, limit=_PAGE):
        for life in page:
            if not life.events and life.signed and _month(life.not_after) in archived:
                continue
            if type(life.serial) is not str or not explained(life):
                yield Finding("unexplained", table="certificates", row=shown(life.serial))
        after = page[-1].serial
        if type(after) is not str:  # bytes, which SQLite keeps too; they come after all texts
            break
    for serial in await store.serials_without_certificate(db, limit=_FEW):
        yield Finding("certificate_missing", table="certificates", row=shown(serial))


def _month(at: object) -> str | None:
    return datetime.fromtimestamp(at / 1000, UTC).strftime("%Y-%m") if type(at) is int else None


def explained(life: Life) -> bool:
    """Whether the certificate stands as all its events leave it; without any, as a reservation."""
    if not life.events:
        return not life.signed and life.is_reservation
    if life.signed is not any(event.event in ISSUES for event in life.events):
        return False
    try:
        history = [_happened(event) for event in life.events]
    except (ValueError, TypeError, AttributeError):  # words or values that this service never writes
        return False
    standing = standing_of(history)
    if standing is None:
        return False
    if not may_be_held_since(history, standing, life.held_since, skew=_SKEW_MS):
        return False
    last = may_be_last(history, standing)
    newest = max((event.at for event in last), default=0)
    return any(life.now == _columns(event) for event in last if event.at >= newest - _SKEW_MS)


def _happened(row: RecordedEvent) -> Happened:
    if type(row.at) is not int:
        raise TypeError
    left = Standing(CertificateState(row.state), parse_holds(row.holds))
    return Happened(CertificateEvent(row.event), left, row.at, row.revocation_reason)


def _columns(last: Happened) -> tuple[object, ...]:
    """What the certificate's row says when this was the last event."""
    ended = last.left.state in _ENDED
    return (
        last.left.state.value,
        format_holds(last.left.holds),
        last.at,
        last.at if ended else None,
        last.revocation_reason if ended else None,
    )
