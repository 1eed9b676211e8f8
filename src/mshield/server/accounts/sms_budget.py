"""Limits on SMS codes: per number and purpose, and for codes that anybody may request, in total.

Codes for people who have shown who they are (by a login or a password) are counted per number and purpose,
and those sent by staff also per address, so that strangers can't use up these quotas. Codes for strangers are
also counted per address, per network, and in total per day; that total is watched (`SmsSpent`).
"""

from dataclasses import dataclass
from typing import Final

from mshield.server.accounts.errors import SmsAllSpent, SmsDailyLimit, SmsTooSoon
from mshield.server.database.interface import Database, Tx
from mshield.server.notices.external.sms import SmsPurpose
from mshield.server.runtime.rows import limits
from mshield.server.runtime.rows.limits import Limit
from mshield.server.runtime.security_log.events import SMS_BUDGET
from mshield.server.runtime.security_log.log import SecurityLog
from mshield.server.runtime.throttle import Budget, limit_rate, seconds_left
from mshield.server.settings.accounts import AccountSettings
from mshield.server.values.throttling import address_subject
from mshield.wire.times import DAY_MS, HOUR_MS

STRANGERS: Final[frozenset[SmsPurpose]] = frozenset({"register", "reset"})
"""Purposes for which any caller may request a code to any number."""
STAFF: Final[frozenset[SmsPurpose]] = frozenset({"new_phone", "old_phone"})
"""Purposes for which staff request a code to a number that they enter."""
_PHONE: Final = "sms_phone"
CODES: Final = "sms_address"
"""Scope of strangers' codes per address, within an hour."""
_STAFF: Final = "sms_staff"
_DAY: Final = ("sms_day", "strangers")
_LOW: Final = 0.8


@dataclass(frozen=True, slots=True, kw_only=True)
class SmsSpent:
    """Number of codes sent for strangers within the day, out of `most`."""

    count: int
    most: int

    @property
    def is_low(self) -> bool:
        """Whether few enough codes are left for the operator to investigate."""
        return self.count >= self.most * _LOW

    @property
    def is_over(self) -> bool:
        """Whether no code is left."""
        return self.count >= self.most


@dataclass(frozen=True, slots=True)
class SmsBudget:
    """Counts codes before they are sent, in the transaction that records them, so that a refused code isn't counted."""

    settings: AccountSettings

    async def spend(
        self, tx: Tx, *, phone: str, purpose: SmsPurpose, address: str, now: int
    ) -> SmsSpent | None:
        """Counts one code; for a stranger's, returns the day's total, otherwise None.

        Raises: TooManyRequests (address or network), SmsTooSoon, SmsDailyLimit, SmsAllSpent.
        """
        # All callers lock these rows in this order, from the address to the total, so that they can't
        # deadlock.
        if purpose in STRANGERS:
            await self._of_strangers.spend(tx, address=address, now=now)
        elif purpose in STAFF:
            most = self.settings.sms_codes_per_address
            subject = address_subject(address)
            await limit_rate(tx, scope=_STAFF, subject=subject, most=most, window=HOUR_MS, now=now)
        await self._of_number(tx, phone=phone, purpose=purpose, now=now)
        return await self._of_day(tx, now=now) if purpose in STRANGERS else None

    @property
    def _of_strangers(self) -> Budget:
        settings = self.settings
        return Budget(
            scope=CODES,
            per_address=settings.sms_codes_per_address,
            per_prefix=settings.sms_codes_per_prefix,
            window=HOUR_MS,
        )

    async def _of_number(self, tx: Tx, *, phone: str, purpose: SmsPurpose, now: int) -> None:
        # This locks the row, so two sends to one number for one purpose run one after the other.
        subject = f"{phone} {purpose}"
        free_at = now + self.settings.sms_resend_seconds * 1000
        attempt = await limits.begin_attempt(
            tx, scope=_PHONE, subject=subject, now=now, stale=now - DAY_MS, blocked_until=free_at
        )
        if attempt is None:
            wait = await seconds_left(tx, scope=_PHONE, subject=subject, now=now)
            raise SmsTooSoon(retry_after=wait)
        sent = await limits.count_sms(tx, phone=phone, purpose=purpose, since=now - DAY_MS)
        if sent >= self.settings.sms_codes_per_day:
            raise SmsDailyLimit

    async def _of_day(self, tx: Tx, *, now: int) -> SmsSpent:
        scope, subject = _DAY
        limit = Limit(
            scope=scope,
            subject=subject,
            most=self.settings.sms_codes_per_day_in_all,
            stale=now - DAY_MS,
        )
        count = await limits.count_within(tx, limit, now=now)
        if count is None:
            raise SmsAllSpent
        return SmsSpent(count=count, most=limit.most)


async def read_spent(db: Database | Tx, settings: AccountSettings, *, now: int) -> SmsSpent:
    """Returns the number of codes sent for strangers within the current day."""
    scope, subject = _DAY
    count = await limits.current_count(db, scope=scope, subject=subject, stale=now - DAY_MS)
    return SmsSpent(count=count, most=settings.sms_codes_per_day_in_all)


def log_sms_limits(spent: SmsSpent, security: SecurityLog, *, now: int) -> None:
    """Writes to the security log if this code made the day's remaining total low or used it up."""
    before = SmsSpent(count=spent.count - 1, most=spent.most)
    if (spent.is_low, spent.is_over) != (before.is_low, before.is_over):
        security.write(SMS_BUDGET, now=now, count=spent.count, most=spent.most)
