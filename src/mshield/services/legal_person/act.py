"""What the legal person does to shields of their enterprise by the numbers (挂失 … 作废, manual 2.3.1.9, R14).

Each number is answered for itself: one that can't be changed doesn't keep the others from being held. A repeated act
changes nothing and is no error, and nothing tells another enterprise's shield from an unknown number.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from mshield.domain import errors
from mshield.domain.actor import By
from mshield.domain.certificates import shield
from mshield.domain.certificates.states import (
    CertificateEvent,
    CertificateState,
    Standing,
    occupies_device,
    stands_already,
)
from mshield.pki.revocation import crl
from mshield.services.legal_person.own_shield import Revocation
from mshield.services.legal_person.proving import Proof, ProveAgain
from mshield.services.legal_person.session import LegalPerson, ManagedEnterprise
from mshield.store.certificates.changes import change
from mshield.store.database.interface import Database, Tx
from mshield.store.legal_person import shields as store

MAX_NUMBERS: Final = 100
LIFTS: Final = frozenset({CertificateEvent.LIFT_LOSS, CertificateEvent.UNFREEZE})
HOLD_EVENTS: Final = (
    CertificateEvent.REPORT_LOSS,
    CertificateEvent.LIFT_LOSS,
    CertificateEvent.FREEZE,
    CertificateEvent.UNFREEZE,
)


class Cause(StrEnum):
    """Why a shield is revoked, as the revocation list says it (RFC 5280, 5.3.1)."""

    UNSPECIFIED = "unspecified"
    KEY_COMPROMISE = "key_compromise"
    AFFILIATION_CHANGED = "affiliation_changed"
    SUPERSEDED = "superseded"
    CESSATION_OF_OPERATION = "cessation_of_operation"


REASON_CODES: Final = MappingProxyType(
    {
        Cause.UNSPECIFIED: crl.UNSPECIFIED,
        Cause.KEY_COMPROMISE: crl.KEY_COMPROMISE,
        Cause.AFFILIATION_CHANGED: crl.AFFILIATION_CHANGED,
        Cause.SUPERSEDED: crl.SUPERSEDED,
        Cause.CESSATION_OF_OPERATION: 5,
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of one number: changed, unchanged (`error` None, `changed` False), or refused."""

    shield_number: str
    changed: bool
    standing: Standing | None
    error: errors.DomainError | None = None


@dataclass(frozen=True, slots=True)
class ManageShields:
    """Holds, lifts and revokes."""

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
        """Reports loss, lifts it, freezes or unfreezes; an outcome for each number, in order.

        Raises ValueError for an event that is no hold's, ActsLater for lifting soon after a reset by SMS: what can't be
        done to one number is in its outcome.
        """
        if event not in HOLD_EVENTS:
            raise ValueError(f"{event.value} is not a hold's")
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
        """Ends the shields' certificates for good, proven by a fresh SMS code or by their own shield's signature.

        The proof is spent in the transaction that revokes: it serves one batch. Raises what `ProveAgain` raises, and
        then revokes none.
        """
        wanted = Revocation(enterprise.credit_code, numbers, reason, cause.value)
        proven = await self.prove(person, enterprise, proof, wanted, "revoke", now=now)

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
        """Sends the legal person a code that revokes one batch. Raises what `SmsCodes.send` raises."""
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
    # In one order, however they are spelled, so that two batches never wait for each other's rows.
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
    """Has `step` change each certificate of the enterprise's shield that the event affects."""

    async def read() -> list[tuple[str, Standing]]:
        return await store.standings(tx, credit_code=credit_code, shield_number=number)

    standings, changed = await read(), False
    if not standings:
        return Outcome(shield_number=number, changed=False, standing=None, error=errors.NotFound())
    while True:
        results = []
        try:
            for serial, standing in affected(standings, event):
                if stands_already(standing, event):
                    results.append(standing)
                else:
                    results.append(await step(serial))
                    changed = True
        except errors.DomainError as error:
            standings_now = await read()
            if standings_now == standings:
                standing = standings[0][1]  # that of the shield: where it has ended, all have
                why = error if occupies_device(standing.state) else errors.ShieldEnded()
                return Outcome(shield_number=number, changed=changed, standing=standing, error=why)
            # Others were faster, and may have confirmed a renewal: what counts now is another certificate.
            standings = standings_now
        else:
            return Outcome(shield_number=number, changed=changed, standing=results[0])


def affected(standings: list[tuple[str, Standing]], event: CertificateEvent) -> list[tuple[str, Standing]]:
    """All certificates of the shield that still count (a renewal makes a second one); else the one that ended last.

    One that isn't signed yet can be revoked, but not held: it can't be used anyway.
    """
    revokes = event is CertificateEvent.REVOKE
    live = [
        (serial, standing)
        for serial, standing in standings
        if occupies_device(standing.state) and (revokes or standing.state is not CertificateState.ISSUED)
    ]
    return live or standings[:1]
