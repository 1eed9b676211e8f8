"""From when a legal person may do at the portal what gives power: at once, or a day after a reset by SMS.

Power: to confirm an operator, make an activation code, lift a hold, revoke. Who reads their SMS and knows their id
number sets the password anew and gets each code, so none of these shows who acts. What such a reader lacks ends the
wait: a shield from before the reset, by which they log in or which signs the act, and an activation code of the filing
office, handed over since. To hold a shield, to refuse, and to look never wait: a true legal person needs just these.
"""

from dataclasses import dataclass, replace
from typing import Final

from mshield.domain.identity import Role
from mshield.domain.proofs import Way
from mshield.domain.systems.business_system import OWN_CLIENT_ID
from mshield.domain.times import MINUTE_MS
from mshield.services.identity.after_reset import Wait, WaitAfterReset
from mshield.services.identity.proofs import Proofs
from mshield.store.database.interface import Database, Tx
from mshield.store.identity import proofs as store
from mshield.store.legal_person import sessions
from mshield.store.legal_person.sessions import ManagedEnterprise

_CLOCKS_MS: Final = 2 * MINUTE_MS
"""How much earlier than a reset a certificate has to be: certificates tell whole seconds, and hosts differ by less."""


@dataclass(frozen=True, slots=True)
class PowerAtPortal:
    """Looks whether it waits."""

    db: Database
    wait: WaitAfterReset
    proofs: Proofs

    async def require(
        self,
        account_id: str,
        enterprise: ManagedEnterprise,
        *requests: str | None,
        now: int,
    ) -> None:
        """Raises ActsLater while it waits for this enterprise.

        `requests` are ids of what the account's own shield signed: the session's login, or just this act.
        """
        wait = await self._wait(self.db, account_id, requests, now=now)
        if wait is not None and not await self._has_code(self.db, account_id, enterprise, wait, now=now):
            wait.refuse(now=now)

    async def of(
        self,
        db: Database | Tx,
        account_id: str,
        enterprises: list[ManagedEnterprise],
        login_request: str | None,
        *,
        now: int,
    ) -> list[ManagedEnterprise]:
        """The enterprises, with the time from which what gives power may be done, where it waits."""
        wait = await self._wait(db, account_id, (login_request,), now=now)
        if wait is None:
            return enterprises
        return [
            enterprise
            if await self._has_code(db, account_id, enterprise, wait, now=now)
            else replace(enterprise, acts_from=wait.until)
            for enterprise in enterprises
        ]

    async def _wait(
        self, db: Database | Tx, account_id: str, requests: tuple[str | None, ...], *, now: int
    ) -> Wait | None:
        wait = await self.wait.of(db, account_id, now=now)
        if wait is None:
            return None
        for request_id in filter(None, requests):
            signer = await sessions.signer(db, request_id=request_id, client_id=OWN_CLIENT_ID)
            before = signer is not None and signer.certified_at + _CLOCKS_MS < wait.reset_at
            if signer is not None and before and signer.account_id == account_id:
                return None
        return wait

    async def _has_code(
        self, db: Database | Tx, account_id: str, enterprise: ManagedEnterprise, wait: Wait, *, now: int
    ) -> bool:
        """Whether an activation code proved them to be this enterprise's legal person since the reset.

        Two officers make such a code, and hand it to somebody whom they see.
        """
        if Way.FILING_CODE not in self.proofs.chosen(Role.LEGAL_PERSON):
            return False
        for person in await store.legal_persons(db, account_id=account_id):
            if person.credit_code != enterprise.credit_code:
                continue
            for proof in await store.standing(db, account_id=account_id, person_id=person.person_id):
                is_code = proof.way is Way.FILING_CODE
                if is_code and proof.proven_at > wait.reset_at and proof.counts_from <= now:
                    return True
        return False
