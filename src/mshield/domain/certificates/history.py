"""How a certificate stands by all that happened to it, in whatever order that is told.

Clocks of processes differ, so times give no order. None is needed: states follow each other in one order, holds come
and go within one, each alternately, and what ends it comes last. Whatever order the table allows leads to the same
standing.
"""

from collections import Counter
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Final

from mshield.domain import errors
from mshield.domain.certificates.states import (
    TABLE,
    CertificateEvent,
    CertificateState,
    Hold,
    Standing,
    after,
)

_STATES: Final = list(CertificateState)
_ACTIVATE: Final = CertificateEvent.ACTIVATE


@dataclass(frozen=True, slots=True)
class Happened:
    """An event, how the certificate stood after it by the event's row, when (ms), and a revocation's RFC 5280 code."""

    event: CertificateEvent
    left: Standing
    at: int
    revocation_reason: int | None = None


def standing_of(history: Collection[Happened]) -> Standing | None:
    """The standing after all of these; None where the table allows them in no order.

    An activation counts as its row tells it: that of a certificate from before there were events says how it stood.
    """
    begun = [event.left.holds for event in history if event.event is _ACTIVATE]
    standing = Standing(CertificateState.ISSUED)
    in_states = sorted(history, key=_state_left)
    for event in sorted(in_states, key=_one_order(begun[0] if begun else frozenset())):
        try:
            reached = after(standing, event.event)
        except errors.DomainError:
            return None
        if event.event is not _ACTIVATE and event.left.state is not reached.state:
            return None
        standing = event.left if event.event is _ACTIVATE else reached
    return standing


def may_be_last(history: Collection[Happened], standing: Standing) -> list[Happened]:
    """Those of the events which the last one may have been, given the standing after all of them."""
    last = [event for event in history if event.left == standing]
    # Nothing but a hold comes after an activation and leaves the certificate active.
    holds = [event for event in last if _hold(event.event) is not None]
    return holds or last


def may_be_held_since(history: Collection[Happened], standing: Standing, since: object, *, skew: int) -> bool:
    """Whether a certificate that stands so may be held without a break since then, by events `skew` ms true at most.

    A hold begins with an event that leaves no other; before it, unless it is the first, another has left none.
    """
    if not standing.holds or not isinstance(since, int):
        return not standing.holds and since is None
    begun = [event.at for event in history if _begins_hold(event)]
    free = [event.at for event in history if not event.left.holds]

    def is_over(at: int) -> bool:
        return at < since and any(at - skew <= end <= since + skew for end in free)

    unbroken = all(at <= since + skew for at in free)
    return since in begun and unbroken and all(is_over(at) for at in begun if abs(at - since) > skew)


def _begins_hold(event: Happened) -> bool:
    if event.event is _ACTIVATE:
        return bool(event.left.holds)
    return TABLE[event.event].places is not None and len(event.left.holds) == 1


def _state_left(event: Happened) -> int:
    """The place of the state in which the event left the certificate; that of an activation is where it leads."""
    return _STATES.index(CertificateState.ACTIVE if event.event is _ACTIVATE else event.left.state)


def _one_order(held: frozenset[Hold]) -> Callable[[Happened], tuple[int, bool, int, bool]]:
    """A sort key: by the state that an event leads to; within one, each hold is placed, lifted, placed again.

    `held` are the holds that stood at the beginning: these are lifted first. It counts the events of a kind as they
    come, so they have to come in the order of states.
    """
    seen: Counter[CertificateEvent] = Counter()

    def place(event: Happened) -> tuple[int, bool, int, bool]:
        seen[event.event] += 1
        hold = _hold(event.event)
        lifts = TABLE[event.event].ends is not None
        second = lifts is not (hold in held)
        return _state_left(event), hold is not None, seen[event.event], second

    return place


def _hold(event: CertificateEvent) -> Hold | None:
    """The hold that the event places or lifts."""
    return TABLE[event].places or TABLE[event].ends
