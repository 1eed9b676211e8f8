"""The states of a request, as a table."""

import itertools

import pytest

from mshield.server.errors import Conflict, DomainError
from mshield.server.requests.errors import ExpiredRequest, RequestClosed
from mshield.server.requests.rules import (
    OPEN,
    TABLE,
    RequestEvent,
    RequestState,
    next_state,
    shown_state,
    sources,
)

W, S = RequestState.WAITING, RequestState.SCANNED


def test_the_table_is_the_designs() -> None:
    assert set(OPEN) == {W, S}
    steps = {(source.value, target.value) for (source, _), target in TABLE.items()}
    assert steps == {
        ("waiting", "scanned"),
        ("scanned", "signed"),
        ("scanned", "declined"),
        ("waiting", "expired"),
        ("scanned", "expired"),
        ("waiting", "cancelled"),
        ("scanned", "cancelled"),
    }


def test_r15_r16_scan_then_sign() -> None:
    assert next_state(next_state(W, RequestEvent.SCAN), RequestEvent.SIGN) is RequestState.SIGNED


@pytest.mark.parametrize(("state", "event"), list(itertools.product(RequestState, RequestEvent)))
def test_every_pair_moves_or_refuses(state: RequestState, event: RequestEvent) -> None:
    if (state, event) in TABLE:
        assert next_state(state, event) is TABLE[state, event]
        assert state in sources(event)
        return
    refusal: type[DomainError] = RequestClosed
    if state is RequestState.EXPIRED:
        refusal = ExpiredRequest
    elif state in OPEN:
        refusal = Conflict
    with pytest.raises(refusal):
        next_state(state, event)
    assert state not in sources(event)


def test_every_state_can_be_reached() -> None:
    reached = {W, *TABLE.values()}
    assert reached == set(RequestState)


def test_time_ends_open_requests_only() -> None:
    assert shown_state(W, expires_at=10, now=9) is W
    assert shown_state(S, expires_at=10, now=10) is RequestState.EXPIRED
    assert shown_state(RequestState.SIGNED, expires_at=10, now=99) is RequestState.SIGNED
