"""The life of a business system's request: one table, from which the diagram in the docs is made.

Guarded updates in the store use the same sources: a request leaves a state once, and ends once.
"""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from mshield.domain import errors
from mshield.domain.times import DAY_MS, HOUR_MS, MINUTE_MS


class RequestState(StrEnum):
    """Where a request stands."""

    WAITING = "waiting"
    SCANNED = "scanned"
    SIGNED = "signed"
    DECLINED = "declined"
    EXPIRED = "expired"
    CANCELLED = "cancelled"


class RequestEvent(StrEnum):
    """What happens to a request."""

    SCAN = "scan"
    SIGN = "sign"
    DECLINE = "decline"
    EXPIRE = "expire"
    CANCEL = "cancel"


_W, _S = RequestState.WAITING, RequestState.SCANNED

TABLE: Final[Mapping[tuple[RequestState, RequestEvent], RequestState]] = MappingProxyType(
    {
        (_W, RequestEvent.SCAN): RequestState.SCANNED,
        (_S, RequestEvent.SIGN): RequestState.SIGNED,
        (_S, RequestEvent.DECLINE): RequestState.DECLINED,
        (_W, RequestEvent.EXPIRE): RequestState.EXPIRED,
        (_S, RequestEvent.EXPIRE): RequestState.EXPIRED,
        (_W, RequestEvent.CANCEL): RequestState.CANCELLED,
        (_S, RequestEvent.CANCEL): RequestState.CANCELLED,
    }
)
"""Everything that may happen; what isn't here can't."""

OPEN: Final = frozenset(source for source, _ in TABLE)
"""States that a request can still leave."""


def next_state(state: RequestState, event: RequestEvent) -> RequestState:
    """The state after the event. Raises ExpiredRequest, RequestClosed for an ended one, Conflict for a wrong order."""
    following = TABLE.get((state, event))
    if following is not None:
        return following
    if state is RequestState.EXPIRED:
        raise errors.ExpiredRequest
    if state not in OPEN:
        raise errors.RequestClosed(state=state.value)
    raise errors.Conflict(state=state.value)


def sources(event: RequestEvent) -> frozenset[RequestState]:
    """The states in which the event may happen: what a guarded update compares."""
    return frozenset(source for source, possible in TABLE if possible is event)


def shown_state(state: RequestState, *, expires_at: int, now: int) -> RequestState:
    """The state as the business system sees it: an open request whose time is over has expired, written down or not."""
    return RequestState.EXPIRED if state in OPEN and expires_at <= now else state


OCTETS_A_SECOND: Final = 20
"""How much of a content is read in a second: six or seven Chinese characters in UTF-8."""
LONGEST_READING_MS: Final = HOUR_MS
LONGEST_PROLONGATION_MS: Final = 5 * MINUTE_MS + LONGEST_READING_MS
LONGEST_LIFE_MS: Final = DAY_MS + LONGEST_PROLONGATION_MS
"""What no request outlives, whoever made and prolonged it."""


def reading_ms(size: int) -> int:
    """How long (ms) a content of so many octets takes to read, an hour at most: 72 000 octets or more."""
    return min(LONGEST_READING_MS, size * 1000 // OCTETS_A_SECOND)


def longest_life_ms(size: int, *, in_inbox: bool) -> int:
    """How long (ms) a signature may be asked for: an hour and the reading of its contents; in an inbox a day."""
    return DAY_MS if in_inbox else HOUR_MS + reading_ms(size)


def prolongation_ms(size: int) -> int:
    """By how long (ms) the reader may prolong a signature, once: five minutes and the reading of its contents."""
    return 5 * MINUTE_MS + reading_ms(size)
