"""Delays that double."""

import pytest

from mshield.server.values.throttling import wait_after, whole_seconds


@pytest.mark.parametrize(
    ("failures", "wait"),
    [
        (0, 0),
        (4, 0),
        (5, 60_000),
        (6, 120_000),
        (7, 240_000),
        (10, 1_920_000),
        (11, 3_600_000),
        (10**9, 3_600_000),
    ],
)
def test_waits_double_up_to_an_hour(failures: int, wait: int) -> None:
    assert wait_after(failures, free=5, first=60_000) == wait


def test_longer_first_delay_is_kept() -> None:
    assert wait_after(9, free=5, first=7_200_000) == 7_200_000


@pytest.mark.parametrize(
    ("milliseconds", "seconds"), [(-5, 1), (0, 1), (1, 1), (1000, 1), (1001, 2), (60_000, 60)]
)
def test_seconds_are_rounded_up(milliseconds: int, seconds: int) -> None:
    assert whole_seconds(milliseconds) == seconds
