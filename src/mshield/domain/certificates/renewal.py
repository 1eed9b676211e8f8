"""Renewing a certificate (更新证书, manual 2.3.1.6, R11, R22): when it is due, and a renewal's life as a table.

Half a year is six calendar months, counted in the deployment's time zone: people read a certificate's last day on a
calendar. The certificate in force stays in force until the new one is confirmed.
"""

import calendar
import datetime as dt
from collections.abc import Iterable, Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from mshield.domain import errors
from mshield.domain.certificates.states import CertificateState, Hold, usable
from mshield.domain.times import SECOND_MS

MONTHS: Final = 6
"""Half a year: with less left, renewal is due."""


class Reason(StrEnum):
    """Why a renewal is due, the more urgent first."""

    FILING_CHANGED = "filing_changed"
    ENDING = "ending"


class RenewalState(StrEnum):
    """Where a renewal stands."""

    BEGUN = "begun"
    ISSUED = "issued"
    CONFIRMED = "confirmed"
    ENDED = "ended"


class RenewalEvent(StrEnum):
    """What happens to a renewal."""

    ISSUE = "issue"
    CONFIRM = "confirm"
    END = "end"


_S = RenewalState

TABLE: Final[Mapping[tuple[RenewalState, RenewalEvent], RenewalState]] = MappingProxyType(
    {
        (_S.BEGUN, RenewalEvent.ISSUE): _S.ISSUED,
        (_S.BEGUN, RenewalEvent.END): _S.ENDED,
        (_S.ISSUED, RenewalEvent.CONFIRM): _S.CONFIRMED,
        (_S.ISSUED, RenewalEvent.END): _S.ENDED,
    }
)
"""Everything that may happen; what isn't here can't. A device has one renewal at most that isn't over."""


def sources(event: RenewalEvent) -> frozenset[RenewalState]:
    """The states in which the event may happen: what a guarded update compares."""
    return frozenset(source for source, possible in TABLE if possible is event)


def half_year_before(not_after: int, zone: dt.tzinfo) -> int:
    """The moment six calendar months before the end, at the same time of day; both in ms.

    Where the earlier month has no such day it is that month's last day: six months before 31 August is 28 February,
    in a leap year 29. A time of day that a change of clocks skips or repeats is the earlier of the two.
    """
    return _moved(not_after, -MONTHS, zone)


def half_year_after(now: int, zone: dt.tzinfo) -> int:
    """The moment six calendar months later; both in ms. What ends before it is due, to a day at the end of a month."""
    return _moved(now, MONTHS, zone)


def _moved(time: int, months: int, zone: dt.tzinfo) -> int:
    then = dt.datetime.fromtimestamp(time / SECOND_MS, zone)
    year, month = divmod(then.year * 12 + then.month - 1 + months, 12)
    day = min(then.day, calendar.monthrange(year, month + 1)[1])
    moved = then.replace(year=year, month=month + 1, day=day, microsecond=0)
    # Of a repeated time fold 0 is the earlier reading, of a skipped one fold 1 (PEP 495).
    earlier = min(moved.replace(fold=fold).timestamp() for fold in (0, 1))
    return int(earlier) * SECOND_MS + time % SECOND_MS


def why_due(
    *, not_after: int, certified_version: int, filed_version: int | None, zone: dt.tzinfo, now: int
) -> Reason | None:
    """Why renewal is due now, or None. `filed_version` is None where the person is no longer on file.

    Exactly half a year is not yet less than half a year. Whether the certificate may be renewed at all is another
    question: see `domain.certificates.require_usable`.
    """
    if filed_version is not None and filed_version != certified_version:
        return Reason.FILING_CHANGED
    return Reason.ENDING if now > half_year_before(not_after, zone) else None


EXPIRING: Final = "expiring"
"""即将到期, as lists name it: beside the states, as no certificate is stored so."""


def expiring(
    *, state: CertificateState, holds: Iterable[Hold], not_after: int, zone: dt.tzinfo, now: int
) -> bool:
    """Whether it can be used and renewal is due for its time (R11): as the overview counts, and lists narrow."""
    is_due = not_after <= half_year_after(now, zone)
    return is_due and usable(state=state, holds=holds, not_after=not_after, now=now)


def require_due(reason: Reason | None, *, not_after: int, zone: dt.tzinfo) -> Reason:
    """The reason. Raises RenewalNotDue, which says from when (ms) a renewal is possible."""
    if reason is None:
        raise errors.RenewalNotDue(possible_after=half_year_before(not_after, zone))
    return reason
