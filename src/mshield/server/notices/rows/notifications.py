"""Notices to people: one row per account and occasion, waiting until sent or given up.

Notices about certificates are created once from each of their events; notices about dates are created from
the certificates.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal

from mshield.server.database.interface import Database, Row, Tx
from mshield.server.database.queries import Queries
from mshield.wire.ids import new_id

_SQL: Final = Queries("notices", "notifications")


@dataclass(frozen=True, slots=True)
class UnnotifiedEvent:
    """Certificate event without notices yet, with the certificate's holder and enterprise.

    `actor` is the kind of actor; `reason` may be the actor's own words; `holder` is the certificate's common
    name. `was_in_force` is false for a certificate prepared for a renewal that ended before use. `renews`:
    the device had an earlier certificate, which was superseded.
    """

    id: str
    event: str
    actor: str
    reason: str
    account_id: str
    credit_code: str
    shield_number: str
    holder: str
    role: str
    was_in_force: bool
    renews: bool


@dataclass(frozen=True, slots=True)
class DueNotice:
    """Notice due for sending. `phone` is the account's current number, or the one that it had; times in ms.

    `attempts` counts earlier attempts, `unanswered` those whose outcome is unknown.
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
    """Certificate whose holder must be notified; `number` is its last day in ms, the filing's version, or 0."""

    serial: str
    account_id: str
    shield_number: str
    number: int


async def insert(
    tx: Tx, *, kind: str, account_id: str, occasion: str, details: Mapping[str, str], now: int
) -> str | None:
    """Inserts an account's notice of an occasion and returns its id; None if it exists already."""
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
    tx: Tx,
    *,
    kind: str,
    account_id: str,
    phone: str,
    occasion: str,
    details: Mapping[str, str] | None = None,
    next_at: int,
    now: int,
) -> str:
    """Inserts a notice to a former number of the account, sent from `next_at` (ms) on, and returns its id."""
    notice_id = new_id(now)
    await tx.run(
        _SQL["insert_for_number"],
        id=notice_id,
        kind=kind,
        account_id=account_id,
        phone=phone,
        occasion=occasion,
        details=json.dumps(details or {}),
        next_at=next_at,
        now=now,
    )
    return notice_id


async def unnotified_events(tx: Tx, *, most: int) -> list[UnnotifiedEvent]:
    """Returns the oldest events for which no notices were made yet."""
    rows = await tx.all(_SQL["unnotified_events"], most=most)
    return [
        UnnotifiedEvent(**{**row, "was_in_force": bool(row["was_in_force"]), "renews": bool(row["renews"])})
        for row in rows
    ]


async def mark_notified(tx: Tx, *, event_id: str, now: int) -> bool:
    """Claims an event; False if another process has."""
    return await tx.run(_SQL["mark_notified"], id=event_id, now=now) == 1


async def legal_persons(tx: Tx, *, credit_code: str, now: int) -> list[str]:
    """Returns the accounts of the enterprise's filed legal persons."""
    return [row["id"] for row in await tx.all(_SQL["legal_persons"], credit_code=credit_code, now=now)]


async def due(db: Database, *, now: int, most: int) -> list[DueNotice]:
    """Returns notices due for sending, longest waiting first."""
    return [
        DueNotice(**{**row, "details": json.loads(row["details"])})
        for row in await db.all(_SQL["due"], now=now, most=most)
    ]


async def begin_attempt(db: Database, notice: DueNotice, *, next_at: int) -> bool:
    """Durably counts an attempt, as unanswered, before it is made; False if another process makes it."""
    return await db.run(_SQL["begin_attempt"], id=notice.id, attempts=notice.attempts, next_at=next_at) == 1


async def put_off(db: Database, notice: DueNotice, *, next_at: int) -> None:
    """Postpones a notice without counting an attempt."""
    await db.run(_SQL["put_off"], id=notice.id, next_at=next_at)


async def end(
    db: Database, notice: DueNotice, *, state: Literal["sent", "given_up"], error: str | None, now: int
) -> None:
    """Records the outcome of a notice."""
    await end_by_id(db, notice_id=notice.id, state=state, error=error, now=now)


async def end_by_id(
    db: Database, *, notice_id: str, state: Literal["sent", "given_up"], error: str | None, now: int
) -> None:
    """Records the outcome of a notice by id, and deletes a former number of the account from it."""
    await db.run(_SQL["end"], id=notice_id, state=state, error=error, now=now)


async def note_refusal(db: Database, notice: DueNotice, *, error: str) -> None:
    """Records why the last attempt certainly failed."""
    await db.run(_SQL["note_refusal"], id=notice.id, error=error)


async def note_silence(db: Database, notice: DueNotice, *, error: str, next_at: int) -> None:
    """Records that the last attempt's outcome is unknown, and when (ms) the next may come."""
    await db.run(_SQL["note_silence"], id=notice.id, error=error, next_at=next_at)


async def purge(db: Database, *, before: int) -> int:
    """Deletes notices that ended before `before` (ms) and are no longer needed; returns their number."""
    return await db.run(_SQL["purge"], before=before)


async def ending(tx: Tx, *, now: int, until: int, after: str, most: int) -> list[Shield]:
    """Returns certificates in force that end before `until` (ms) and had no notice yet, by serial."""
    rows = await tx.all(_SQL["ending"], now=now, until=until, after=after, most=most)
    return [_shield(row, row["not_after"]) for row in rows]


async def outdated(tx: Tx, *, now: int, after: str, most: int) -> list[Shield]:
    """Returns certificates in force with another filing version that had no notice yet, by serial."""
    rows = await tx.all(_SQL["outdated"], now=now, after=after, most=most)
    return [_shield(row, row["filed_version"]) for row in rows]


async def over(tx: Tx, *, now: int, since: int, after: str, most: int) -> list[Shield]:
    """Returns certificates that expired after `since` (ms) and had no notice yet, by serial."""
    rows = await tx.all(_SQL["over"], now=now, since=since, after=after, most=most)
    return [_shield(row, 0) for row in rows]


def _shield(row: Row, number: int) -> Shield:
    return Shield(row["serial"], row["account_id"], row["shield_number"], number)
