"""What proves the accounts of an enterprise's filed people: what its legal person sees of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from mshield.store.database.interface import Database
from mshield.store.database.queries import Queries

_SQL: Final = Queries("identity", "of_people")


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonProofRow:
    """A proof of an account of a filed person; `of_person`: of the person as such, not of this record.

    `actor_name` where another account's holder proved it, `actor_phone` that of the shield that consented; times in ms.
    """

    person_id: str
    filed_name: str
    role: str
    account_name: str
    phone: str
    account_state: str
    of_person: bool
    way: str
    actor: str
    actor_name: str | None
    actor_phone: str | None
    proven_at: int
    counts_from: int
    ended_at: int | None
    ended_reason: str | None


async def of_people(
    db: Database, ids: Sequence[str], *, credit_code: str, with_ended: bool
) -> list[PersonProofRow]:
    """Of these people of the enterprise, the newest first; those that have ended only where they are asked for."""
    if not ids:
        return []
    rows = await db.all(
        _SQL["of_people"],
        credit_code=credit_code,
        first=min(ids),
        last=max(ids),
        ids=",".join(ids),
        with_ended=with_ended,
    )
    return [PersonProofRow(**{**row, "of_person": bool(row["of_person"])}) for row in rows]
