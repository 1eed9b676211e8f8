"""Objections (不是我): the holder of a proven account stops the proof of a second account before it takes effect.

The holder objects from a phone that is logged in to the first account. It works once per second account: a
thief who holds the first account keeps the true owner out only until the filing office makes another
activation code (docs/identity.md), which can't be stopped. Customer service sees each objection.
"""

from dataclasses import dataclass
from typing import Final

from mshield.server.acts.actor import By
from mshield.server.acts.rows import acts
from mshield.server.database.interface import Database, Tx
from mshield.server.errors import Conflict, NotFound
from mshield.server.identity.rows import proofs as store
from mshield.server.identity.rows.proofs import OBJECTED, SecondAccount
from mshield.server.notices.notify import notify_account
from mshield.server.notices.rules.notices import NoticeKind

ACT: Final = "identity.object"


@dataclass(frozen=True, slots=True)
class ObjectToSecond:
    """Shows second accounts with a waiting proof, and ends such proofs."""

    db: Database

    async def waiting(self, account_id: str, *, now: int) -> list[SecondAccount]:
        """Returns the person's other accounts with a proof not yet valid; empty if this account isn't proven."""
        return await store.second_accounts(self.db, account_id=account_id, now=now)

    async def __call__(self, account_id: str, proof_id: str, *, now: int) -> None:
        """Ends all waiting proofs of the second account that `proof_id` belongs to.

        Raises: NotFound (not among `waiting`), Conflict (an objection was made before).
        """

        async def work(tx: Tx) -> None:
            waiting = await store.second_accounts(tx, account_id=account_id, now=now)
            proof = next((row for row in waiting if row.id == proof_id), None)
            if proof is None:
                raise NotFound
            if not proof.can_object:
                raise Conflict
            # An objection works once per account, so end all of its waiting proofs.
            for row in waiting:
                if row.account_id == proof.account_id and not await store.end_waiting(
                    tx, proof_id=row.id, reason=OBJECTED, now=now
                ):
                    raise Conflict
            details = {"account": account_id, "proof": proof_id, "way": proof.way, "person": proof.person_id}
            by = By("user", account_id)
            await acts.record(tx, by=by, act=ACT, subject=proof.account_id, details=details, now=now)
            await notify_account(
                tx,
                NoticeKind.IDENTITY_OBJECTED,
                account_id=proof.account_id,
                occasion=proof_id,
                now=now,
            )

        await self.db.write(work)
