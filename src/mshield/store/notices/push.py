"""Pushes: where a phone's browser takes them, and one row for each phone and occasion until it was taken or is over."""

from dataclasses import dataclass, field
from typing import Final, Literal

from mshield.store.database.interface import Database, Tx
from mshield.store.database.queries import Queries

_SQL: Final = Queries("notices", "push")

PushState = Literal["sent", "failed", "gone", "over", "none"]
"""In this order: taken; refused or unanswered; subscription ended; request over; no phone takes pushes."""


@dataclass(frozen=True, slots=True)
class Subscription:
    """A phone's, of one account; `requests` and `notices` are what its owner wants."""

    device_id: str
    account_id: str
    requests: bool
    notices: bool
    address_box: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class DuePush:
    """A push to send now; `attempts` are those before, times in ms. `address_box` is None where nobody takes it.

    `is_wanted`: the request still waits, or it is a notice.
    """

    occasion: str
    device_id: str
    account_id: str
    kind: str
    attempts: int
    expires_at: int
    is_wanted: bool
    address_box: bytes | None = field(repr=False)


async def put(db: Database, subscription: Subscription, *, now: int) -> None:
    """Makes this the phone's subscription, in place of one before."""
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
    """The phone's subscription of this account."""
    row = await db.one(_SQL["find"], device_id=device_id, account_id=account_id)
    if row is None:
        return None
    return Subscription(**{**row, "requests": bool(row["requests"]), "notices": bool(row["notices"])})


async def end(db: Database | Tx, *, device_id: str) -> int:
    """Ends a phone's subscription; gives how many there were."""
    return await db.run(_SQL["end"], device_id=device_id)


async def end_of_account(tx: Tx, *, account_id: str) -> None:
    """Ends those of an account that is closed or erased."""
    await tx.run(_SQL["end_of_account"], account_id=account_id)


async def end_of_others(tx: Tx, *, device_id: str, account_id: str) -> None:
    """Ends the phone's subscription if another account made it."""
    await tx.run(_SQL["end_of_others"], device_id=device_id, account_id=account_id)


async def end_elsewhere(tx: Tx, *, account_id: str, device_id: str) -> None:
    """Ends the account's subscriptions on all other phones."""
    await tx.run(_SQL["end_elsewhere"], account_id=account_id, device_id=device_id)


async def wake_shield(
    db: Database, *, request_id: str, shield_number: str, also_unsubscribed: bool, expires_at: int, now: int
) -> int:
    """Has the phone with this shield woken for a request; gives the number of pushes made, one or none.

    `also_unsubscribed` makes one for a phone that takes none, so that its owner is told otherwise.
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
    """Has an account's phones woken for a notice, those that want it."""
    await tx.run(
        _SQL["wake_account"], occasion=notice_id, account_id=account_id, expires_at=expires_at, now=now
    )


async def due(db: Database, *, now: int, most: int) -> list[DuePush]:
    """Pushes to send now, the one that waits longest first."""
    rows = await db.all(_SQL["due"], now=now, most=most)
    return [DuePush(**{**row, "is_wanted": bool(row["is_wanted"])}) for row in rows]


async def begin_attempt(db: Database, push: DuePush, *, next_at: int) -> bool:
    """Counts a try durably before it is made; False where another process makes it."""
    counted = await db.run(
        _SQL["begin_attempt"],
        occasion=push.occasion,
        device_id=push.device_id,
        attempts=push.attempts,
        next_at=next_at,
    )
    return counted == 1


async def note_failure(db: Database, push: DuePush, *, answer: str, next_at: int) -> None:
    """Records a failed try, and when the next one comes."""
    await db.run(
        _SQL["note_failure"],
        occasion=push.occasion,
        device_id=push.device_id,
        answer=answer,
        next_at=next_at,
    )


async def finish(db: Database, push: DuePush, *, state: PushState, answer: str | None, now: int) -> None:
    """Records what became of a push."""
    await db.run(
        _SQL["finish"],
        occasion=push.occasion,
        device_id=push.device_id,
        state=state,
        answer=answer,
        now=now,
    )


async def mark_taking(db: Database, push: DuePush) -> None:
    """Its subscription works."""
    await db.run(_SQL["mark_taking"], device_id=push.device_id)


async def mark_failing(db: Database, push: DuePush, *, now: int) -> None:
    """Its subscription has failed, since now or since before."""
    await db.run(_SQL["mark_failing"], device_id=push.device_id, now=now)


async def drop(db: Database, push: DuePush) -> None:
    """Ends the subscription that this push went to, unless the phone has made another one since."""
    await db.run(_SQL["drop"], device_id=push.device_id, address_box=push.address_box)


async def how_taken(db: Database, *, notice_id: str) -> tuple[int, int]:
    """How many of a notice's pushes were taken, and how many are on their way."""
    row = await db.one(_SQL["how_taken"], occasion=notice_id)
    return (0, 0) if row is None else (row["taken"], row["waiting"])


async def purge(db: Database, *, before: int, failing_before: int) -> int:
    """Deletes pushes that were over before (ms), and subscriptions that have failed since before `failing_before`."""
    await db.run(_SQL["purge_subscriptions"], before=failing_before)
    return await db.run(_SQL["purge"], before=before)
