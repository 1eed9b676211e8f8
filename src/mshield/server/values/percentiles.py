"""Durations counted in histogram buckets, and percentiles computed from the counts."""

from bisect import bisect_left
from collections.abc import Mapping
from typing import Final

BOUNDS_MS: Final = (
    1,
    2,
    3,
    5,
    7,
    10,
    15,
    20,
    30,
    50,
    70,
    100,
    150,
    200,
    300,
    500,
    700,
    1000,
    2000,
    5000,
    10000,
)
"""Upper bounds of the buckets in ms; one more bucket holds longer durations."""

UNTIMED: Final = -1
"""Bucket for calls without a meaningful duration, such as a call that waits for a person."""


def bucket_of(ms: float) -> int:
    """Returns the number of the bucket for a duration in ms."""
    return bisect_left(BOUNDS_MS, ms)


def percentile(counts: Mapping[int, int], share: float) -> float | None:
    """Returns the duration in ms below which this share (0 to 1) of the calls lies; None without timed calls.

    Interpolates linearly within a bucket. Durations beyond the last bound are reported as that bound.
    """
    timed = {bucket: count for bucket, count in counts.items() if bucket != UNTIMED and count > 0}
    if not timed:
        return None
    rank, seen = share * sum(timed.values()), 0
    for bucket, count in sorted(timed.items()):
        if seen + count >= rank:
            lower = 0 if bucket == 0 else BOUNDS_MS[bucket - 1]
            upper = BOUNDS_MS[min(bucket, len(BOUNDS_MS) - 1)]
            return round(lower + (upper - lower) * max(0.0, rank - seen) / count, 1)
        seen += count
    return float(BOUNDS_MS[-1])
