"""Acts of administrators: each has actor, subject and details, recorded in the transaction that carries it out."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from mshield.server.acts.actor import By
from mshield.server.database.interface import Database, Row, Tx
from mshield.server.database.matching import name_begins, name_contains
from mshield.server.database.queries import Queries
from mshield.wire.ids import new_id

_SQL: Final = Queries("acts", "acts")
RENAMED: Final = "filing.rename"
"""Act of a filed person who got another name; that of a legal person is `filing.legal_person`."""


@dataclass(frozen=True, slots=True)
class ActRow:
    """Recorded act; `details` are its values as recorded, `at` is ms.

    `actor_name` is set if the actor has a name here; `log_index` is its index in the transparency log, None
    until logged.
    """

    id: str
    actor: str
    actor_id: str | None
    act: str
    subject: str
    details: Mapping[str, Any]
    at: int
    actor_name: str | None = None
    log_index: int | None = None


async def record(tx: Tx, *, by: By, act: str, subject: str, details: Mapping[str, object], now: int) -> None:
    """Records an act; `details` must be JSON values and contain nothing secret."""
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


@dataclass(frozen=True, slots=True)
class NewAct:
    """Act to record with others."""

    act: str
    subject: str
    details: Mapping[str, object]


async def record_many(tx: Tx, new: Sequence[NewAct], *, by: By, now: int) -> None:
    """Records acts of one actor in one round trip; as `record`."""
    rows = [
        {
            "id": new_id(now),
            "actor": by.kind,
            "actor_id": by.id,
            "act": act.act,
            "subject": act.subject,
            "details": json.dumps(act.details, ensure_ascii=False, sort_keys=True),
            "now": now,
        }
        for act in new
    ]
    await tx.all_for(_SQL["insert"], rows)


async def page(
    db: Database | Tx,
    *,
    subject: str | None,
    actor_id: str | None,
    act: str | None = None,
    since: str = "",
    before: str,
    most: int,
) -> list[ActRow]:
    """Returns the newest acts with ids from `since` on and below `before`; by subject, actor or kind if given."""
    actors = [actor_id] if actor_id else None
    if subject:
        return await page_about(
            db, subjects=[subject], actors=actors, act=act, since=since, before=before, most=most
        )
    if actors is not None:
        return await page_by(db, actors=actors, act=act, since=since, before=before, most=most)
    # SQLite (small sites only) scans in time order until it has found enough acts of the kind.
    of_kind = act and db.dialect == "postgresql"
    rows = await db.all(
        _SQL["page_of_kind"] if of_kind else _SQL["page"],
        act=act or "",
        since=since,
        before=before,
        most=most,
    )
    return [_act(row) for row in rows]


async def page_about(
    db: Database | Tx,
    *,
    subjects: Sequence[str],
    actors: Sequence[str] | None = None,
    act: str | None = None,
    since: str = "",
    before: str,
    most: int,
) -> list[ActRow]:
    """Like `page`, about any of these subjects, some thousands at most, and by any of these actors if given."""
    if actors is not None and not actors:
        return []
    rows = await db.all(
        _SQL["page_about"],
        subjects=",".join(subjects),
        actors=",".join(actors or ()),
        act=act or "",
        since=since,
        before=before,
        most=most,
    )
    return [_act(row) for row in rows]


async def page_by(
    db: Database | Tx,
    *,
    actors: Sequence[str],
    act: str | None = None,
    since: str = "",
    before: str,
    most: int,
) -> list[ActRow]:
    """Like `page`, by any of these actors, some hundreds at most."""
    rows = await db.all(
        _SQL["page_by"], actors=",".join(actors), act=act or "", since=since, before=before, most=most
    )
    return [_act(row) for row in rows]


async def shields_of(db: Database, *, accounts: Sequence[str], people: Sequence[str]) -> set[str]:
    """Returns past and present shield numbers and serials of these accounts or filed people, to find acts on them."""
    rows = await db.all(_SQL["shields_of"], accounts=",".join(accounts), people=",".join(people))
    return {row["shield_number"] for row in rows} | {row["serial"] for row in rows}


async def find_by_former_name(db: Database, name: str, *, most: int) -> list[str]:
    """Returns ids of filed people whose former name begins so, at most `most`."""
    rows = await db.all(_SQL["find_by_former_name"], former=name_begins(name), most=most)
    return [row["subject"] for row in rows]


async def staff_named(db: Database, name: str, *, most: int) -> list[str]:
    """Returns the ids of at most `most` staff members whose names contain the text."""
    rows = await db.all(_SQL["staff_named"], name=name_contains(name), most=most)
    return [row["id"] for row in rows]


async def names_of(db: Database, *, subjects: Sequence[str]) -> dict[str, str]:
    """Returns the names of the subjects that have one, by id: accounts, staff, filed people, business systems."""
    rows = await db.all(_SQL["names_of"], subjects=",".join(subjects)) if subjects else []
    return {row["id"]: row["name"] for row in rows if row["name"]}


async def find_raw(db: Database, *, act_id: str) -> Row | None:
    """Returns an act's row as stored, with `details` as text and `log_index`."""
    return await db.one(_SQL["find"], id=act_id)


def _act(row: Row) -> ActRow:
    return ActRow(**{**row, "details": json.loads(row["details"])})
