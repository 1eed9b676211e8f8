"""How many codes by SMS are sent: to one number for one purpose, and of those that anybody may ask for, to all numbers.

Codes of people who have shown who they are (a login, a password, a member of staff) are counted for their number and
purpose alone, so none of them depends on what strangers have had sent. Strangers' codes are also counted for their
address, their network, and all together in a day; that last count is watched (`SmsSpent`).
"""

from dataclasses import dataclass
from typing import Final

from mshield.domain import errors
from mshield.domain.throttling import address_subject
from mshield.domain.times import DAY_MS, HOUR_MS
from mshield.gateways.sms import SmsPurpose
from mshield.services.accounts.throttle import Budget, limit_rate, seconds_left
from mshield.services.process.security_events import SMS_BUDGET
from mshield.services.process.security_log import SecurityLog
from mshield.settings import Settings
from mshield.store.accounts import limits
from mshield.store.accounts.limits import Limit
from mshield.store.database.interface import Database, Tx

STRANGERS: Final[frozenset[SmsPurpose]] = frozenset({"register", "reset"})
"""Purposes for which anybody may have a code sent to any number."""
STAFF: Final[frozenset[SmsPurpose]] = frozenset({"new_phone", "old_phone"})
"""Purposes for which members of staff have one sent to a number that they name."""
_PHONE: Final = "sms_phone"
CODES: Final = "sms_address"
"""The scope of strangers' codes by address, within an hour."""
_STAFF: Final = "sms_staff"
_DAY: Final = ("sms_day", "strangers")
_LOW: Final = 0.8


@dataclass(frozen=True, slots=True, kw_only=True)
class SmsSpent:
    """How many of the `most` codes of a day strangers have had sent."""

    count: int
    most: int

    @property
    def is_low(self) -> bool:
        """Little is left: the operator should look."""
        return self.count >= self.most * _LOW

    @property
    def is_over(self) -> bool:
        """Nothing is left."""
        return self.count >= self.most


@dataclass(frozen=True, slots=True)
class SmsBudget:
    """Counts codes before they are sent, in the transaction that records them: what is refused counts nowhere."""

    settings: Settings

    async def spend(
        self, tx: Tx, *, phone: str, purpose: SmsPurpose, address: str, now: int
    ) -> SmsSpent | None:
        """Counts one; of a stranger's it gives the day's count.

        Raises TooManyRequests (the address or its network), SmsTooSoon, SmsDailyLimit, SmsAllSpent.
        """
        # Rows are taken in this order by all: from one address to all numbers.
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
        # The row is locked from here on: two sends to one number for one purpose take their turn.
        subject = f"{phone} {purpose}"
        free_at = now + self.settings.sms_resend_seconds * 1000
        begun = await limits.begin_attempt(
            tx, scope=_PHONE, subject=subject, now=now, stale=now - DAY_MS, blocked_until=free_at
        )
        if begun is None:
            wait = await seconds_left(tx, scope=_PHONE, subject=subject, now=now)
            raise errors.SmsTooSoon(retry_after=wait)
        sent = await limits.count_sms(tx, phone=phone, purpose=purpose, since=now - DAY_MS)
        if sent >= self.settings.sms_codes_per_day:
            raise errors.SmsDailyLimit

    async def _of_day(self, tx: Tx, *, now: int) -> SmsSpent:
        scope, subject = _DAY
        limit = Limit(
            scope=scope, subject=subject, most=self.settings.sms_codes_per_day_in_all, stale=now - DAY_MS
        )
        count = await limits.count_within(tx, limit, now=now)
        if count is None:
            raise errors.SmsAllSpent
        return SmsSpent(count=count, most=limit.most)


async def read_spent(db: Database | Tx, settings: Settings, *, now: int) -> SmsSpent:
    """What strangers have had sent within the day that runs."""
    scope, subject = _DAY
    count = await limits.counted(db, scope=scope, subject=subject, stale=now - DAY_MS)
    return SmsSpent(count=count, most=settings.sms_codes_per_day_in_all)


def tell_operator(spent: SmsSpent, security: SecurityLog, *, now: int) -> None:
    """Writes a line where this code is the one that made the day's budget low, or used it up."""
    before = SmsSpent(count=spent.count - 1, most=spent.most)
    if (spent.is_low, spent.is_over) != (before.is_low, before.is_over):
        security.write(SMS_BUDGET, now=now, count=spent.count, most=spent.most)
