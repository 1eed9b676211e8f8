"""How long something took, as counts in buckets, and the percentiles that they tell."""

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
"""Upper bounds of the buckets; what took longer is in one more."""

UNTIMED: Final = -1
"""The bucket of what has no time of its own, such as a call that waits for somebody."""


def bucket_of(ms: float) -> int:
    """The bucket's number."""
    return bisect_left(BOUNDS_MS, ms)


def percentile(counts: Mapping[int, int], share: float) -> float | None:
    """The time in ms below which this share of all lies, linear within its bucket; None without any call.

    Of times beyond the last bound nothing more is known than that: they count as that bound.
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
