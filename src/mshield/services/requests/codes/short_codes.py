"""Which request a short code means (输入短码): the code of a second, typed where no camera scans.

It counts as the QR code of that second does, from when its typing began. Six of its characters are 30 bits, so a shield
may try few; a refusal tells only that the code is old.
"""

import asyncio
from dataclasses import dataclass
from typing import Final

from mshield.domain import errors
from mshield.domain.qr import ShortCode, is_short_of, short_begun_between
from mshield.domain.times import MINUTE_MS
from mshield.services.accounts.throttle import limit_calls
from mshield.services.requests.secrets import RequestSecrets
from mshield.store.database.interface import Database
from mshield.store.requests import scans

SCOPE: Final = "short_codes"
MOST: Final = 10
"""Short codes that one shield may try within `WINDOW_MS`."""
WINDOW_MS: Final = 5 * MINUTE_MS
MOST_BEGUN: Final = 20_000
"""Requests that are looked at: more than a whole site makes within the seconds that count."""
_AT_ONCE: Final = 200
"""Codes that are made before others are served: some 3 ms."""


@dataclass(frozen=True, slots=True)
class ShortCodes:
    """Finds their requests."""

    db: Database
    secrets: RequestSecrets

    async def request_of(
        self, short: ShortCode, *, shield_number: str, typed: int, now: int
    ) -> tuple[str, tuple[int, int]]:
        """The request's id, and when it must have begun (ms, both included).

        Raises TooManyRequests; QrStale for a code of none that waits, whatever the reason.
        """
        await limit_calls(self.db, scope=SCOPE, subject=shield_number, most=MOST, window=WINDOW_MS, now=now)
        between = short_begun_between(short, typed=typed, now=now)
        begun = await scans.begun(self.db, between=between, now=now, most=MOST_BEGUN)
        for number, request_id in enumerate(begun, start=1):
            if is_short_of(short, self.secrets.qr_secret(request_id)):
                return request_id, between
            if number % _AT_ONCE == 0:
                await asyncio.sleep(0)  # else one typed code keeps all others waiting
        raise errors.QrStale
