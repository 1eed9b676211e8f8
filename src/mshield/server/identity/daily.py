"""Daily limits on requests with a cost for others: a message to somebody, a query to an outside service."""

from mshield.server.database.interface import Tx
from mshield.server.errors import TooManyRequests
from mshield.server.runtime.rows import limits
from mshield.server.values.throttling import whole_seconds
from mshield.wire.times import DAY_MS


async def count(tx: Tx, *, scope: str, subject: str, most: int, now: int) -> None:
    """Counts a request. Raises: TooManyRequests (more than `most` within a day; then it isn't counted)."""
    if not await is_within(tx, scope=scope, subject=subject, most=most, now=now):
        throttle = await limits.find_throttle(tx, scope=scope, subject=subject)
        start = now if throttle is None else throttle.window_start
        raise TooManyRequests(retry_after=whole_seconds(start + DAY_MS - now))


async def is_within(tx: Tx, *, scope: str, subject: str, most: int, now: int) -> bool:
    """Counts a request and returns True; False beyond `most` within a day, without counting."""
    limit = limits.Limit(scope=scope, subject=subject, most=most, stale=now - DAY_MS)
    return await limits.count_within(tx, limit, now=now) is not None
