"""What proves an account, as its holder, their legal person and customer service see it."""

from dataclasses import dataclass

from mshield.domain.ids import require_id
from mshield.store.database.interface import Database
from mshield.store.identity import proofs as store


@dataclass(frozen=True, slots=True)
class ShowProofs:
    """Lists proofs."""

    db: Database

    async def of_account(self, account_id: str) -> list[store.AccountProof]:
        """All of them, ended ones too, the newest first. Raises NotFound for what can be no account's id."""
        return await store.of_account(self.db, account_id=require_id(account_id))

    async def earlier(self, *, after: str, most: int) -> list[store.EarlierProof]:
        """Accounts that nothing but an earlier application proves: for the filing office to look through."""
        return await store.earlier(self.db, after=after, most=most)
