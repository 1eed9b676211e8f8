"""What administrators did: each act with actor, subject and details, recorded in the transaction that did it."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from mshield.domain.actor import By
from mshield.domain.ids import new_id
from mshield.store.database.interface import Database, Row, Tx
from mshield.store.database.matching import name_contains
from mshield.store.database.queries import Queries

_SQL: Final = Queries("staff", "acts")


@dataclass(frozen=True, slots=True)
class ActRow:
    """One act; `details` are its values as they were recorded, `at` is ms.

    `actor_name` where the actor has one here; `log_index` is its place in the transparency log, None until it is there.
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
    """The newest acts with an id from `since` on and below `before`; of one subject, actor or kind where given."""
    actors = [actor_id] if actor_id else None
    if subject:
        return await page_about(
            db, subjects=[subject], actors=actors, act=act, since=since, before=before, most=most
        )
    if actors is not None:
        return await page_by(db, actors=actors, act=act, since=since, before=before, most=most)
    # SQLite, of small sites, reads on by time until it has enough of a kind.
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
    """As `page`, of any of these subjects, some thousands at most, by any of these actors where they are given."""
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
    """As `page`, by any of these actors, some hundreds at most."""
    rows = await db.all(
        _SQL["page_by"], actors=",".join(actors), act=act or "", since=since, before=before, most=most
    )
    return [_act(row) for row in rows]


async def shields_of(db: Database, *, accounts: Sequence[str], people: Sequence[str]) -> set[str]:
    """Shield numbers and serials that these accounts, or these filed people, have or had: acts are about them."""
    rows = await db.all(_SQL["shields_of"], accounts=",".join(accounts), people=",".join(people))
    return {row["shield_number"] for row in rows} | {row["serial"] for row in rows}


async def staff_named(db: Database, name: str, *, most: int) -> list[str]:
    """Ids of members of staff with this in their names, `most` at most."""
    rows = await db.all(_SQL["staff_named"], name=name_contains(name), most=most)
    return [row["id"] for row in rows]


async def names_of(db: Database, *, subjects: Sequence[str]) -> dict[str, str]:
    """By id what those subjects are called that have a name: accounts, staff, filed people, business systems."""
    rows = await db.all(_SQL["names_of"], subjects=",".join(subjects)) if subjects else []
    return {row["id"]: row["name"] for row in rows if row["name"]}


async def find_raw(db: Database, *, act_id: str) -> Row | None:
    """A row as it stands, with `details` as text and `log_index`."""
    return await db.one(_SQL["find"], id=act_id)


def _act(row: Row) -> ActRow:
    return ActRow(**{**row, "details": json.loads(row["details"])})
