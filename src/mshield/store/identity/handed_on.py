"""Proofs that an account's own shield handed on to other accounts of the same person."""

from dataclasses import dataclass
from typing import Final

from mshield.store.database.interface import Database, Tx
from mshield.store.database.queries import Queries

_SQL: Final = Queries("identity", "handed_on")


@dataclass(frozen=True, slots=True, kw_only=True)
class HandedOnProof:
    """A proof by consent: of which account, for which record, and whose shield consented; times in ms."""

    id: str
    account_id: str
    consented_by: str
    name: str
    phone: str
    state: str
    person_id: str
    role: str
    credit_code: str
    enterprise: str
    proven_at: int
    counts_from: int
    ended_at: int | None


async def of_person(db: Database | Tx, *, account_id: str) -> list[HandedOnProof]:
    """All of the person whose account this is, ended ones too, the oldest first."""
    return [HandedOnProof(**row) for row in await db.all(_SQL["of_person"], account_id=account_id)]
