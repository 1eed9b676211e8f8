"""Life of a request at an outside CA, as one table. The acceptance of a certificate is the commit at the CA.

A certificate is stored before it is accepted. What a CA issued besides, because an answer was lost, is never
accepted, so the CA withdraws it.
"""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from mshield.wire.times import DAY_MS, HOUR_MS, SECOND_MS

HANDLE_MARK: Final = "f"
"""First digit of a handle. No positive X.509 serial of 20 octets begins with it, so a handle is never a serial."""

CLAIM_MS: Final = 60 * SECOND_MS
"""Time in which a process that took a submission settles it, before another process may take it."""

CANCEL_MS: Final = 30 * DAY_MS
"""Time after which the service stops asking the CA about a cancelled request."""


class SubmissionState(StrEnum):
    """Stored state. `accepting`: the CA may know that its certificate is accepted; `bad`: it is being rejected."""

    ASKED = "asked"
    WAITING = "waiting"
    ANSWERED = "answered"
    ACCEPTING = "accepting"
    DONE = "done"
    BAD = "bad"
    REFUSED = "refused"
    CANCELLING = "cancelling"
    CANCELLED = "cancelled"
    REVOKING = "revoking"
    REVOKED = "revoked"


_S = SubmissionState

TABLE: Final[Mapping[SubmissionState, frozenset[SubmissionState]]] = MappingProxyType(
    {
        _S.ASKED: frozenset({_S.ASKED, _S.WAITING, _S.ANSWERED, _S.BAD, _S.REFUSED, _S.CANCELLING}),
        _S.WAITING: frozenset({_S.ASKED, _S.WAITING, _S.ANSWERED, _S.BAD, _S.REFUSED, _S.CANCELLING}),
        _S.ANSWERED: frozenset({_S.ACCEPTING, _S.CANCELLING}),
        # Back to `asked` if the CA no longer knows the certificate; revoked if it ended here meanwhile.
        _S.ACCEPTING: frozenset({_S.ACCEPTING, _S.DONE, _S.ASKED, _S.REVOKING}),
        _S.DONE: frozenset({_S.REVOKING}),
        _S.BAD: frozenset({_S.BAD, _S.REFUSED}),
        _S.CANCELLING: frozenset({_S.CANCELLING, _S.CANCELLED}),
        _S.REVOKING: frozenset({_S.REVOKING, _S.REVOKED}),
        _S.REFUSED: frozenset(),
        _S.CANCELLED: frozenset(),
        _S.REVOKED: frozenset(),
    }
)
"""All permitted transitions; `state → state` is another try."""

OPEN: Final = frozenset(state for state, following in TABLE.items() if following and state is not _S.DONE)
"""States in which the CA is called again."""

PENDING: Final = frozenset({_S.ASKED, _S.WAITING, _S.ANSWERED, _S.ACCEPTING})
"""States in which the holder waits for the certificate."""

ENDED_HERE: Final[Mapping[SubmissionState, SubmissionState]] = MappingProxyType(
    {
        _S.ASKED: _S.CANCELLING,
        _S.WAITING: _S.CANCELLING,
        _S.ANSWERED: _S.CANCELLING,
        _S.ACCEPTING: _S.REVOKING,
        _S.DONE: _S.REVOKING,
    }
)
"""State after the certificate was revoked or superseded here; the other states go on."""


def is_handle(serial: str) -> bool:
    """Reports whether the key of a certificate's row is a handle: the certificate is an outside CA's."""
    return serial.startswith(HANDLE_MARK)


def pause_ms(tries: int) -> int:
    """Returns the pause after this many tries without an answer: 30 s, doubled each time, at most an hour."""
    return min(30 * SECOND_MS << min(max(tries - 1, 0), 7), HOUR_MS)


def wait_ms(after_s: int) -> int:
    """Returns the time until a pending request is asked for again: what the CA wants, from 1 s to a day."""
    return min(max(after_s, 1) * SECOND_MS, DAY_MS)
