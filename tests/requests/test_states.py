"""The states of a request, as a table."""

from mshield.server.requests.rules import (
    OPEN,
    TABLE,
    RequestEvent,
    RequestState,
    shown_state,
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
    assert TABLE[TABLE[W, RequestEvent.SCAN], RequestEvent.SIGN] is RequestState.SIGNED


def test_every_state_can_be_reached() -> None:
    reached = {W, *TABLE.values()}
    assert reached == set(RequestState)


def test_time_ends_open_requests_only() -> None:
    assert shown_state(W, expires_at=10, now=9) is W
    assert shown_state(S, expires_at=10, now=10) is RequestState.EXPIRED
    assert shown_state(RequestState.SIGNED, expires_at=10, now=99) is RequestState.SIGNED
