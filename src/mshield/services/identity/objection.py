"""Who has a proven account stops another one that was proven to be theirs, before that counts (不是我).

They are logged in on a phone of that account. It serves once: a thief who holds the first account keeps the true owner
out for as long as it takes the filing office to make another activation code (docs/identity.md), which nobody stops.
Customer service sees each objection.
"""

from dataclasses import dataclass
from typing import Final

from mshield.domain import errors
from mshield.domain.actor import By
from mshield.domain.notices import NoticeKind
from mshield.services.notices.notify import tell
from mshield.store.database.interface import Database, Tx
from mshield.store.identity import proofs as store
from mshield.store.identity.proofs import OBJECTED, SecondAccount
from mshield.store.staff import acts

ACT: Final = "identity.object"


@dataclass(frozen=True, slots=True)
class ObjectToSecond:
    """Shows second accounts whose proof waits, and ends it."""

    db: Database

    async def waiting(self, account_id: str, *, now: int) -> list[SecondAccount]:
        """Other accounts of the same person with a proof that doesn't count yet; none for who isn't proven."""
        return await store.second_accounts(self.db, account_id=account_id, now=now)

    async def __call__(self, account_id: str, proof_id: str, *, now: int) -> None:
        """Ends what waits of its account. Raises NotFound for none of `waiting`; Conflict where it was stopped once."""

        async def work(tx: Tx) -> None:
            waiting = await store.second_accounts(tx, account_id=account_id, now=now)
            proof = next((row for row in waiting if row.id == proof_id), None)
            if proof is None:
                raise errors.NotFound
            if not proof.can_object:
                raise errors.Conflict
            # It serves once, so none of the account's that waits is left over.
            for row in waiting:
                if row.account_id == proof.account_id and not await store.end_waiting(
                    tx, proof_id=row.id, reason=OBJECTED, now=now
                ):
                    raise errors.Conflict
            details = {"account": account_id, "proof": proof_id, "way": proof.way, "person": proof.person_id}
            by = By("user", account_id)
            await acts.record(tx, by=by, act=ACT, subject=proof.account_id, details=details, now=now)
            await tell(
                tx,
                NoticeKind.IDENTITY_OBJECTED,
                account_id=proof.account_id,
                occasion=proof_id,
                now=now,
            )

        await self.db.write(work)
