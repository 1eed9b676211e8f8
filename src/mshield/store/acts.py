"""What administrators did: each act with actor, subject and details, recorded in the transaction that did it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from mshield.domain.ids import new_id
from mshield.store.certificate_changes import By
from mshield.store.database import Database, Row, Tx
from mshield.store.queries import Queries

_SQL: Final = Queries("acts")


@dataclass(frozen=True, slots=True)
class ActRow:
    """One act; `details` are its values as they were recorded, `at` is ms."""

    id: str
    actor: str
    actor_id: str | None
    act: str
    subject: str
    details: Mapping[str, Any]
    at: int


async def record(tx: Tx, *, by: By, act: str, subject: str, details: Mapping[str, object], now: int) -> None:
    """Records an act; `details` must be JSON values and hold nothing secret."""
    await tx.run(
        _SQL["insert"],
        id=new_id(now),
        actor=by.kind,
        actor_id=by.id,
        act=act,
        subject=subject,
        details=json.dumps(details, ensure_ascii=False, sort_keys=True),
        now=now,
    )


async def of_subject(db: Database | Tx, *, subject: str) -> list[ActRow]:
    """All acts on one subject, the oldest first."""
    return [_act(row) for row in await db.all(_SQL["of_subject"], subject=subject)]


async def page(
    db: Database | Tx, *, subject: str | None, actor_id: str | None, before: str, most: int
) -> list[ActRow]:
    """The newest acts with an id below `before`, of one subject or actor where these are given."""
    rows = await db.all(
        _SQL["page"], subject=subject or "", actor_id=actor_id or "", before=before, most=most
    )
    return [_act(row) for row in rows]


def _act(row: Row) -> ActRow:
    return ActRow(**{**row, "details": json.loads(row["details"])})
