"""Check that events explain the state of each certificate: state, holds, times and reason of its revocation.

The certificate itself is in the log entry of its issue, and is checked there. The state is derived from all
events, in any order that the table of states permits, without relying on clocks. Certificates whose events
were archived are covered by the check of the archive.
"""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Final

from mshield.server.certificates.rules.history import Happened, may_be_held_since, may_be_last, standing_of
from mshield.server.certificates.rules.states import (
    CertificateEvent,
    CertificateState,
    Standing,
    format_holds,
    parse_holds,
)
from mshield.server.database.interface import Database
from mshield.server.log.archived import archived_months
from mshield.server.log.findings import Finding, shown
from mshield.server.log.rows import log as store
from mshield.server.log.rows.log import ISSUES, Life, RecordedEvent

_PAGE: Final = 500
_FEW: Final = 10
_ENDED: Final = frozenset({CertificateState.REVOKED, CertificateState.SUPERSEDED})
_SKEW_MS: Final = 20_000
"""Maximum difference of clocks (docs/jobs.md).

If events within this time leave the same state, any of them may be the last.
"""


async def check_certificates(db: Database) -> AsyncIterator[Finding]:
    """Yields a finding for each certificate that is missing, or whose events don't explain its state."""
    after, archived = "", await archived_months(db, kind="certificate_events")
    while page := await store.lives(db, after=after, limit=_PAGE):
        for life in page:
            if not life.events and life.signed and _month(life.not_after) in archived:
                continue
            if type(life.serial) is not str or not explained(life):
                yield Finding("unexplained", table="certificates", row=shown(life.serial))
        after = page[-1].serial
        if type(after) is not str:  # bytes, which SQLite stores too; they sort after all text
            break
    for serial in await store.serials_without_certificate(db, limit=_FEW):
        yield Finding("certificate_missing", table="certificates", row=shown(serial))


def _month(at: object) -> str | None:
    return datetime.fromtimestamp(at / 1000, UTC).strftime("%Y-%m") if type(at) is int else None


def explained(life: Life) -> bool:
    """Reports whether the events explain the certificate's state; without events, it must be a reservation."""
    if not life.events:
        return not life.signed and life.is_reservation
    if life.signed is not any(event.event in ISSUES for event in life.events):
        return False
    try:
        history = [_past_event(event) for event in life.events]
    except (ValueError, TypeError, AttributeError):  # Values that this service never writes.
        return False
    standing = standing_of(history)
    if standing is None:
        return False
    if not may_be_held_since(history, standing, life.held_since, skew=_SKEW_MS):
        return False
    last = may_be_last(history, standing)
    newest = max((event.at for event in last), default=0)
    return any(life.now == _columns(event) for event in last if event.at >= newest - _SKEW_MS)


def _past_event(row: RecordedEvent) -> Happened:
    if type(row.at) is not int:
        raise TypeError
    left = Standing(CertificateState(row.state), parse_holds(row.holds))
    return Happened(CertificateEvent(row.event), left, row.at, row.revocation_reason)


def _columns(last: Happened) -> tuple[object, ...]:
    """Returns the certificate row's columns as they must be if this was the last event."""
    ended = last.left.state in _ENDED
    return (
        last.left.state.value,
        format_holds(last.left.holds),
        last.at,
        last.at if ended else None,
        last.revocation_reason if ended else None,
    )
