"""Hourly limit on searches by numbers, whole or end, so that masked digits can't be guessed in turn.

A search that finds nobody counts five times, since it is what guessing consists of. It is counted so before it is
made, and the rest is given back once somebody is found: guesses made at the same time share the limit too.

The portal's lists are reloaded while they are on screen, so there the same number counts only once an hour.
"""

import hashlib
from collections.abc import Awaitable, Callable
from typing import Final, TypeVar

from mshield.server.database.interface import Database
from mshield.server.runtime.rows import limits
from mshield.server.runtime.rows.limits import Limit
from mshield.server.runtime.throttle import limit_calls, too_many
from mshield.server.values.names import normalise_id_number
from mshield.wire.times import HOUR_MS

T = TypeVar("T")

MOST: Final = 300
"""Searches per hour, thus 60 that find nobody: at most one or two masked digits.

Searches beyond it are refused and appear in the security log.
"""

MISS: Final = 5
"""What a search counts that finds nobody."""

MOST_COMPARED: Final = 5
"""Lines of a filing list that count as misses, so that a long list can still be checked a dozen times an hour."""

COMMANDS: Final = "commands"
"""Whoever runs commands on the server: together they are one member of staff."""

_SCOPE: Final = "staff_number_searches"
_OF_PORTAL: Final = "portal_number_searches"
_SEARCH_ACT: Final = "portal_asked_number"


async def search_by_number(
    db: Database, find: Callable[[], Awaitable[T]], *, hit: Callable[[T], bool], member: str, now: int
) -> T:
    """Makes and counts a search of a member of staff by a number; `hit` says whether its result has somebody.

    A search that raises an error counts as a miss. Nothing is counted while the service is read only.

    Raises: TooManyRequests, and as `find`.
    """
    if db.read_only:
        return await find()
    await _count(db, scope=_SCOPE, subject=member, now=now)
    result = await find()
    if hit(result):
        await limits.give_back(db, scope=_SCOPE, subject=member, count=MISS - 1)
    return result


async def compare_list(
    db: Database, compare: Callable[[], Awaitable[T]], *, guesses: Callable[[T], int], member: str, now: int
) -> T:
    """Compares a list with the filing, and counts each of the `guesses` in it as a miss, at most `MOST_COMPARED`.

    Like a search, it is counted before it is made. Nothing is counted while the service is read only.

    Raises: TooManyRequests, and as `compare`.
    """
    if db.read_only:
        return await compare()
    await _count(db, scope=_SCOPE, subject=member, count=MISS * MOST_COMPARED, now=now)
    result = await compare()
    unused = MISS * (MOST_COMPARED - min(guesses(result), MOST_COMPARED))
    if unused:
        await limits.give_back(db, scope=_SCOPE, subject=member, count=unused)
    return result


async def count_at_portal(db: Database, number: str | None, *, account: str, now: int) -> bool:
    """Counts a search by a legal person as a miss, once an hour per normalised number; returns whether it did.

    Raises: TooManyRequests.
    """
    compared = "" if number is None else normalise_id_number(number)
    if not compared or db.read_only:
        return False
    mark = hashlib.sha256(f"{account} {compared}".encode()).hexdigest()
    recent = await limits.find_throttle(db, scope=_SEARCH_ACT, subject=mark)
    if recent is not None and recent.window_start > now - HOUR_MS:
        return False
    await _count(db, scope=_OF_PORTAL, subject=account, now=now)
    await limit_calls(db, scope=_SEARCH_ACT, subject=mark, most=MOST, window=HOUR_MS, now=now)
    return True


async def hit_at_portal(db: Database, *, account: str) -> None:
    """Gives back what a counted search by a legal person counted too much, since it found somebody."""
    await limits.give_back(db, scope=_OF_PORTAL, subject=account, count=MISS - 1)


async def _count(db: Database, *, scope: str, subject: str, count: int = MISS, now: int) -> None:
    limit = Limit(scope=scope, subject=subject, most=MOST, stale=now - HOUR_MS)
    if not await limits.count_ahead(db, limit, count=count, now=now):
        raise await too_many(db, limit, now=now)
