"""Proofs that an account's own shield gave to other accounts of the same person."""

from dataclasses import dataclass
from typing import Any, Final

from mshield.server.database.interface import Database, Tx
from mshield.server.database.queries import Queries
from mshield.server.identity.rules import HandedOnMessage
from mshield.server.values.names import mask_phone

_SQL: Final = Queries("identity", "delegated_proofs")


@dataclass(frozen=True, slots=True)
class DelegatedProof:
    """Proof by consent for display, with its filing record."""

    shown: HandedOnMessage
    person_id: str


async def of_person(db: Database | Tx, *, account_id: str) -> list[DelegatedProof]:
    """Returns all such proofs of the account's person, ended ones included, oldest first."""
    rows = await db.all(_SQL["of_person"], account_id=account_id)
    return [_proof(**row) for row in rows]


def _proof(*, person_id: str, phone: str, **values: Any) -> DelegatedProof:
    return DelegatedProof(HandedOnMessage(phone_masked=mask_phone(phone), **values), person_id)
