"""Delays after failed logins, and rate limits per address. All counts are rows in the database.

A login is counted against its account before the password is checked, so that parallel guesses can't pass the
limit. It is counted against its address only after failing, so that successful logins don't delay an office
behind one address.

An account has a separate count for each network from which its owner recently logged in, so failed attempts
from elsewhere don't delay the owner there.
"""

import hashlib
from dataclasses import dataclass
from typing import Final

from mshield.server.accounts.errors import LoginSlowed
from mshield.server.database.interface import Database, Tx
from mshield.server.errors import TooManyRequests
from mshield.server.runtime.rows import limits
from mshield.server.runtime.rows.limits import Limit
from mshield.server.settings.accounts import AccountSettings
from mshield.server.values.throttling import address_subject, prefix_subject, wait_after, whole_seconds
from mshield.wire.times import DAY_MS

_ACCOUNT: Final = "login_account"
LOGINS: Final = "login_address"
"""Scope of failed logins per address, within a day."""
_KNOWN: Final = "login_known"
_KNOWN_MS: Final = 90 * DAY_MS
"""Time for which a network is remembered as the account's own after a login."""


@dataclass(frozen=True, slots=True)
class LoginThrottle:
    """Throttle of failed logins per account and per address; a count restarts after a day."""

    db: Database
    settings: AccountSettings

    async def begin(self, *, account: str, address: str, now: int) -> None:
        """Counts an attempt. Raises: LoginSlowed (the account or the address must wait; nothing is counted then)."""

        async def work(tx: Tx) -> None:
            throttle = await limits.find_throttle(tx, scope=LOGINS, subject=address_subject(address))
            if throttle is not None and throttle.blocked_until > now:
                raise LoginSlowed(retry_after=whole_seconds(throttle.blocked_until - now))
            subject = await _account_subject(tx, account, address, now=now)
            await self._count(tx, _ACCOUNT, subject, free=self.settings.login_failures_per_account, now=now)

        await self.db.write(work)

    async def failed(self, *, address: str, now: int) -> None:
        """Counts a failure against the address. Raises: LoginSlowed (the address must already wait)."""
        free = self.settings.login_failures_per_address

        async def work(tx: Tx) -> None:
            await self._count(tx, LOGINS, address_subject(address), free=free, now=now)

        await self.db.write(work)

    async def succeeded(self, *, account: str, address: str, now: int) -> None:
        """Clears the failures counted for the account from this network, and remembers the network as its own."""

        async def work(tx: Tx) -> None:
            subject, network = (
                await _account_subject(tx, account, address, now=now),
                _network_subject(account, address),
            )
            await limits.reset(tx, scope=_ACCOUNT, subject=subject)
            await limits.reset(tx, scope=_KNOWN, subject=network)
            until = now + _KNOWN_MS
            await limits.begin_attempt(
                tx, scope=_KNOWN, subject=network, now=now, stale=now, blocked_until=until
            )

        await self.db.write(work)

    async def _count(self, tx: Tx, scope: str, subject: str, *, free: int, now: int) -> None:
        failures = await limits.begin_attempt(tx, scope=scope, subject=subject, now=now, stale=now - DAY_MS)
        if failures is None:
            raise LoginSlowed(retry_after=await seconds_left(tx, scope=scope, subject=subject, now=now))
        wait = wait_after(failures, free=free, first=self.settings.login_slow_seconds * 1000)
        if wait:
            await limits.block(tx, scope=scope, subject=subject, until=now + wait)


async def _account_subject(tx: Tx, account: str, address: str, *, now: int) -> str:
    network = _network_subject(account, address)
    recent = await limits.find_throttle(tx, scope=_KNOWN, subject=network)
    return account if recent is None or recent.blocked_until <= now else network


def _network_subject(account: str, address: str) -> str:
    """Returns the key of the account in this network."""
    return hashlib.sha256(f"{account} {prefix_subject(address)}".encode()).hexdigest()


async def seconds_left(tx: Tx, *, scope: str, subject: str, now: int) -> int:
    """Returns the seconds that a subject must still wait."""
    throttle = await limits.find_throttle(tx, scope=scope, subject=subject)
    return whole_seconds(0 if throttle is None else throttle.blocked_until - now)


async def limit_rate(tx: Tx, *, scope: str, subject: str, most: int, window: int, now: int) -> None:
    """Counts a call of this subject. Raises: TooManyRequests, beyond `most` calls within `window` (ms)."""
    limit = Limit(scope=scope, subject=subject, most=most, stale=now - window)
    if await limits.count_within(tx, limit, now=now) is None:
        raise await too_many(tx, limit, now=now)


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """Rate limit for unauthenticated callers in `window` (ms): `per_address`, and `per_prefix` for a whole network."""

    scope: str
    per_address: int
    per_prefix: int
    window: int

    async def spend(self, tx: Tx, *, address: str, now: int) -> None:
        """Counts a call from `address`.

        Raises: TooManyRequests (the caller must then roll back its transaction, so that nothing is counted).
        """
        # Always in this order, so that two calls can't deadlock on each other's rows.
        for scope, subject, most in (
            (self.scope, address_subject(address), self.per_address),
            (of_network(self.scope), prefix_subject(address), self.per_prefix),
        ):
            await limit_rate(tx, scope=scope, subject=subject, most=most, window=self.window, now=now)


async def limit_calls(db: Database, *, scope: str, subject: str, most: int, window: int, now: int) -> None:
    """Like `limit_rate`, but outside a transaction, in one round trip."""
    limit = Limit(scope=scope, subject=subject, most=most, stale=now - window)
    if not await limits.count_alone(db, limit, now=now):
        raise await too_many(db, limit, now=now)


async def too_many(db: Database | Tx, limit: Limit, *, now: int) -> TooManyRequests:
    """Builds the error for a call beyond the limit; its `retry_after` is the end of the window."""
    throttle = await limits.find_throttle(db, scope=limit.scope, subject=limit.subject)
    start = now if throttle is None else throttle.window_start
    return TooManyRequests(retry_after=whole_seconds(start - limit.stale))


def of_network(scope: str) -> str:
    """Returns the scope of the per-network count for the scope of a per-address count."""
    return f"{scope}_prefix"
