"""Masked digits aren't learnt one by one: a member of staff searches by longer ends so often in an hour, not more."""

from typing import Final

from mshield.domain.id_numbers import END
from mshield.domain.times import HOUR_MS
from mshield.services.accounts.throttle import limit_calls
from mshield.store.database.interface import Database

MOST: Final = 300
"""An hour: ten tries find one digit, so seven phone numbers at most, and whoever goes on stands in the security log."""

_SCOPE: Final = "staff_longer_ends"


async def count_longer_end(db: Database, end: str | None, *, member: str, now: int) -> None:
    """Counts a search by more than the four characters that are shown anyway. Raises TooManyRequests.

    A service that only reads counts nothing.
    """
    if end is not None and len(end) > END and not db.read_only:
        await limit_calls(db, scope=_SCOPE, subject=member, most=MOST, window=HOUR_MS, now=now)
