"""Notices about expiry: a certificate expires without any change in the database.

Its holder is notified before and after.

"Renewal due" (R11, R22) and "expired" are sent once per certificate, "filing changed" once per filing
version.
"""

import datetime as dt
from collections.abc import Awaitable, Callable
from typing import Final
from zoneinfo import ZoneInfo

from mshield.server.certificates.rules.renewal import MONTHS, half_year_before
from mshield.server.database.interface import Database, Tx
from mshield.server.notices.notify import notify_account
from mshield.server.notices.rows import notifications as store
from mshield.server.notices.rows.notifications import Shield
from mshield.server.notices.rules.notices import NoticeKind, tail
from mshield.server.settings.site import SiteSettings
from mshield.wire.times import DAY_MS

_LOOK_AHEAD_MS: Final = MONTHS * 31 * DAY_MS
"""Upper bound of half a year."""

_LOOK_BACK_MS: Final = 30 * DAY_MS
"""No notices are sent for certificates that expired earlier, e.g. while the jobs were stopped."""

_BATCH: Final = 200
Page = Callable[[Tx, str], Awaitable[list[Shield]]]
NotifyHolder = Callable[[Tx, Shield], Awaitable[bool]]


async def notify_of_ends(db: Database, settings: SiteSettings, *, now: int) -> int:
    """Creates the notices due by now, and returns how many. May run at any time, and repeatedly."""
    zone = ZoneInfo(settings.time_zone)

    async def notice(tx: Tx, shield: Shield, kind: NoticeKind, occasion: str, **details: str) -> bool:
        details = {"tail": tail(shield.shield_number)} | details
        return await notify_account(
            tx, kind, account_id=shield.account_id, occasion=occasion, details=details, now=now
        )

    async def ending(tx: Tx, shield: Shield) -> bool:
        if now <= half_year_before(shield.number, zone):
            return False
        last_day = dt.datetime.fromtimestamp(shield.number / 1000, zone).date().isoformat()
        return await notice(tx, shield, NoticeKind.RENEWAL_ENDING, shield.serial, date=last_day)

    async def outdated(tx: Tx, shield: Shield) -> bool:
        return await notice(tx, shield, NoticeKind.RENEWAL_FILING, f"{shield.serial} {shield.number}")

    async def over(tx: Tx, shield: Shield) -> bool:
        return await notice(tx, shield, NoticeKind.EXPIRED, shield.serial)

    count = await _notify_all(
        db,
        lambda tx, after: store.ending(tx, now=now, until=now + _LOOK_AHEAD_MS, after=after, most=_BATCH),
        ending,
    )
    count += await _notify_all(
        db, lambda tx, after: store.outdated(tx, now=now, after=after, most=_BATCH), outdated
    )
    count += await _notify_all(
        db,
        lambda tx, after: store.over(tx, now=now, since=now - _LOOK_BACK_MS, after=after, most=_BATCH),
        over,
    )
    return count


async def _notify_all(db: Database, page: Page, notify_holder: NotifyHolder) -> int:
    """Processes all pages in the order of serials, each in its own transaction."""
    after, count = "", 0

    async def work(tx: Tx) -> tuple[str | None, int]:
        shields = await page(tx, after)
        notices = sum([await notify_holder(tx, shield) for shield in shields])
        return shields[-1].serial if shields else None, notices

    while True:
        last, notices = await db.write(work)
        count += notices
        if last is None:
            return count
        after = last
