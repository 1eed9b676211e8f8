"""Identity proofs of an enterprise's filed people, as shown to its legal person."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from mshield.server.database.interface import Database
from mshield.server.database.queries import Queries

_SQL: Final = Queries("identity", "of_people")


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonProofRow:
    """Proof of a filed person's account; `of_person`: the proof is for the person in general, not for this record.

    `actor_name` is set if another account's holder proved it, `actor_phone` is that of the consenting
    shield's account. Times in ms.
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
    """Returns the proofs of these people of the enterprise, newest first; ended ones only `with_ended`."""
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
