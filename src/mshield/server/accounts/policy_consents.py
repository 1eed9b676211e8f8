"""Consents of accounts (个人信息保护法 art. 14, 17, 29): the documents in force, and who agreed to which version.

No account is created without consent to the current version of all three. After a new version accounts are
asked again; their shields keep working meanwhile, since the app asks before everything else (ADR 109). Each
consent is recorded as an act, so that the log proves who agreed to what, and when.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from mshield.server.accounts.rows import policy_consents as store
from mshield.server.accounts.rules.policies import PastConsentMessage, Place, Policies, Policy
from mshield.server.acts.actor import By
from mshield.server.acts.rows import acts
from mshield.server.database.interface import Database, Tx
from mshield.wire.ids import new_id

__all__ = ["AGREE", "NO_AGREEMENT", "Agreement", "Consents"]

AGREE: Final = "account.agree"
"""Act that records the documents an account agreed to."""


@dataclass(frozen=True, slots=True)
class Agreement:
    """Versions that a user agreed to, by document, and where; None if the request carried none."""

    versions: Mapping[str, str] | None
    place: Place


NO_AGREEMENT: Final = Agreement(None, "app")


@dataclass(frozen=True, slots=True)
class Consents:
    """Checks and stores consents."""

    db: Database
    policies: Policies

    async def record(self, tx: Tx, account_id: str, agreement: Agreement, *, now: int) -> None:
        """Stores the consents to all documents, in the caller's transaction. Raises: ConsentNeeded (one is missing)."""
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
        """Stores an account's consents to new versions. Raises: ConsentNeeded."""
        self.policies.require(agreement.versions)
        await self.db.write(lambda tx: self.record(tx, account_id, agreement, now=now))

    async def due(self, account_id: str) -> list[str]:
        """Returns the names of the documents whose current version the account hasn't agreed to."""
        agreed = await store.current(self.db, account_id=account_id)
        return [
            name
            for name, version in self.policies.versions.items()
            if name not in agreed or agreed[name].version != version
        ]

    async def history(self, account_id: str) -> tuple[PastConsentMessage, ...]:
        """Returns all consents of the account, oldest first."""
        return await store.history(self.db, account_id=account_id)
