"""Pushes: subscriptions of phones' browsers, and one row per phone and occasion until accepted or ended."""

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Final, Literal

from mshield.server.database.interface import Database, Tx
from mshield.server.database.queries import Queries

_SQL: Final = Queries("notices", "push")

PushState = Literal["sent", "failed", "gone", "over", "none"]
"""States: accepted; refused or unanswered; subscription ended; request ended; no phone accepts pushes."""


@dataclass(frozen=True, slots=True)
class Subscription:
    """Subscription of a phone and account; `requests` and `notices` are its owner's choices."""

    device_id: str
    account_id: str
    requests: bool
    notices: bool
    address_box: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class DuePush:
    """Push due for sending; `attempts` counts earlier ones, times in ms. `address_box` is None without a subscription.

    `is_wanted`: the request is still waiting, or it is a notice. `is_failing`: the subscription's last attempt failed.
    """

    occasion: str
    device_id: str
    account_id: str
    kind: str
    attempts: int
    expires_at: int
    is_wanted: bool
    is_failing: bool
    address_box: bytes | None = field(repr=False)


async def put(db: Database, subscription: Subscription, *, now: int) -> None:
    """Stores the phone's subscription, replacing an earlier one."""
    await db.run(
        _SQL["put"],
        device_id=subscription.device_id,
        account_id=subscription.account_id,
        address_box=subscription.address_box,
        requests=int(subscription.requests),
        notices=int(subscription.notices),
        now=now,
    )


async def find(db: Database, *, device_id: str, account_id: str) -> Subscription | None:
    """Returns the phone's subscription for this account."""
    row = await db.one(_SQL["find"], device_id=device_id, account_id=account_id)
    if row is None:
        return None
    return Subscription(**{**row, "requests": bool(row["requests"]), "notices": bool(row["notices"])})


async def end(db: Database | Tx, *, device_id: str) -> int:
    """Deletes a phone's subscription and returns how many there were."""
    return await db.run(_SQL["end"], device_id=device_id)


async def end_of_account(tx: Tx, *, account_id: str) -> None:
    """Deletes the subscriptions of an account that is closed or erased."""
    await tx.run(_SQL["end_of_account"], account_id=account_id)


async def end_of_others(tx: Tx, *, device_id: str, account_id: str) -> None:
    """Deletes the phone's subscription if another account made it."""
    await tx.run(_SQL["end_of_others"], device_id=device_id, account_id=account_id)


async def end_elsewhere(tx: Tx, *, account_id: str, device_id: str) -> None:
    """Deletes the account's subscriptions on all other phones."""
    await tx.run(_SQL["end_elsewhere"], account_id=account_id, device_id=device_id)


async def wake_shield(
    db: Database, *, request_id: str, shield_number: str, also_unsubscribed: bool, expires_at: int, now: int
) -> int:
    """Inserts a push to the phone with this shield for a request; returns the number of pushes, one or none.

    With `also_unsubscribed` there is a push even for a phone without a subscription, so that its owner is
    notified in another way.
    """
    return await db.run(
        _SQL["wake_shield"],
        occasion=request_id,
        shield_number=shield_number,
        also_unsubscribed=int(also_unsubscribed),
        expires_at=expires_at,
        now=now,
    )


async def wake_account(tx: Tx, *, notice_id: str, account_id: str, expires_at: int, now: int) -> None:
    """Inserts pushes of a notice to the account's phones that want notices."""
    await tx.run(
        _SQL["wake_account"], occasion=notice_id, account_id=account_id, expires_at=expires_at, now=now
    )


async def due(
    db: Database, *, without: Collection[str] = (), also_failing: bool = True, now: int, most: int
) -> list[DuePush]:
    """Returns pushes due for sending, longest waiting first, those to failing subscriptions last.

    Leaves out the accounts `without`, and failing subscriptions unless `also_failing`.
    """
    rows = await db.all(
        _SQL["due"], without=" ".join(without), also_failing=int(also_failing), now=now, most=most
    )
    flags = ("is_wanted", "is_failing")
    return [DuePush(**{**row, **{flag: bool(row[flag]) for flag in flags}}) for row in rows]


async def begin_attempt(db: Database, push: DuePush, *, next_at: int) -> bool:
    """Durably counts an attempt before it is made; False if another process makes it."""
    updated = await db.run(
        _SQL["begin_attempt"],
        occasion=push.occasion,
        device_id=push.device_id,
        attempts=push.attempts,
        next_at=next_at,
    )
    return updated == 1


async def note_failure(db: Database, push: DuePush, *, answer: str, next_at: int) -> None:
    """Records a failed attempt and the time of the next one."""
    await db.run(
        _SQL["note_failure"],
        occasion=push.occasion,
        device_id=push.device_id,
        answer=answer,
        next_at=next_at,
    )


async def finish(db: Database, push: DuePush, *, state: PushState, answer: str | None, now: int) -> None:
    """Records the outcome of a push."""
    await db.run(
        _SQL["finish"],
        occasion=push.occasion,
        device_id=push.device_id,
        state=state,
        answer=answer,
        now=now,
    )


async def mark_working(db: Database, push: DuePush) -> None:
    """Marks the push's subscription as working."""
    await db.run(_SQL["mark_working"], device_id=push.device_id)


async def mark_failing(db: Database, push: DuePush, *, now: int) -> None:
    """Marks the push's subscription as failing, unless it already is."""
    await db.run(_SQL["mark_failing"], device_id=push.device_id, now=now)


async def drop(db: Database, push: DuePush) -> None:
    """Deletes the push's subscription, unless the phone has made another one since."""
    await db.run(_SQL["drop"], device_id=push.device_id, address_box=push.address_box)


async def count_accepted(db: Database, *, notice_id: str) -> tuple[int, int]:
    """Returns how many of a notice's pushes were accepted, and how many are still waiting."""
    row = await db.one(_SQL["count_accepted"], occasion=notice_id)
    return (0, 0) if row is None else (row["taken"], row["waiting"])


async def purge(db: Database, *, before: int, failing_before: int) -> int:
    """Deletes pushes that ended before `before` (ms), and subscriptions failing since before `failing_before`."""
    await db.run(_SQL["purge_subscriptions"], before=failing_before)
    return await db.run(_SQL["purge"], before=before)
