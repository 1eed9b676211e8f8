"""How often a day something may be asked that costs others: a message to somebody, a question to an outside service."""

from mshield.domain import errors
from mshield.domain.throttling import whole_seconds
from mshield.domain.times import DAY_MS
from mshield.store.accounts import limits
from mshield.store.database.interface import Tx


async def count(tx: Tx, *, scope: str, subject: str, most: int, now: int) -> None:
    """Counts once more. Raises TooManyRequests beyond `most` within a day, and counts nothing."""
    if not await is_within(tx, scope=scope, subject=subject, most=most, now=now):
        throttle = await limits.find_throttle(tx, scope=scope, subject=subject)
        start = now if throttle is None else throttle.window_start
        raise errors.TooManyRequests(retry_after=whole_seconds(start + DAY_MS - now))


async def is_within(tx: Tx, *, scope: str, subject: str, most: int, now: int) -> bool:
    """Counts once more; False beyond `most` within a day, and counts nothing."""
    limit = limits.Limit(scope=scope, subject=subject, most=most, stale=now - DAY_MS)
    return await limits.count_within(tx, limit, now=now) is not None
