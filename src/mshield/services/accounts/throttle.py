"""Slows down who fails often, and limits how often an address may ask. All counts are rows in the database.

A login is counted against its account before the password is looked at, so that parallel guesses can't pass the limit;
against its address after it failed, so that an office behind one address isn't slowed by people who log in.

From a network from which its owner has logged in lately an account has a count of its own: whoever fails elsewhere, as
often as they like, slows down everybody but the owner there.
"""

import hashlib
from dataclasses import dataclass
from typing import Final

from mshield.domain import errors
from mshield.domain.throttling import address_subject, prefix_subject, wait_after, whole_seconds
from mshield.domain.times import DAY_MS
from mshield.settings import Settings
from mshield.store.accounts import limits
from mshield.store.accounts.limits import Limit
from mshield.store.database.interface import Database, Tx

_ACCOUNT: Final = "login_account"
LOGINS: Final = "login_address"
"""The scope of failed logins by address, within a day."""
_KNOWN: Final = "login_known"
_KNOWN_MS: Final = 90 * DAY_MS
"""How long a network is an account's own after a login."""


@dataclass(frozen=True, slots=True)
class LoginThrottle:
    """Failed logins per account and per address; a count begins anew after a day."""

    db: Database
    settings: Settings

    async def begin(self, *, account: str, address: str, now: int) -> None:
        """Counts an attempt. Raises LoginSlowed while the account or the address waits, and then counts nothing."""

        async def work(tx: Tx) -> None:
            throttle = await limits.find_throttle(tx, scope=LOGINS, subject=address_subject(address))
            if throttle is not None and throttle.blocked_until > now:
                raise errors.LoginSlowed(retry_after=whole_seconds(throttle.blocked_until - now))
            subject = await _counted_as(tx, account, address, now=now)
            await self._count(tx, _ACCOUNT, subject, free=self.settings.login_failures_per_account, now=now)

        await self.db.write(work)

    async def failed(self, *, address: str, now: int) -> None:
        """Counts a failure against the address. Raises LoginSlowed where the address waits by now."""
        free = self.settings.login_failures_per_address

        async def work(tx: Tx) -> None:
            await self._count(tx, LOGINS, address_subject(address), free=free, now=now)

        await self.db.write(work)

    async def succeeded(self, *, account: str, address: str, now: int) -> None:
        """Forgets the account's failures, and remembers its network; those of others elsewhere stay."""

        async def work(tx: Tx) -> None:
            subject, here = await _counted_as(tx, account, address, now=now), _here(account, address)
            await limits.reset(tx, scope=_ACCOUNT, subject=subject)
            await limits.reset(tx, scope=_KNOWN, subject=here)
            until = now + _KNOWN_MS
            await limits.begin_attempt(
                tx, scope=_KNOWN, subject=here, now=now, stale=now, blocked_until=until
            )

        await self.db.write(work)

    async def _count(self, tx: Tx, scope: str, subject: str, *, free: int, now: int) -> None:
        failures = await limits.begin_attempt(tx, scope=scope, subject=subject, now=now, stale=now - DAY_MS)
        if failures is None:
            raise errors.LoginSlowed(
                retry_after=await seconds_left(tx, scope=scope, subject=subject, now=now)
            )
        wait = wait_after(failures, free=free, first=self.settings.login_slow_seconds * 1000)
        if wait:
            await limits.block(tx, scope=scope, subject=subject, until=now + wait)


async def _counted_as(tx: Tx, account: str, address: str, *, now: int) -> str:
    here = _here(account, address)
    known = await limits.find_throttle(tx, scope=_KNOWN, subject=here)
    return account if known is None or known.blocked_until <= now else here


def _here(account: str, address: str) -> str:
    """The account in this network, as one name."""
    return hashlib.sha256(f"{account} {prefix_subject(address)}".encode()).hexdigest()


async def seconds_left(tx: Tx, *, scope: str, subject: str, now: int) -> int:
    """How long a subject still waits."""
    throttle = await limits.find_throttle(tx, scope=scope, subject=subject)
    return whole_seconds(0 if throttle is None else throttle.blocked_until - now)


async def limit_rate(tx: Tx, *, scope: str, subject: str, most: int, window: int, now: int) -> None:
    """Counts a call of this subject; TooManyRequests beyond `most` within `window` (ms)."""
    limit = Limit(scope=scope, subject=subject, most=most, stale=now - window)
    if await limits.count_within(tx, limit, now=now) is None:
        raise await too_many(tx, limit, now=now)


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """What strangers may spend within `window` (ms): `per_address`, and `per_prefix` those of one network together."""

    scope: str
    per_address: int
    per_prefix: int
    window: int

    async def spend(self, tx: Tx, *, address: str, now: int) -> None:
        """Counts a call from there. Raises TooManyRequests, and then the transaction must count nothing."""
        # Always in this order, so that two calls never wait for each other's rows.
        for scope, subject, most in (
            (self.scope, address_subject(address), self.per_address),
            (of_network(self.scope), prefix_subject(address), self.per_prefix),
        ):
            await limit_rate(tx, scope=scope, subject=subject, most=most, window=self.window, now=now)


async def limit_calls(db: Database, *, scope: str, subject: str, most: int, window: int, now: int) -> None:
    """As `limit_rate`, where nothing else is written with the count: one round trip."""
    limit = Limit(scope=scope, subject=subject, most=most, stale=now - window)
    if not await limits.count_alone(db, limit, now=now):
        raise await too_many(db, limit, now=now)


async def too_many(db: Database | Tx, limit: Limit, *, now: int) -> errors.TooManyRequests:
    """The refusal of what is beyond a limit; it tells when the window ends."""
    throttle = await limits.find_throttle(db, scope=limit.scope, subject=limit.subject)
    start = now if throttle is None else throttle.window_start
    return errors.TooManyRequests(retry_after=whole_seconds(start - limit.stale))


def of_network(scope: str) -> str:
    """Under what a network's count of the same stands."""
    return f"{scope}_prefix"
