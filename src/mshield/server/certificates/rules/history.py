"""Standing of a certificate computed from its events, in whatever order they are given.

Clocks of processes differ, so times give no reliable order. None is needed: states follow each other in one
order, holds are placed and lifted alternately within a state, and the final event comes last. Every order
that the table allows leads to the same standing.
"""

from collections import Counter
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Final

from mshield.server.certificates.rules.states import (
    TABLE,
    CertificateEvent,
    CertificateState,
    Hold,
    Standing,
    after,
)
from mshield.server.errors import DomainError

_STATES: Final = list(CertificateState)
_ACTIVATE: Final = CertificateEvent.ACTIVATE


@dataclass(frozen=True, slots=True)
class Happened:
    """Recorded event: the standing stored with it, its time (ms), and for a revocation the RFC 5280 reason code."""

    event: CertificateEvent
    left: Standing
    at: int
    revocation_reason: int | None = None


def standing_of(history: Collection[Happened]) -> Standing | None:
    """Returns the standing after all events; None if the table allows them in no order.

    An activation sets the standing that its row records: for a certificate older than the events, its
    standing then.
    """
    initial_holds = [event.left.holds for event in history if event.event is _ACTIVATE]
    standing = Standing(CertificateState.ISSUED)
    in_states = sorted(history, key=_resulting_state)
    for event in sorted(in_states, key=_sort_key(initial_holds[0] if initial_holds else frozenset())):
        try:
            next_standing = after(standing, event.event)
        except DomainError:
            return None
        if event.event is not _ACTIVATE and event.left.state is not next_standing.state:
            return None
        standing = event.left if event.event is _ACTIVATE else next_standing
    return standing


def may_be_last(history: Collection[Happened], standing: Standing) -> list[Happened]:
    """Returns the events that may have been the last one, given the standing after all of them."""
    last = [event for event in history if event.left == standing]
    # Only a hold can follow an activation and leave the certificate active, so prefer holds.
    holds = [event for event in last if _hold(event.event) is not None]
    return holds or last


def may_be_held_since(history: Collection[Happened], standing: Standing, since: object, *, skew: int) -> bool:
    """Reports whether a certificate may have been on hold without a break since `since` (ms).

    `skew` is the error in ms of the events' clocks. A hold period begins with an event after which exactly
    one hold exists; unless it is the first, an event that left none precedes it.
    """
    if not standing.holds or not isinstance(since, int):
        return not standing.holds and since is None
    starts = [event.at for event in history if _begins_hold(event)]
    hold_free = [event.at for event in history if not event.left.holds]

    def is_over(at: int) -> bool:
        return at < since and any(at - skew <= end <= since + skew for end in hold_free)

    unbroken = all(at <= since + skew for at in hold_free)
    return since in starts and unbroken and all(is_over(at) for at in starts if abs(at - since) > skew)


def _begins_hold(event: Happened) -> bool:
    if event.event is _ACTIVATE:
        return bool(event.left.holds)
    return TABLE[event.event].places is not None and len(event.left.holds) == 1


def _resulting_state(event: Happened) -> int:
    """Returns the rank of the state after the event; for an activation that of ACTIVE, whatever its row records."""
    return _STATES.index(CertificateState.ACTIVE if event.event is _ACTIVATE else event.left.state)


def _sort_key(held: frozenset[Hold]) -> Callable[[Happened], tuple[int, bool, int, bool]]:
    """Returns a sort key: by the resulting state; within a state each hold is placed, lifted, placed again.

    `held` are the holds at the start, which are lifted first. The key counts events of a kind as they come,
    so sort by state before using it.
    """
    seen: Counter[CertificateEvent] = Counter()

    def place(event: Happened) -> tuple[int, bool, int, bool]:
        seen[event.event] += 1
        hold = _hold(event.event)
        lifts = TABLE[event.event].ends is not None
        second = lifts is not (hold in held)
        return _resulting_state(event), hold is not None, seen[event.event], second

    return place


def _hold(event: CertificateEvent) -> Hold | None:
    """Returns the hold that the event places or lifts."""
    return TABLE[event].places or TABLE[event].ends
