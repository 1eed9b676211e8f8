"""Percentiles from buckets: within one bucket of the true ones."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mshield.server.values.percentiles import BOUNDS_MS, UNTIMED, bucket_of, percentile


@pytest.mark.parametrize(
    ("ms", "bucket"),
    [(0, 0), (1, 0), (1.01, 1), (2, 1), (9_999, len(BOUNDS_MS) - 1), (10_001, len(BOUNDS_MS))],
)
def test_a_bucket_includes_its_upper_bound(ms: float, bucket: int) -> None:
    assert bucket_of(ms) == bucket


def test_no_data_have_no_percentile() -> None:
    assert percentile({}, 0.95) is None
    assert percentile({UNTIMED: 7}, 0.95) is None
    assert percentile({3: 0}, 0.5) is None


def test_value_beyond_the_last_bound_counts_as_the_last() -> None:
    assert percentile({len(BOUNDS_MS): 3}, 0.5) == BOUNDS_MS[-1]


@given(st.lists(st.floats(0, 9_000), min_size=1, max_size=300), st.sampled_from([0.5, 0.95, 0.99]))
def test_percentile_is_in_the_bucket_of_the_true_one(times: list[float], share: float) -> None:
    counts: dict[int, int] = {}
    for each in times:
        counts[bucket_of(each)] = counts.get(bucket_of(each), 0) + 1
    true = sorted(times)[math.ceil(share * len(times)) - 1]
    found = percentile(counts, share)
    assert found is not None
    bucket = bucket_of(true)
    lower = 0 if bucket == 0 else BOUNDS_MS[bucket - 1]
    assert lower <= found <= BOUNDS_MS[bucket]
