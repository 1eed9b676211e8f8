"""Acts of the legal person on shields of their enterprise, by shield number (挂失 … 作废, manual 2.3.1.9, R14).

Each number gets its own outcome: one that can't be changed doesn't prevent holding the others. Repeating an
act changes nothing and is no error. A shield of another enterprise is treated like an unknown number.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from mshield.pki.revocation import crl
from mshield.server.acts.actor import By
from mshield.server.certificates.errors import ShieldEnded
from mshield.server.certificates.rows.changes import change
from mshield.server.certificates.rules.states import (
    CertificateEvent,
    CertificateState,
    Standing,
    already_applies,
    occupies_device,
)
from mshield.server.database.interface import Database, Tx
from mshield.server.errors import DomainError, NotFound
from mshield.server.legal_person.own_shield import Revocation
from mshield.server.legal_person.proving import Proof, ProveAgain
from mshield.server.legal_person.rows import shields as store
from mshield.server.legal_person.session import LegalPerson, ManagedEnterprise
from mshield.wire import shield_number as shield
from mshield.wire.portal import Cause

MAX_NUMBERS: Final = 100
LIFTS: Final = frozenset({CertificateEvent.LIFT_LOSS, CertificateEvent.UNFREEZE})
HOLD_EVENTS: Final = (
    CertificateEvent.REPORT_LOSS,
    CertificateEvent.LIFT_LOSS,
    CertificateEvent.FREEZE,
    CertificateEvent.UNFREEZE,
)


REASON_CODES: Final[Mapping[Cause, int]] = MappingProxyType(
    {
        "unspecified": crl.UNSPECIFIED,
        "key_compromise": crl.KEY_COMPROMISE,
        "affiliation_changed": crl.AFFILIATION_CHANGED,
        "superseded": crl.SUPERSEDED,
        "cessation_of_operation": 5,
    }
)
"""Codes of the revocation list (RFC 5280, 5.3.1)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """Outcome for one number: changed, unchanged (`error` None, `changed` False), or refused."""

    shield_number: str
    changed: bool
    standing: Standing | None
    error: DomainError | None = None


@dataclass(frozen=True, slots=True)
class ManageShields:
    """Holds, lifts and revokes shields."""

    db: Database
    prove: ProveAgain

    async def act(
        self,
        person: LegalPerson,
        enterprise: ManagedEnterprise,
        event: CertificateEvent,
        numbers: Sequence[str],
        *,
        reason: str,
        now: int,
    ) -> list[Outcome]:
        """Reports loss, lifts it, freezes or unfreezes; returns an outcome for each number, in order.

        Raises: ValueError (not a hold event), ActsLater (lifting soon after a password reset by SMS). Errors
        about one number are in its outcome.
        """
        if event not in HOLD_EVENTS:
            raise ValueError(f"{event.value} is not an event of a hold")
        if event in LIFTS:
            await self.prove.require_power(person, enterprise, now=now)
        return await self.db.write(
            lambda tx: _all(tx, person, enterprise, event, numbers, reason=reason, code=None, now=now)
        )

    async def revoke(
        self,
        person: LegalPerson,
        enterprise: ManagedEnterprise,
        numbers: Sequence[str],
        *,
        reason: str,
        cause: Cause,
        proof: Proof,
        now: int,
    ) -> list[Outcome]:
        """Revokes the shields' certificates permanently, proven by a fresh SMS code or by their own shield's signature.

        The proof is spent in the revoking transaction, so it is good for one batch. Raises: what `ProveAgain`
        raises; nothing is revoked then.
        """
        revocation = Revocation(enterprise.credit_code, numbers, reason, cause)
        proven = await self.prove(person, enterprise, proof, revocation, "revoke", now=now)

        async def work(tx: Tx) -> list[Outcome]:
            await proven.spend(tx)
            return await _all(
                tx,
                person,
                enterprise,
                CertificateEvent.REVOKE,
                numbers,
                reason=reason,
                code=REASON_CODES[cause],
                now=now,
            )

        outcomes = await self.db.write(work)
        proven.forget()
        return outcomes

    async def send_revocation_code(self, person: LegalPerson, *, address: str, now: int) -> None:
        """Sends the legal person an SMS code that revokes one batch. Raises: what `SmsCodes.send` raises."""
        await self.prove.send(person, "revoke", address=address, now=now)


async def _all(
    tx: Tx,
    person: LegalPerson,
    enterprise: ManagedEnterprise,
    event: CertificateEvent,
    numbers: Sequence[str],
    *,
    reason: str,
    code: int | None,
    now: int,
) -> list[Outcome]:
    async def step(serial: str) -> Standing:
        by = By("legal_person", person.account_id)
        return await change(
            tx, serial=serial, event=event, by=by, reason=reason, now=now, revocation_reason=code
        )

    parsed = [shield.parse_number(number) or number for number in numbers]
    outcomes: dict[str, Outcome] = {}
    # In sorted normalised order, so that two batches can't deadlock on each other's rows.
    for number in sorted(set(parsed)):
        outcomes[number] = await change_shield(tx, enterprise.credit_code, event, number, step)
    return [outcomes[number] for number in parsed]


async def change_shield(
    tx: Tx,
    credit_code: str,
    event: CertificateEvent,
    number: str,
    step: Callable[[str], Awaitable[Standing]],
) -> Outcome:
    """Calls `step` for each certificate of the enterprise's shield that the event affects, and returns the outcome."""

    async def read() -> list[tuple[str, Standing]]:
        return await store.standings(tx, credit_code=credit_code, shield_number=number)

    standings, changed = await read(), False
    if not standings:
        return Outcome(shield_number=number, changed=False, standing=None, error=NotFound())
    while True:
        results = []
        try:
            for serial, standing in affected(standings, event):
                if already_applies(standing, event):
                    results.append(standing)
                else:
                    results.append(await step(serial))
                    changed = True
        except DomainError as error:
            current = await read()
            if current == standings:
                standing = standings[0][
                    1
                ]  # The first certificate shows the shield's state: if it has ended, all have.
                why = error if occupies_device(standing.state) else ShieldEnded()
                return Outcome(shield_number=number, changed=changed, standing=standing, error=why)
            # Others changed the shield meanwhile; a confirmed renewal may have replaced the certificate, so
            # start over.
            standings = current
        else:
            return Outcome(shield_number=number, changed=changed, standing=results[0])


def affected(standings: list[tuple[str, Standing]], event: CertificateEvent) -> list[tuple[str, Standing]]:
    """Returns the shield's certificates that haven't ended (two during a renewal), or else the one that ended last.

    A certificate not signed yet can be revoked but not held, since it can't be used anyway.
    """
    revokes = event is CertificateEvent.REVOKE
    live = [
        (serial, standing)
        for serial, standing in standings
        if occupies_device(standing.state) and (revokes or standing.state is not CertificateState.ISSUED)
    ]
    return live or standings[:1]
