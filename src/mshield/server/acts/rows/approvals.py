"""Acts that need two people: requested by one member of staff, decided by another, executed with the decision."""

import json
from collections.abc import Collection, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, fields
from typing import Any, Final

from mshield.server.database.interface import Database, Row, SealBroken, Tx
from mshield.server.database.queries import Queries
from mshield.server.seals.changed_rows import ChangedRow, split_changed
from mshield.server.seals.sealing import changing, keys_of, seal_new
from mshield.server.seals.tables import APPROVALS

_SQL: Final = Queries("acts", "approvals")


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """Act that needs approval; `details` are JSON values as displayed and executed.

    `sealed_box` holds data that are executed but not displayed; it is deleted on decision.
    """

    id: str
    act: str
    subject: str
    details: Mapping[str, Any]
    reason: str
    sealed_box: bytes | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewApproval(Question):
    """New approval, waiting until `expires_at` (ms).

    `asked_by` is empty if the service submits it, until the first of two members asks for it.
    """

    asked_by: str
    expires_at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovalRow(NewApproval):
    """Stored approval; times in ms. `subject_name` is set if the subject is an account with a name."""

    subject_name: str | None
    asked_by_name: str
    asked_by_roles: tuple[str, ...]
    asked_at: int
    state: str
    decided_by: str | None
    decided_by_name: str | None
    decided_at: int | None
    refused_reason: str | None


@dataclass(frozen=True, slots=True)
class ApprovalPage:
    """Page of approvals, separately those changed outside of the service; `last`: more follow this id."""

    rows: list[ApprovalRow]
    changed: list[ChangedRow]
    last: str | None


async def expire(tx: Tx, *, now: int) -> None:
    """Marks undecided approvals past their time as expired."""
    for approval_id in await keys_of(tx, _SQL["over"], APPROVALS, now=now):
        with suppress(SealBroken):  # It is never carried out, lists name it, and it must not stop the others.
            async with changing(tx, APPROVALS, approval_id, now=now):
                await tx.run(_SQL["expire"], id=approval_id, now=now)


async def insert(tx: Tx, new: NewApproval, *, now: int) -> None:
    """Inserts an approval. Raises: Conflict (the same act on the same subject is waiting)."""
    await tx.run(
        _SQL["insert"],
        id=new.id,
        act=new.act,
        subject=new.subject,
        details=_as_json(new.details),
        sealed_box=new.sealed_box,
        reason=new.reason,
        asked_by=new.asked_by or None,
        expires_at=new.expires_at,
        now=now,
    )
    await seal_new(tx, APPROVALS, new.id, now=now)


async def find(db: Database | Tx, *, approval_id: str) -> ApprovalRow | None:
    """Returns the approval with this id. Raises: SealBroken."""
    row = await db.one(_SQL["find"], id=approval_id)
    return None if row is None else _read_approval(db, row)


async def page(
    db: Database, *, state: str, acts: Iterable[str] | None, asked_by: str, before: str, most: int
) -> ApprovalPage:
    """Returns the newest approvals with ids below `before`, in this state; by acts and requester if given."""
    act_filter = "" if acts is None else f",{','.join(acts)},"
    rows = await db.all(
        _SQL["page"], state=state, acts=act_filter, asked_by=asked_by, before=before, most=most + 1
    )
    intact, changed = split_changed(db.sealer, rows[:most], APPROVALS)
    last = str(rows[most - 1]["id"]) if len(rows) > most else None
    return ApprovalPage([_read_approval(db, row) for row in intact], changed, last)


async def decide(
    tx: Tx, *, approval_id: str, state: str, by: str, refused_reason: str | None = None, now: int
) -> bool:
    """Decides an approval; False if decided before, expired, or `by` is the requester or the subject.

    One that no member has asked for can only be refused.
    """
    async with changing(tx, APPROVALS, approval_id, now=now):
        updated = await tx.run(
            _SQL["decide"],
            id=approval_id,
            state=state,
            by=by,
            refuses=int(state == "refused"),
            refused_reason=refused_reason,
            now=now,
        )
    return updated == 1


async def about(
    db: Database | Tx, *, act: str, subject: str, since: int, most: int, now: int
) -> list[ApprovalRow]:
    """Returns the newest approvals of this act and subject that wait at `now`, or were decided after `since` (ms)."""
    rows = await db.all(_SQL["about"], act=act, subject=subject, since=since, most=most, now=now)
    return [_read_approval(db, row) for row in rows]


async def ask(tx: Tx, *, approval_id: str, by: str, expires_at: int, now: int) -> bool:
    """Makes `by` the requester of what the service submitted; False if it has one, or isn't waiting."""
    async with changing(tx, APPROVALS, approval_id, now=now):
        return await tx.run(_SQL["ask"], id=approval_id, by=by, expires_at=expires_at, now=now) == 1


async def drop(tx: Tx, *, approval_id: str, now: int) -> bool:
    """Withdraws an outdated approval for the service; False if it isn't waiting."""
    async with changing(tx, APPROVALS, approval_id, now=now):
        return await tx.run(_SQL["drop"], id=approval_id, now=now) == 1


async def erase_person(tx: Tx, *, act: str, subject: str, personal: Collection[str], now: int) -> None:
    """Erases the `personal` details, and the texts that staff typed, from the approvals of this act and subject.

    Withdraws the one that waits. Raises: SealBroken.
    """
    for row in await tx.all(_SQL["of_subject"], act=act, subject=subject):
        await drop(tx, approval_id=row["id"], now=now)
        details = {name: value for name, value in json.loads(row["details"]).items() if name not in personal}
        async with changing(tx, APPROVALS, row["id"], now=now):
            await tx.run(_SQL["erase_person"], id=row["id"], details=_as_json(details))


async def withdraw(tx: Tx, *, approval_id: str, by: str, now: int) -> bool:
    """Withdraws the requester's own approval; False if it isn't waiting."""
    async with changing(tx, APPROVALS, approval_id, now=now):
        return await tx.run(_SQL["withdraw"], id=approval_id, by=by, now=now) == 1


async def lock_people(tx: Tx, *, one: str, other: str) -> bool:
    """Reports whether both are active members, and locks them against changes until the transaction ends."""
    return await tx.run(_SQL["lock_people"], one=one, other=other) == len({one, other})


def _as_json(details: Mapping[str, Any]) -> str:
    return json.dumps(details, ensure_ascii=False, sort_keys=True)


_FIELDS: Final = tuple(field.name for field in fields(ApprovalRow))


def _read_approval(db: Database | Tx, row: Row) -> ApprovalRow:
    APPROVALS.check(db.sealer, row)
    values = {name: row[name] for name in _FIELDS} | {"details": json.loads(row["details"])}
    box = None if row["sealed_box"] is None else bytes(row["sealed_box"])
    values |= {name: row[name] or "" for name in ("asked_by", "asked_by_name")}
    roles = tuple((row["asked_by_roles"] or "").split())
    return ApprovalRow(**{**values, "sealed_box": box, "asked_by_roles": roles})
