"""What an account's shield has consented to, and customer service ending it.

A consent stays when its account is disabled: the holder of a lost phone has it disabled, and goes on with the account
on the new one. Where it was a thief's, whoever disables it sees what it handed on, and ends that as well.
"""

from dataclasses import dataclass
from typing import Final

from mshield.domain import errors
from mshield.domain.actor import By
from mshield.domain.ids import require_id
from mshield.domain.lines import checked_reason
from mshield.domain.notices import NoticeKind
from mshield.domain.proofs import Way
from mshield.services.notices.notify import tell
from mshield.store.database.interface import Database, Tx
from mshield.store.identity import handed_on as store
from mshield.store.identity.handed_on import HandedOnProof
from mshield.store.identity.proofs import end_one
from mshield.store.staff import acts

__all__ = ["HandedOn", "HandedOnProof"]

BY_STAFF: Final = "by_staff"
"""The reason of a proof that customer service ended; theirs stands in the act."""


@dataclass(frozen=True, slots=True)
class HandedOn:
    """Lists and ends what consents proved."""

    db: Database

    async def of_account(self, account_id: str) -> list[HandedOnProof]:
        """What the account consented to, and what those accounts consented to in turn, ended ones too, oldest first.

        Raises NotFound for what can be no account's id.
        """
        return await _of(self.db, require_id(account_id))

    async def end(self, account_id: str, proof_id: str, *, reason: str, by: By, now: int) -> None:
        """Ends one of them; its holder is told. Raises InvalidRequest, NotFound, Conflict where it has ended."""
        reason = checked_reason(reason)

        async def work(tx: Tx) -> None:
            proof = next(
                (proof for proof in await _of(tx, require_id(account_id)) if proof.id == proof_id), None
            )
            if proof is None:
                raise errors.NotFound
            if not await end_one(tx, proof_id=proof_id, reason=BY_STAFF, now=now):
                raise errors.Conflict
            details = {
                "reason": reason,
                "way": Way.OWN_SHIELD.value,
                "person": proof.person_id,
                "consented_by": proof.consented_by,
            }
            await acts.record(
                tx, by=by, act="identity.end", subject=proof.account_id, details=details, now=now
            )
            await tell(tx, NoticeKind.IDENTITY_ENDED, account_id=proof.account_id, occasion=proof_id, now=now)

        await self.db.write(work)


async def _of(db: Database | Tx, account_id: str) -> list[HandedOnProof]:
    """By way of others too: a thief's account that was ended may have handed its proof on before."""
    person, accounts = await store.of_person(db, account_id=account_id), {account_id}
    while more := {proof.account_id for proof in person if proof.consented_by in accounts} - accounts:
        accounts |= more
    return [proof for proof in person if proof.consented_by in accounts]
