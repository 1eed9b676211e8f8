"""Proofs that an account's shield consented to, and how customer service ends them.

They remain valid when an account is disabled, since the holder of a lost phone has the account disabled and
continues on a new phone. If a thief controlled the account, customer service sees the proofs that it
consented to, and ends them as well.
"""

from dataclasses import dataclass
from typing import Final

from mshield.server.acts.actor import By
from mshield.server.acts.rows import acts
from mshield.server.database.interface import Database, Tx
from mshield.server.errors import Conflict, NotFound
from mshield.server.identity.rows import delegated_proofs as store
from mshield.server.identity.rows.delegated_proofs import DelegatedProof
from mshield.server.identity.rows.proofs import end_one
from mshield.server.identity.rules import HandedOnMessage
from mshield.server.notices.notify import notify_account
from mshield.server.notices.rules.notices import NoticeKind
from mshield.server.values.ids import require_id
from mshield.server.values.lines import checked_reason
from mshield.wire.identity import Way

BY_STAFF: Final = "by_staff"
"""Reason code of a proof ended by customer service; their own reason is in the act."""


@dataclass(frozen=True, slots=True)
class DelegatedProofs:
    """Lists and ends proofs made by consents."""

    db: Database

    async def of_account(self, account_id: str) -> list[HandedOnMessage]:
        """Returns the proofs that the account consented to, directly or through others, also ended ones, oldest first.

        Raises: NotFound (malformed account id).
        """
        return [proof.shown for proof in await _of(self.db, require_id(account_id))]

    async def end(self, account_id: str, proof_id: str, *, reason: str, by: By, now: int) -> None:
        """Ends one of these proofs and notifies its holder.

        Raises: InvalidRequest, NotFound, Conflict (ended already).
        """
        reason = checked_reason(reason)

        async def work(tx: Tx) -> None:
            proof = next(
                (proof for proof in await _of(tx, require_id(account_id)) if proof.shown.id == proof_id), None
            )
            if proof is None:
                raise NotFound
            shown = proof.shown
            if not await end_one(tx, proof_id=proof_id, reason=BY_STAFF, now=now):
                raise Conflict
            details = {
                "reason": reason,
                "way": Way.OWN_SHIELD.value,
                "person": proof.person_id,
                "consented_by": shown.consented_by,
            }
            await acts.record(
                tx, by=by, act="identity.end", subject=shown.account_id, details=details, now=now
            )
            await notify_account(
                tx, NoticeKind.IDENTITY_ENDED, account_id=shown.account_id, occasion=proof_id, now=now
            )

        await self.db.write(work)


async def _of(db: Database | Tx, account_id: str) -> list[DelegatedProof]:
    """Follows consents transitively: a thief's account may have consented to another one before its proof ended."""
    person, accounts = await store.of_person(db, account_id=account_id), {account_id}
    while (
        more := {proof.shown.account_id for proof in person if proof.shown.consented_by in accounts}
        - accounts
    ):
        accounts |= more
    return [proof for proof in person if proof.shown.consented_by in accounts]
