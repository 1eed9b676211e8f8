"""Renewal of a certificate (更新证书, manual 2.3.1.6, R11, R22): when it is due, and its life cycle as a table.

Half a year is six calendar months in the deployment's time zone, since people read a certificate's last day
on a calendar. The certificate in force stays in force until the new one is confirmed.
"""

import calendar
import datetime as dt
from collections.abc import Iterable, Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from mshield.server.certificates.errors import RenewalNotDue
from mshield.server.certificates.rules.states import CertificateState, Hold, usable
from mshield.wire.phone.enrolment import Reason
from mshield.wire.times import SECOND_MS

MONTHS: Final = 6
"""Remaining months below which renewal is due."""


class RenewalState(StrEnum):
    """State of a renewal."""

    BEGUN = "begun"
    ISSUED = "issued"
    CONFIRMED = "confirmed"
    ENDED = "ended"


class RenewalEvent(StrEnum):
    """Event in the life of a renewal."""

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
"""All permitted transitions. A device has at most one renewal in progress."""


def half_year_before(not_after: int, zone: dt.tzinfo) -> int:
    """Returns the moment six calendar months before the end, at the same time of day; both in ms.

    Where the earlier month has no such day, its last day is used: six months before 31 August is 28 February,
    in a leap year 29. A time of day that a clock change skips or repeats is the earlier of the two.
    """
    return _add_months(not_after, -MONTHS, zone)


def half_year_after(now: int, zone: dt.tzinfo) -> int:
    """Returns the moment six calendar months later; both in ms.

    A certificate that ends before it is due for renewal, accurate to a day at the end of a month.
    """
    return _add_months(now, MONTHS, zone)


def _add_months(time: int, months: int, zone: dt.tzinfo) -> int:
    then = dt.datetime.fromtimestamp(time / SECOND_MS, zone)
    year, month = divmod(then.year * 12 + then.month - 1 + months, 12)
    day = min(then.day, calendar.monthrange(year, month + 1)[1])
    target = then.replace(year=year, month=month + 1, day=day, microsecond=0)
    # For a repeated time fold 0 is the earlier instant, for a skipped one fold 1 (PEP 495).
    earlier = min(target.replace(fold=fold).timestamp() for fold in (0, 1))
    return int(earlier) * SECOND_MS + time % SECOND_MS


def due_reason(
    *,
    not_after: int,
    certified_version: int,
    filed_version: int | None,
    ca_changed: bool = False,
    zone: dt.tzinfo,
    now: int,
) -> Reason | None:
    """Returns why renewal is due now, or None. `filed_version` is None if the person is no longer on file.

    `ca_changed`: another CA issues for this person now than the certificate's.

    Exactly half a year is not yet less than half a year. Whether the certificate may be renewed at all is
    decided by `rules.states.require_usable`.
    """
    if filed_version is not None and filed_version != certified_version:
        return Reason.FILING_CHANGED
    if now > half_year_before(not_after, zone):
        return Reason.ENDING
    return Reason.CA_CHANGED if ca_changed else None


EXPIRING: Final = "expiring"
"""State 即将到期 in lists. It is computed and never stored."""


def expiring(
    *, state: CertificateState, holds: Iterable[Hold], not_after: int, zone: dt.tzinfo, now: int
) -> bool:
    """Reports whether the certificate is usable and due for renewal by its end date (R11).

    Counts and filters use it.
    """
    is_due = not_after <= half_year_after(now, zone)
    return is_due and usable(state=state, holds=holds, not_after=not_after, now=now)


def require_due(reason: Reason | None, *, not_after: int, zone: dt.tzinfo) -> Reason:
    """Returns the reason. Raises: RenewalNotDue, with the time (ms) from which renewal is possible."""
    if reason is None:
        raise RenewalNotDue(possible_after=half_year_before(not_after, zone))
    return reason
