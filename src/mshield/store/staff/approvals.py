"""What takes two people: asked by one member of staff, decided by another, and carried out with the decision."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from typing import Any, Final

from mshield.store.database.interface import Database, Row, Tx
from mshield.store.database.queries import Queries
from mshield.store.seals.sealing import changing, keys_of, seal_new
from mshield.store.seals.tables import APPROVALS

_SQL: Final = Queries("staff", "approvals")


@dataclass(frozen=True, slots=True, kw_only=True)
class NewApproval:
    """A question to ask; `details` are JSON values, as shown and as carried out, `expires_at` is ms.

    `sealed_box` is what is carried out and not shown: gone as soon as it is decided.
    """

    id: str
    act: str
    subject: str
    details: Mapping[str, Any]
    reason: str
    asked_by: str
    expires_at: int
    sealed_box: bytes | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovalRow(NewApproval):
    """A question as it stands; times in ms. `subject_name` is an account's, where it is about one that has a name."""

    subject_name: str | None
    asked_by_name: str
    asked_by_roles: tuple[str, ...]
    asked_at: int
    state: str
    decided_by: str | None
    decided_by_name: str | None
    decided_at: int | None
    refused_reason: str | None


async def expire(tx: Tx, *, now: int) -> None:
    """Ends what nobody decided in time."""
    for approval_id in await keys_of(tx, _SQL["over"], APPROVALS, now=now):
        async with changing(tx, APPROVALS, approval_id, now=now):
            await tx.run(_SQL["expire"], id=approval_id, now=now)


async def insert(tx: Tx, new: NewApproval, *, now: int) -> None:
    """Asks. Raises Conflict where the same act on the same subject waits already."""
    await tx.run(
        _SQL["insert"],
        id=new.id,
        act=new.act,
        subject=new.subject,
        details=json.dumps(new.details, ensure_ascii=False, sort_keys=True),
        sealed_box=new.sealed_box,
        reason=new.reason,
        asked_by=new.asked_by,
        expires_at=new.expires_at,
        now=now,
    )
    await seal_new(tx, APPROVALS, new.id, now=now)


async def find(db: Database | Tx, *, approval_id: str) -> ApprovalRow | None:
    """The question of this id. Raises SealBroken."""
    row = await db.one(_SQL["find"], id=approval_id)
    return None if row is None else _row(db, row)


async def page(
    db: Database, *, state: str, acts: Iterable[str] | None, asked_by: str, before: str, most: int
) -> list[ApprovalRow]:
    """The newest with an id below `before`, in this state, of these acts and asked by this member where given."""
    named = "" if acts is None else f",{','.join(acts)},"
    rows = await db.all(_SQL["page"], state=state, acts=named, asked_by=asked_by, before=before, most=most)
    return [_row(db, row) for row in rows]


async def decide(
    tx: Tx, *, approval_id: str, state: str, by: str, refused_reason: str | None = None, now: int
) -> bool:
    """Whether this decided it: not twice, not too late, not by who asked or whom it is about."""
    async with changing(tx, APPROVALS, approval_id, now=now):
        decided = await tx.run(
            _SQL["decide"], id=approval_id, state=state, by=by, refused_reason=refused_reason, now=now
        )
    return decided == 1


async def withdraw(tx: Tx, *, approval_id: str, by: str, now: int) -> bool:
    """Whether who asked has taken it back by this."""
    async with changing(tx, APPROVALS, approval_id, now=now):
        return await tx.run(_SQL["withdraw"], id=approval_id, by=by, now=now) == 1


async def lock_people(tx: Tx, *, one: str, other: str) -> bool:
    """Whether both are active members, and stay so until the transaction ends."""
    return await tx.run(_SQL["lock_people"], one=one, other=other) == 2


_FIELDS: Final = tuple(field.name for field in fields(ApprovalRow))


def _row(db: Database | Tx, row: Row) -> ApprovalRow:
    APPROVALS.check(db.sealer, row)
    values = {name: row[name] for name in _FIELDS} | {"details": json.loads(row["details"])}
    box = None if row["sealed_box"] is None else bytes(row["sealed_box"])
    return ApprovalRow(
        **{**values, "sealed_box": box, "asked_by_roles": tuple(row["asked_by_roles"].split())}
    )
