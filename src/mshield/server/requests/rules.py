"""Life cycle of a business system's request, as one table, from which the diagram in the docs is made.

Guarded updates in the store use the same source states, so a request leaves a state once and ends once.
"""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from mshield.wire.times import DAY_MS, HOUR_MS, MINUTE_MS


class RequestState(StrEnum):
    """State of a request."""

    WAITING = "waiting"
    SCANNED = "scanned"
    SIGNED = "signed"
    DECLINED = "declined"
    EXPIRED = "expired"
    CANCELLED = "cancelled"


class RequestEvent(StrEnum):
    """Event in the life of a request."""

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
"""All permitted transitions."""

OPEN: Final = frozenset(source for source, _ in TABLE)
"""States that a request can still leave."""


def shown_state(state: RequestState, *, expires_at: int, now: int) -> RequestState:
    """Returns the state shown to the business system: an open request past its time is expired, stored so or not."""
    return RequestState.EXPIRED if state in OPEN and expires_at <= now else state


OCTETS_A_SECOND: Final = 20
"""Reading speed in bytes a second: six or seven Chinese characters in UTF-8."""
LONGEST_READING_MS: Final = HOUR_MS
LONGEST_PROLONGATION_MS: Final = 5 * MINUTE_MS + LONGEST_READING_MS
LONGEST_LIFE_MS: Final = DAY_MS + LONGEST_PROLONGATION_MS
"""Upper bound of the life of any request, prolongation included."""


def reading_ms(size: int) -> int:
    """Returns the time in ms to read a content of `size` bytes, at most an hour (72 000 bytes or more)."""
    return min(LONGEST_READING_MS, size * 1000 // OCTETS_A_SECOND)


def longest_life_ms(size: int, *, in_inbox: bool) -> int:
    """Returns the maximum life (ms) of a signature request: an hour plus the reading time; in an inbox a day."""
    return DAY_MS if in_inbox else HOUR_MS + reading_ms(size)


def prolongation_ms(size: int) -> int:
    """Returns the time (ms) by which a reader may prolong a signature request, once: five minutes plus reading time."""
    return 5 * MINUTE_MS + reading_ms(size)
