"""Notices to people: one row per account and occasion, waiting until it was sent or given up.

What happens to certificates is read from their events, each once; what the clock brings, from the certificates.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal

from mshield.domain.ids import new_id
from mshield.store.database.interface import Database, Row, Tx
from mshield.store.database.queries import Queries

_SQL: Final = Queries("notices", "notifications")


@dataclass(frozen=True, slots=True)
class UntoldEvent:
    """A certificate's event of which nobody has been told, with the certificate's holder and enterprise.

    `actor` is the kind of who caused it; `reason` may be the actor's own words. `was_in_force` says whether the
    certificate ever was: one prepared for a renewal may end before. `renews` whether the device had one before that was
    superseded.
    """

    id: str
    event: str
    actor: str
    reason: str
    account_id: str
    credit_code: str
    shield_number: str
    was_in_force: bool
    renews: bool


@dataclass(frozen=True, slots=True)
class DueNotice:
    """A notice to send now. `phone` is the account's number as it is now, or the one that it had; times in ms.

    `attempts` are those before, `unanswered` how many of them may have brought it without our knowing.
    """

    id: str
    kind: str
    details: Mapping[str, str]
    attempts: int
    unanswered: int
    created_at: int
    phone: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Shield:
    """A certificate whose holder is to be told; `number` is its last day in ms, or the filing's version, or 0."""

    serial: str
    account_id: str
    shield_number: str
    number: int


async def insert(
    tx: Tx, *, kind: str, account_id: str, occasion: str, details: Mapping[str, str], now: int
) -> str | None:
    """Makes an account's notice of an occasion, once, and gives its id; None where there is one already."""
    notice_id = new_id(now)
    inserted = await tx.run(
        _SQL["insert"],
        id=notice_id,
        kind=kind,
        account_id=account_id,
        occasion=occasion,
        details=json.dumps(details, ensure_ascii=False),
        now=now,
    )
    return notice_id if inserted == 1 else None


async def insert_for_number(
    tx: Tx, *, kind: str, account_id: str, phone: str, occasion: str, next_at: int, now: int
) -> str:
    """Makes a notice to a number that the account no longer has, and gives its id; sent from `next_at` (ms) on."""
    notice_id = new_id(now)
    await tx.run(
        _SQL["insert_for_number"],
        id=notice_id,
        kind=kind,
        account_id=account_id,
        phone=phone,
        occasion=occasion,
        next_at=next_at,
        now=now,
    )
    return notice_id


async def untold_events(tx: Tx, *, most: int) -> list[UntoldEvent]:
    """The oldest events of which no notices were made yet."""
    rows = await tx.all(_SQL["untold_events"], most=most)
    return [
        UntoldEvent(**{**row, "was_in_force": bool(row["was_in_force"]), "renews": bool(row["renews"])})
        for row in rows
    ]


async def mark_told(tx: Tx, *, event_id: str, now: int) -> bool:
    """Takes an event; False where another process has."""
    return await tx.run(_SQL["mark_told"], id=event_id, now=now) == 1


async def legal_persons(tx: Tx, *, credit_code: str, now: int) -> list[str]:
    """The accounts of the people on file as the enterprise's legal person."""
    return [row["id"] for row in await tx.all(_SQL["legal_persons"], credit_code=credit_code, now=now)]


async def due(db: Database, *, now: int, most: int) -> list[DueNotice]:
    """Notices to send now, the one that waits longest first."""
    return [
        DueNotice(**{**row, "details": json.loads(row["details"])})
        for row in await db.all(_SQL["due"], now=now, most=most)
    ]


async def begin_attempt(db: Database, notice: DueNotice, *, next_at: int) -> bool:
    """Counts an attempt, as one without an answer, durably before it is made; False where another process makes it."""
    return await db.run(_SQL["begin_attempt"], id=notice.id, attempts=notice.attempts, next_at=next_at) == 1


async def put_off(db: Database, notice: DueNotice, *, next_at: int) -> None:
    """Has it sent later, without counting a try."""
    await db.run(_SQL["put_off"], id=notice.id, next_at=next_at)


async def end(
    db: Database, notice: DueNotice, *, state: Literal["sent", "given_up"], error: str | None, now: int
) -> None:
    """Records what became of a notice."""
    await end_by_id(db, notice_id=notice.id, state=state, error=error, now=now)


async def end_by_id(
    db: Database, *, notice_id: str, state: Literal["sent", "given_up"], error: str | None, now: int
) -> None:
    """The same; a number that the account no longer has goes with it."""
    await db.run(_SQL["end"], id=notice_id, state=state, error=error, now=now)


async def note_refusal(db: Database, notice: DueNotice, *, error: str) -> None:
    """Records why the last attempt certainly brought nothing."""
    await db.run(_SQL["note_refusal"], id=notice.id, error=error)


async def note_silence(db: Database, notice: DueNotice, *, error: str, next_at: int) -> None:
    """Records that of the last attempt nothing is known, and when (ms) the next one may come."""
    await db.run(_SQL["note_silence"], id=notice.id, error=error, next_at=next_at)


async def purge(db: Database, *, before: int) -> int:
    """Deletes notices that ended before this time (ms) and that nothing needs any more; gives their number."""
    return await db.run(_SQL["purge"], before=before)


async def ending(tx: Tx, *, now: int, until: int, after: str, most: int) -> list[Shield]:
    """Certificates in force that are over before `until` (ms) and of which nobody was told, by serial."""
    rows = await tx.all(_SQL["ending"], now=now, until=until, after=after, most=most)
    return [_shield(row, row["not_after"]) for row in rows]


async def outdated(tx: Tx, *, now: int, after: str, most: int) -> list[Shield]:
    """Certificates in force whose filing has another version, of which nobody was told, by serial."""
    rows = await tx.all(_SQL["outdated"], now=now, after=after, most=most)
    return [_shield(row, row["filed_version"]) for row in rows]


async def over(tx: Tx, *, now: int, since: int, after: str, most: int) -> list[Shield]:
    """Certificates that the clock ended after `since` (ms) and of which nobody was told, by serial."""
    rows = await tx.all(_SQL["over"], now=now, since=since, after=after, most=most)
    return [_shield(row, 0) for row in rows]


def _shield(row: Row, number: int) -> Shield:
    return Shield(row["serial"], row["account_id"], row["shield_number"], number)
