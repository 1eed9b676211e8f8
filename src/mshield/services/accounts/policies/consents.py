"""What accounts agree to (个人信息保护法 art. 14, 17, 29): the documents in force, and who agreed to which version.

No account is made without all three consents to the versions of now. A newer version asks accounts again; what they
use their shields for meanwhile isn't stopped at midnight, since the app asks before all else (ADR 109). Each time an
act is recorded, so that the log proves who agreed to what, when.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

from mshield.domain.actor import By
from mshield.domain.ids import new_id
from mshield.domain.people.policies import Policies, Policy
from mshield.store.accounts import policy_consents as store
from mshield.store.accounts.policy_consents import PastConsent
from mshield.store.database.interface import Database, Tx
from mshield.store.staff import acts

__all__ = ["AGREE", "NOT_ASKED", "Agreement", "Consents", "PastConsent", "Place"]

AGREE: Final = "account.agree"
"""The act that says what an account agreed to."""

Place = Literal["app", "register_page", "portal"]


@dataclass(frozen=True, slots=True)
class Agreement:
    """What somebody agreed to by name, and where; None where nothing came along."""

    versions: Mapping[str, str] | None
    place: Place


NOT_ASKED: Final = Agreement(None, "app")


@dataclass(frozen=True, slots=True)
class Consents:
    """Asks for consents and keeps them."""

    db: Database
    policies: Policies

    async def record(self, tx: Tx, account_id: str, agreement: Agreement, *, now: int) -> None:
        """Keeps the consents to all, in the caller's transaction. Raises ConsentNeeded where one is missing."""
        policies = self.policies
        policies.require(agreement.versions)
        for policy in Policy:
            document = policies.document_of(policy)
            consent = store.NewConsent(
                id=new_id(now),
                account_id=account_id,
                policy=policy.value,
                version=document.version,
                digest=document.digest,
                place=agreement.place,
            )
            await store.insert(tx, consent, now=now)
        details = {
            "place": agreement.place,
            "policies": {
                policy.value: {"version": document.version, "sha256": document.digest.hex()}
                for policy in Policy
                for document in (policies.document_of(policy),)
            },
        }
        await acts.record(
            tx, by=By("user", account_id), act=AGREE, subject=account_id, details=details, now=now
        )

    async def agree(self, account_id: str, agreement: Agreement, *, now: int) -> None:
        """An account agrees anew. Raises ConsentNeeded."""
        self.policies.require(agreement.versions)
        await self.db.write(lambda tx: self.record(tx, account_id, agreement, now=now))

    async def due(self, account_id: str) -> list[str]:
        """What the account hasn't agreed to as it is now, by name."""
        agreed = await store.current(self.db, account_id=account_id)
        return [
            name
            for name, version in self.policies.versions.items()
            if name not in agreed or agreed[name].version != version
        ]

    async def history(self, account_id: str) -> list[PastConsent]:
        """All consents of the account, the oldest first."""
        return await store.history(self.db, account_id=account_id)
