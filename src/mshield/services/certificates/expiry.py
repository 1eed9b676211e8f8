"""What the clock brings to certificates: nothing is stored when one ends, but its holder is told, before and after.

Renewal due (R11, R22) and expired are told once each for a certificate; a changed filing once for each version.
"""

import datetime as dt
from collections.abc import Awaitable, Callable
from typing import Final
from zoneinfo import ZoneInfo

from mshield.domain.certificates.renewal import MONTHS, half_year_before
from mshield.domain.notices import NoticeKind, tail
from mshield.domain.times import DAY_MS
from mshield.services.notices.notify import tell
from mshield.settings import Settings
from mshield.store.database.interface import Database, Tx
from mshield.store.notices import notifications as store
from mshield.store.notices.notifications import Shield

_LOOK_AHEAD_MS: Final = MONTHS * 31 * DAY_MS
"""As long as half a year may be, or longer."""

_LOOK_BACK_MS: Final = 30 * DAY_MS
"""What ended longer ago is told to nobody, should the jobs have stood still."""

_BATCH: Final = 200
Page = Callable[[Tx, str], Awaitable[list[Shield]]]
Tell = Callable[[Tx, Shield], Awaitable[bool]]


async def tell_of_ends(db: Database, settings: Settings, *, now: int) -> int:
    """Makes the notices that are due by now, and gives their number. May run at any time, and again."""
    zone = ZoneInfo(settings.time_zone)

    async def notice(tx: Tx, shield: Shield, kind: NoticeKind, occasion: str, **details: str) -> bool:
        details = {"tail": tail(shield.shield_number)} | details
        return await tell(tx, kind, account_id=shield.account_id, occasion=occasion, details=details, now=now)

    async def ending(tx: Tx, shield: Shield) -> bool:
        if now <= half_year_before(shield.number, zone):
            return False
        last_day = dt.datetime.fromtimestamp(shield.number / 1000, zone).date().isoformat()
        return await notice(tx, shield, NoticeKind.RENEWAL_ENDING, shield.serial, date=last_day)

    async def outdated(tx: Tx, shield: Shield) -> bool:
        return await notice(tx, shield, NoticeKind.RENEWAL_FILING, f"{shield.serial} {shield.number}")

    async def over(tx: Tx, shield: Shield) -> bool:
        return await notice(tx, shield, NoticeKind.EXPIRED, shield.serial)

    count = await _tell_all(
        db,
        lambda tx, after: store.ending(tx, now=now, until=now + _LOOK_AHEAD_MS, after=after, most=_BATCH),
        ending,
    )
    count += await _tell_all(
        db, lambda tx, after: store.outdated(tx, now=now, after=after, most=_BATCH), outdated
    )
    count += await _tell_all(
        db,
        lambda tx, after: store.over(tx, now=now, since=now - _LOOK_BACK_MS, after=after, most=_BATCH),
        over,
    )
    return count


async def _tell_all(db: Database, page: Page, tell_holder: Tell) -> int:
    """Goes through all pages by serial, each in a transaction of its own."""
    after, count = "", 0

    async def work(tx: Tx) -> tuple[str | None, int]:
        shields = await page(tx, after)
        notices = sum([await tell_holder(tx, shield) for shield in shields])
        return shields[-1].serial if shields else None, notices

    while True:
        last, notices = await db.write(work)
        count += notices
        if last is None:
            return count
        after = last
