"""Proofs of an account, as its holder, their legal person and customer service see them."""

from dataclasses import dataclass

from mshield.server.database.interface import Database
from mshield.server.identity.rows import proofs as store
from mshield.server.identity.rules import AccountProofMessage
from mshield.server.values.ids import require_id


@dataclass(frozen=True, slots=True)
class ShowProofs:
    """Lists proofs."""

    db: Database

    async def of_account(self, account_id: str) -> tuple[AccountProofMessage, ...]:
        """Returns all proofs of the account, also ended ones, newest first. Raises: NotFound (malformed account id)."""
        return await store.of_account(self.db, account_id=require_id(account_id))
