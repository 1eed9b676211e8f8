"""Counters that protect secrets: SMS codes, used captchas, slowed logins. Each is a row, counted before use.

The counting statement itself decides whether a count is permitted, so parallel calls can't exceed a limit
together.
"""

from dataclasses import asdict, dataclass
from typing import Final

import msgspec

from mshield.server.database.interface import Database, Tx
from mshield.server.database.queries import Queries

_SQL: Final = Queries("runtime", "limits")


@dataclass(frozen=True, slots=True)
class Throttle:
    """Counter of a subject since `window_start`, and the end of its wait; times in ms."""

    failures: int
    window_start: int
    blocked_until: int


class Limit(msgspec.Struct, frozen=True, kw_only=True):
    """Limit of `most` events of a subject in a window that began after `stale` (ms)."""

    scope: str
    subject: str
    most: int
    stale: int

    @property
    def row(self) -> str:
        """Name of the counter's row; statements lock rows in the order of these names."""
        return f"{self.scope} {self.subject}"


@dataclass(frozen=True, slots=True, kw_only=True)
class NewSmsCode:
    """SMS code to send, as its keyed hash."""

    id: str
    phone: str
    purpose: str
    code_hash: bytes
    expires_at: int


@dataclass(frozen=True, slots=True)
class TriedSmsCode:
    """Valid SMS code being tried; `tries` includes the present one, `expires_at` is ms."""

    id: str
    code_hash: bytes
    tries: int
    expires_at: int


@dataclass(frozen=True, slots=True)
class SmsCode:
    """State of the newest code."""

    tries: int
    expires_at: int
    used_at: int | None


async def begin_attempt(
    tx: Tx, *, scope: str, subject: str, now: int, stale: int, blocked_until: int = 0
) -> int | None:
    """Counts an attempt and returns the count, or None while the subject must wait. The row stays locked.

    A window begun at or before `stale` (ms) restarts. `blocked_until` (ms) becomes the end of the subject's
    wait.
    """
    row = await tx.one(
        _SQL["begin_attempt"], scope=scope, subject=subject, now=now, stale=stale, blocked_until=blocked_until
    )
    return None if row is None else row["failures"]


async def count_within(tx: Tx, limit: Limit, *, now: int) -> int | None:
    """Counts an event and returns the count; None if the limit is already reached in the current window."""
    row = await tx.one(_SQL["count_within"], **msgspec.structs.asdict(limit), now=now)
    return None if row is None else row["failures"]


async def count_alone(db: Database, limit: Limit, *, now: int) -> bool:
    """Like `count_within`, but outside a transaction, in one round trip.

    Returns whether the event was within the limit.
    """
    return bool(
        await db.write_together(_SQL["count_alone"], by=limit.row, **msgspec.structs.asdict(limit), now=now)
    )


async def count_ahead(db: Database, limit: Limit, *, count: int, now: int) -> bool:
    """Counts `count` events at once, of which `give_back` returns those that weren't any.

    Returns whether the limit wasn't reached before them.
    """
    return await db.run(_SQL["count_ahead"], **msgspec.structs.asdict(limit), count=count, now=now) == 1


async def give_back(db: Database, *, scope: str, subject: str, count: int) -> None:
    """Takes `count` events from the subject's counter."""
    await db.run(_SQL["give_back"], scope=scope, subject=subject, count=count)


async def find_throttle(db: Database | Tx, *, scope: str, subject: str) -> Throttle | None:
    """Returns the subject's counter."""
    row = await db.one(_SQL["find_throttle"], scope=scope, subject=subject)
    return None if row is None else Throttle(**row)


async def current_count(db: Database | Tx, *, scope: str, subject: str, stale: int) -> int:
    """Returns the subject's count in a window that began after `stale` (ms)."""
    throttle = await find_throttle(db, scope=scope, subject=subject)
    return 0 if throttle is None or throttle.window_start <= stale else throttle.failures


async def block(tx: Tx, *, scope: str, subject: str, until: int) -> None:
    """Makes the subject wait until `until` (ms)."""
    await tx.run(_SQL["block"], scope=scope, subject=subject, until=until)


async def reset(tx: Tx, *, scope: str, subject: str) -> None:
    """Deletes the subject's counter."""
    await tx.run(_SQL["reset"], scope=scope, subject=subject)


async def count_sms(tx: Tx, *, phone: str, purpose: str, since: int) -> int:
    """Counts codes sent to this number for this purpose after `since` (ms)."""
    row = await tx.one(_SQL["count_sms"], phone=phone, purpose=purpose, since=since)
    return 0 if row is None else row["sent"]


async def insert_sms(tx: Tx, code: NewSmsCode, *, now: int) -> None:
    """Stores a code, before it is sent."""
    await tx.run(_SQL["insert_sms"], **asdict(code), now=now)


async def try_sms(db: Database, *, phone: str, purpose: str, most: int, now: int) -> TriedSmsCode | None:
    """Durably counts a try and returns the newest code; None if there is none, or it is expired or had `most` tries."""
    row = await db.run_one(_SQL["try_sms"], phone=phone, purpose=purpose, most=most, now=now)
    return None if row is None else TriedSmsCode(**row)


async def latest_sms(db: Database, *, phone: str, purpose: str) -> SmsCode | None:
    """Returns the newest code for this number and purpose, in any state."""
    row = await db.one(_SQL["latest_sms"], phone=phone, purpose=purpose)
    return None if row is None else SmsCode(**row)


async def untry_sms(db: Database, *, code_id: str) -> None:
    """Refunds one try of a code."""
    await db.run(_SQL["untry_sms"], id=code_id)


async def use_sms(tx: Tx, *, code_id: str, now: int) -> bool:
    """Marks the code as used and erases its hash; False if it was used before or has expired."""
    return await tx.run(_SQL["use_sms"], id=code_id, now=now, nothing=b"") == 1


async def use_captcha(db: Database, *, captcha_hash: bytes, expires_at: int) -> bool:
    """Marks the captcha as used; False if it was used before."""
    return await db.run(_SQL["use_captcha"], captcha_hash=captcha_hash, expires_at=expires_at) == 1


async def purge(db: Database, *, before: int) -> int:
    """Deletes counters, codes and captchas that ended before `before` (ms) and returns their number."""
    throttles = await db.run(_SQL["purge_throttles"], before=before)
    codes = await db.run(_SQL["purge_sms"], before=before)
    return throttles + codes + await db.run(_SQL["purge_captchas"], before=before)
