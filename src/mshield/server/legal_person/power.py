"""Waiting period of a day after a password reset by SMS, for a legal person's acts of power at the portal.

Acts of power are confirming an operator, making an activation code, lifting a hold, and revoking. Whoever
reads the legal person's SMS and knows their id number can reset the password and receive every code, so none
of these proves who acts. Two things that such an attacker lacks end the wait: a shield from before the reset,
used to log in or to sign the act, and an activation code handed over by the filing office since. Holding a
shield, refusing and viewing never wait, since these are what the real legal person needs then.
"""

from dataclasses import dataclass
from typing import Final

from msgspec.structs import replace

from mshield.server.accounts.rows import portal_sessions
from mshield.server.accounts.rows.portal_sessions import ManagedEnterprise
from mshield.server.database.interface import Database, Tx
from mshield.server.identity.after_reset import Wait, WaitAfterReset
from mshield.server.identity.proofs import Proofs
from mshield.server.identity.rows import proofs as store
from mshield.server.systems.rules.business_system import OWN_CLIENT_ID
from mshield.wire.identity import Role, Way
from mshield.wire.times import MINUTE_MS

_CLOCKS_MS: Final = 2 * MINUTE_MS
"""Margin by which a certificate must be older than the reset.

Certificates have whole seconds, and the clocks of hosts differ by less than this.
"""


@dataclass(frozen=True, slots=True)
class PowerAtPortal:
    """Checks whether acts of power must wait."""

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
        """Checks that acts of power for this enterprise needn't wait.

        `requests` are ids of requests signed by the account's own shield: the session's login, or this act.
        Raises: ActsLater.
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
    ) -> tuple[ManagedEnterprise, ...]:
        """Returns the enterprises, each with the end of the wait for acts of power, if any."""
        wait = await self._wait(db, account_id, (login_request,), now=now)
        if wait is None:
            return tuple(enterprises)
        return tuple(
            [
                enterprise
                if await self._has_code(db, account_id, enterprise, wait, now=now)
                else replace(enterprise, acts_from=wait.until)
                for enterprise in enterprises
            ]
        )

    async def _wait(
        self, db: Database | Tx, account_id: str, requests: tuple[str | None, ...], *, now: int
    ) -> Wait | None:
        wait = await self.wait.of(db, account_id, now=now)
        if wait is None:
            return None
        for request_id in filter(None, requests):
            signer = await portal_sessions.signer(db, request_id=request_id, client_id=OWN_CLIENT_ID)
            is_older = signer is not None and signer.certified_at + _CLOCKS_MS < wait.reset_at
            if signer is not None and is_older and signer.account_id == account_id:
                return None
        return wait

    async def _has_code(
        self, db: Database | Tx, account_id: str, enterprise: ManagedEnterprise, wait: Wait, *, now: int
    ) -> bool:
        """Reports whether an activation code has proven the account for this enterprise's legal person since the reset.

        Two officers create such a code and hand it over in person.
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
