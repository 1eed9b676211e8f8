"""A certificate's standing follows from its events, in whatever order they arrive."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mshield.server.certificates.rules.history import Happened, may_be_held_since, may_be_last, standing_of
from mshield.server.certificates.rules.states import CertificateEvent, CertificateState, Hold, Standing
from tests.support.certificate_life import what_follows

E, S = CertificateEvent, CertificateState


@st.composite
def lives(draw: st.DrawFn, begun: Standing | None = None) -> list[Happened]:
    """Draws events in an order that the written table allows, with times of arbitrarily differing clocks."""
    standing, history = Standing(S.ISSUED), []
    if begun is not None:
        standing, history = begun, [Happened(E.ACTIVATE, begun, 0)]
    for _ in range(draw(st.integers(0, 14))):
        steps = {event: what_follows(standing, event) for event in E}
        allowed = [(event, then) for event, then in steps.items() if isinstance(then, Standing)]
        if any(each.event is E.PREPARE for each in history):
            allowed = [(event, then) for event, then in allowed if event is not E.PREPARE]
        if not allowed:
            break
        event, standing = draw(st.sampled_from(allowed))
        history.append(Happened(event, standing, draw(st.integers(0, 9))))
    return history


@given(st.data())
def test_standing_is_independent_of_order_and_clocks(data: st.DataObject) -> None:
    history = data.draw(lives())
    last = history[-1] if history else None
    told = data.draw(st.permutations(history))
    standing = standing_of(told)
    assert standing == (Standing(S.ISSUED) if last is None else last.left)
    assert last is None or last in may_be_last(told, last.left)


@given(st.data())
def test_start_of_a_hold_follows_from_events_in_any_order(data: st.DataObject) -> None:
    """Clocks less than 10 ms apart change the result by no more than that."""
    history = [replace(each, at=each.at + 100 * place) for place, each in enumerate(data.draw(lives()))]
    begins = [then for before, then in pairwise(history) if not before.left.holds and then.left.holds]
    standing = history[-1].left if history else Standing(S.ISSUED)
    since = begins[-1].at if standing.holds else None
    told = data.draw(st.permutations(history))
    for claimed in {since, None, *(each.at for each in history), 10**6}:
        assert may_be_held_since(told, standing, claimed, skew=9) is (claimed == since)


_BEGUN = [
    Standing(S.ACTIVE),
    Standing(S.ACTIVE, frozenset({Hold.LOST})),
    Standing(S.ACTIVE, frozenset({Hold.LOST, Hold.FROZEN, Hold.CLONE})),
    Standing(S.PIN_LOCKED),
    Standing(S.PIN_LOCKED, frozenset({Hold.LOST, Hold.CLONE})),
    Standing(S.REVOKED),
]


@pytest.mark.parametrize("begun", _BEGUN)
@given(data=st.data())
def test_certificate_without_early_events_continues_from_its_state(
    begun: Standing, data: st.DataObject
) -> None:
    history = data.draw(lives(begun))
    assert standing_of(data.draw(st.permutations(history))) == history[-1].left


ACTIVE, LOST, REVOKED = Standing(S.ACTIVE), Standing(S.ACTIVE, frozenset({Hold.LOST})), Standing(S.REVOKED)
LOCKED = Standing(S.PIN_LOCKED)
ISSUED = [Happened(E.ACTIVATE, ACTIVE, 1)]


@pytest.mark.parametrize(
    "added",
    [
        [Happened(E.ACTIVATE, ACTIVE, 2)],
        [Happened(E.LIFT_LOSS, ACTIVE, 2)],
        [Happened(E.REPORT_LOSS, LOST, 2), Happened(E.REPORT_LOSS, LOST, 3)],
        [Happened(E.REPORT_LOSS, LOST, 2), *[Happened(E.LIFT_LOSS, ACTIVE, 3)] * 2],
        [Happened(E.REVOKE, REVOKED, 2), Happened(E.REVOKE, REVOKED, 2)],
        [Happened(E.REVOKE, REVOKED, 2), Happened(E.ACTIVATE, ACTIVE, 3)],
        [Happened(E.REVOKE, REVOKED, 2), Happened(E.SUPERSEDE, Standing(S.SUPERSEDED), 3)],
        [Happened(E.WITHDRAW, REVOKED, 2)],
        [Happened(E.REPORT_LOSS, LOST, 2), Happened(E.SUPERSEDE, Standing(S.SUPERSEDED), 3)],
        [Happened(E.LOCK_PIN, Standing(S.PIN_LOCKED), 2), Happened(E.SUPERSEDE, Standing(S.SUPERSEDED), 3)],
        [Happened(E.LOCK_PIN, LOCKED, 2), Happened(E.REPORT_LOSS, Standing(S.PIN_LOCKED, LOST.holds), 3)],
        [Happened(E.LOCK_PIN, LOCKED, 2), Happened(E.LIFT_LOSS, LOCKED, 3)],
        [Happened(E.REVOKE, ACTIVE, 2)],
    ],
    ids=lambda added: "+".join(each.event.value for each in added),
)
def test_events_impossible_in_any_order_have_no_standing(added: Sequence[Happened]) -> None:
    assert standing_of([*ISSUED, *added]) is None


def test_events_after_a_revocation_never_undo_it() -> None:
    history = [*ISSUED, Happened(E.REPORT_LOSS, LOST, 2), Happened(E.REVOKE, REVOKED, 2)]
    for event in E:
        for left in (ACTIVE, LOST):
            assert standing_of([*history, Happened(event, left, 9)]) in {REVOKED, None}
