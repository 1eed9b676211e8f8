"""Masked digits aren't learnt one by one: who searches by longer ends does so so often in an hour, not more.

The portal's lists are read again while they are looked at: there the same end, asked for anew, counts once in an hour.
"""

import hashlib
from typing import Final

from mshield.domain.id_numbers import END
from mshield.domain.identity import normalise_id_number
from mshield.domain.times import HOUR_MS
from mshield.services.accounts.throttle import limit_calls
from mshield.store.accounts import limits
from mshield.store.database.interface import Database

MOST: Final = 300
"""An hour: ten tries find one digit, so seven phone numbers at most, and whoever goes on stands in the security log."""

_SCOPE: Final = "staff_longer_ends"
_OF_PORTAL: Final = "portal_longer_ends"
_ASKED: Final = "portal_asked_end"


async def count_longer_end(db: Database, end: str | None, *, member: str, now: int) -> None:
    """Counts a search by more than the four characters that are shown anyway. Raises TooManyRequests.

    A service that only reads counts nothing.
    """
    if end is not None and len(end) > END and not db.read_only:
        await limit_calls(db, scope=_SCOPE, subject=member, most=MOST, window=HOUR_MS, now=now)


async def count_end_at_portal(db: Database, end: str | None, *, account: str, now: int) -> None:
    """The same for a legal person, of the end as it is compared. Raises TooManyRequests."""
    compared = "" if end is None else normalise_id_number(end)
    if len(compared) <= END or db.read_only:
        return
    mark = hashlib.sha256(f"{account} {compared}".encode()).hexdigest()
    asked = await limits.find_throttle(db, scope=_ASKED, subject=mark)
    if asked is not None and asked.window_start > now - HOUR_MS:
        return
    await limit_calls(db, scope=_OF_PORTAL, subject=account, most=MOST, window=HOUR_MS, now=now)
    await limit_calls(db, scope=_ASKED, subject=mark, most=MOST, window=HOUR_MS, now=now)
