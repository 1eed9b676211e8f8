"""Finds the request of a short code (输入短码), which is typed instead of scanning the QR code of the same second.

It is valid like the QR code of that second, counted from the beginning of typing. Six of its characters carry
30 bits, so the tries per shield are limited; every refusal only says that the code is stale.
"""

import asyncio
from dataclasses import dataclass
from typing import Final

from mshield.server.database.interface import Database
from mshield.server.requests.errors import QrStale
from mshield.server.requests.rows import scans
from mshield.server.requests.secrets import RequestSecrets
from mshield.server.runtime.throttle import limit_calls
from mshield.wire.qr import ShortCode, is_short_of, short_begun_between
from mshield.wire.times import MINUTE_MS

SCOPE: Final = "short_codes"
MOST: Final = 10
"""Short codes that one shield may try within `WINDOW_MS`."""
WINDOW_MS: Final = 5 * MINUTE_MS
MOST_BEGUN: Final = 20_000
"""Maximum number of requests searched for a code.

A site starts fewer requests in the seconds in which a code is valid.
"""
_AT_ONCE: Final = 200
"""Codes computed before yielding to other tasks: about 3 ms."""


@dataclass(frozen=True, slots=True)
class ShortCodes:
    """Finds the requests of short codes."""

    db: Database
    secrets: RequestSecrets

    async def request_of(
        self, short: ShortCode, *, shield_number: str, typed: int, now: int
    ) -> tuple[str, tuple[int, int]]:
        """Returns the request's id, and the range of times (ms, both inclusive) in which it must have started.

        Raises: TooManyRequests, QrStale (no pending request has this code, for whatever reason).
        """
        await limit_calls(self.db, scope=SCOPE, subject=shield_number, most=MOST, window=WINDOW_MS, now=now)
        between = short_begun_between(short, typed=typed, now=now)
        begun = await scans.begun(self.db, between=between, now=now, most=MOST_BEGUN)
        for number, request_id in enumerate(begun, start=1):
            if is_short_of(short, self.secrets.qr_secret(request_id)):
                return request_id, between
            if number % _AT_ONCE == 0:
                await asyncio.sleep(0)  # Otherwise one typed code would block all other tasks.
        raise QrStale
