"""Counters that protect secrets: SMS codes, used captchas, slowed logins. Each is a row, counted before it is used.

Whether a count is allowed is decided by the statement that counts, so parallel calls can't pass a limit together.
"""

from dataclasses import asdict, dataclass
from typing import Final

import msgspec

from mshield.store.database.interface import Database, Tx
from mshield.store.database.queries import Queries

_SQL: Final = Queries("accounts", "limits")


@dataclass(frozen=True, slots=True)
class Throttle:
    """A subject's count since `window_start`, and until when it waits; times in ms."""

    failures: int
    window_start: int
    blocked_until: int


class Limit(msgspec.Struct, frozen=True, kw_only=True):
    """At most `most` events of a subject in a window that began after `stale` (ms)."""

    scope: str
    subject: str
    most: int
    stale: int

    @property
    def row(self) -> str:
        """The name of the count's row; statements that count take their rows in the order of these names."""
        return f"{self.scope} {self.subject}"


@dataclass(frozen=True, slots=True, kw_only=True)
class NewSmsCode:
    """A code to send, as its keyed hash."""

    id: str
    phone: str
    purpose: str
    code_hash: bytes
    expires_at: int


@dataclass(frozen=True, slots=True)
class TriedSmsCode:
    """A code that was sent and still counts; `tries` includes the present one, `expires_at` is ms."""

    id: str
    code_hash: bytes
    tries: int
    expires_at: int


@dataclass(frozen=True, slots=True)
class SmsCode:
    """The newest code's state."""

    tries: int
    expires_at: int
    used_at: int | None


async def begin_attempt(
    tx: Tx, *, scope: str, subject: str, now: int, stale: int, blocked_until: int = 0
) -> int | None:
    """Counts an attempt and gives the count, or None while the subject waits. Its row stays locked.

    A count begun at or before `stale` (ms) begins anew; the subject waits until `blocked_until` from now on.
    """
    row = await tx.one(
        _SQL["begin_attempt"], scope=scope, subject=subject, now=now, stale=stale, blocked_until=blocked_until
    )
    return None if row is None else row["failures"]


async def count_within(tx: Tx, limit: Limit, *, now: int) -> int | None:
    """Counts one event and gives the count; None when `most` are counted already in a window begun after `stale`."""
    row = await tx.one(_SQL["count_within"], **msgspec.structs.asdict(limit), now=now)
    return None if row is None else row["failures"]


async def count_alone(db: Database, limit: Limit, *, now: int) -> bool:
    """As `count_within`, where nothing else is to be written with it."""
    return bool(
        await db.write_together(_SQL["count_alone"], by=limit.row, **msgspec.structs.asdict(limit), now=now)
    )


async def find_throttle(db: Database | Tx, *, scope: str, subject: str) -> Throttle | None:
    """The subject's counter."""
    row = await db.one(_SQL["find_throttle"], scope=scope, subject=subject)
    return None if row is None else Throttle(**row)


async def counted(db: Database | Tx, *, scope: str, subject: str, stale: int) -> int:
    """The subject's count in a window that began after `stale` (ms)."""
    throttle = await find_throttle(db, scope=scope, subject=subject)
    return 0 if throttle is None or throttle.window_start <= stale else throttle.failures


async def block(tx: Tx, *, scope: str, subject: str, until: int) -> None:
    """Makes the subject wait until then (ms)."""
    await tx.run(_SQL["block"], scope=scope, subject=subject, until=until)


async def reset(tx: Tx, *, scope: str, subject: str) -> None:
    """Forgets the subject's count."""
    await tx.run(_SQL["reset"], scope=scope, subject=subject)


async def count_sms(tx: Tx, *, phone: str, purpose: str, since: int) -> int:
    """Codes sent to this number for this purpose after `since` (ms)."""
    row = await tx.one(_SQL["count_sms"], phone=phone, purpose=purpose, since=since)
    return 0 if row is None else row["sent"]


async def insert_sms(tx: Tx, code: NewSmsCode, *, now: int) -> None:
    """Records a code, before it is sent."""
    await tx.run(_SQL["insert_sms"], **asdict(code), now=now)


async def try_sms(db: Database, *, phone: str, purpose: str, most: int, now: int) -> TriedSmsCode | None:
    """Counts a try durably and gives the newest code; None without a code, after its end or after `most` tries."""
    row = await db.run_one(_SQL["try_sms"], phone=phone, purpose=purpose, most=most, now=now)
    return None if row is None else TriedSmsCode(**row)


async def latest_sms(db: Database, *, phone: str, purpose: str) -> SmsCode | None:
    """The newest code for this number and purpose, in whatever state."""
    row = await db.one(_SQL["latest_sms"], phone=phone, purpose=purpose)
    return None if row is None else SmsCode(**row)


async def untry_sms(db: Database, *, code_id: str) -> None:
    """Gives back one try of a code."""
    await db.run(_SQL["untry_sms"], id=code_id)


async def use_sms(tx: Tx, *, code_id: str, now: int) -> bool:
    """Spends the code and erases its hash; False when it was spent before or is over."""
    return await tx.run(_SQL["use_sms"], id=code_id, now=now, nothing=b"") == 1


async def use_captcha(db: Database, *, captcha_hash: bytes, expires_at: int) -> bool:
    """Spends the captcha; False when it was spent before."""
    return await db.run(_SQL["use_captcha"], captcha_hash=captcha_hash, expires_at=expires_at) == 1


async def purge(db: Database, *, before: int) -> int:
    """Deletes counters, codes and captchas that were over before this time (ms), and gives their number."""
    throttles = await db.run(_SQL["purge_throttles"], before=before)
    codes = await db.run(_SQL["purge_sms"], before=before)
    return throttles + codes + await db.run(_SQL["purge_captchas"], before=before)
