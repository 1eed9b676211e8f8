"""A shield is stopped where no legal person can: they have left, died, or are locked out (no way of the manual's).

Customer service and security officers together suspend a shield, lift that again, or revoke it for good: one asks with
the evidence, one of the other role approves. The holder and the enterprise's legal person, if there is one, are told.
What two members of staff suspended no legal person lifts: whether they are who they say is what is in doubt then. They
may revoke it, as they may everything of theirs.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from mshield.domain import errors
from mshield.domain.actor import SERVICE, By
from mshield.domain.certificates import shield
from mshield.domain.certificates.states import CertificateEvent, Standing, after, gravest_first
from mshield.domain.lines import checked_reason
from mshield.domain.staff import StaffRole
from mshield.services.accounts.change_phone import checked_evidence
from mshield.services.legal_person.act import REASON_CODES, Cause, affected, change_shield
from mshield.services.staff.approvals import ApprovableAct, ApprovalRow
from mshield.services.staff.members import StaffMember
from mshield.store.certificates.changes import change
from mshield.store.database.interface import Database, Tx
from mshield.store.legal_person import shields as store
from mshield.store.staff import acts

EVENTS: Final[Mapping[str, CertificateEvent]] = {
    "shield.suspend": CertificateEvent.SUSPEND,
    "shield.resume": CertificateEvent.RESUME,
    "shield.revoke": CertificateEvent.REVOKE,
}
_SERVES, _SECURES = StaffRole.CUSTOMER_SERVICE, StaffRole.SECURITY_OFFICER
Json = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class StopShields:
    """The acts, for `Approvals`. Their subject is the shield number, their reason is told to the enterprise."""

    db: Database

    def acts(self) -> tuple[ApprovableAct, ...]:
        """By name: shield.suspend, shield.resume, shield.revoke; asked in one role, approved in the other."""
        roles = frozenset({(_SERVES, _SECURES), (_SECURES, _SERVES)})
        return tuple(ApprovableAct(name, self._check_of(name), self._do, roles=roles) for name in EVENTS)

    async def at_the_server(
        self, name: str, number: str, details: Json, *, reason: str, second_person: str, now: int
    ) -> None:
        """By two people at the server; what they saw and the second one's name stand in the act.

        Raises InvalidRequest, NotFound, ShieldEnded, Conflict, Held.
        """
        number, reason = shield.parse_number(number) or number, checked_reason(reason)
        shown = await self._check_of(name)(number, details)

        async def work(tx: Tx) -> None:
            await _stop(tx, name, number, shown, by=By("staff"), reason=reason, now=now)
            recorded = {**shown, "reason": reason, "second_person": second_person}
            await acts.record(tx, by=SERVICE, act=name, subject=number, details=recorded, now=now)

        await self.db.write(work)

    def _check_of(self, name: str) -> "_Check":
        return _Check(self.db, EVENTS[name])

    async def _do(self, tx: Tx, asked: ApprovalRow, member: StaffMember, now: int) -> Json:
        await _stop(tx, asked.act, asked.subject, asked.details, by=member.by, reason=asked.reason, now=now)
        return {}


async def _stop(tx: Tx, name: str, number: str, details: Json, *, by: By, reason: str, now: int) -> None:
    """Raises Conflict where the shield doesn't stand any more as it was shown."""
    event, certificate = EVENTS[name], await _standing_shield(tx, number)
    if certificate is None or _shown(certificate) != {key: details[key] for key in _shown(certificate)}:
        raise errors.Conflict
    code = REASON_CODES[Cause(details["cause"])] if event is CertificateEvent.REVOKE else None

    async def step(serial: str) -> Standing:
        return await change(
            tx, serial=serial, event=event, by=by, reason=reason, now=now, revocation_reason=code
        )

    outcome = await change_shield(tx, certificate.credit_code, event, number, step)
    if outcome.error is not None:
        raise outcome.error
    if not outcome.changed:
        raise errors.Conflict


@dataclass(frozen=True, slots=True)
class _Check:
    """What a question about a shield shows: its holder, its enterprise, how it stands, the evidence."""

    db: Database
    event: CertificateEvent

    async def __call__(self, subject: str, details: Json) -> Json:
        """Raises InvalidRequest, NotFound for an unknown number, ShieldEnded, Conflict, Held."""
        revokes = self.event is CertificateEvent.REVOKE
        if details.keys() != ({"evidence", "cause"} if revokes else {"evidence"}):
            raise errors.InvalidRequest(fields=["details"])
        if revokes and details["cause"] not in {cause.value for cause in Cause}:
            raise errors.InvalidRequest(fields=["cause"])
        if not isinstance(details["evidence"], str):
            raise errors.InvalidRequest(fields=["evidence"])
        evidence = checked_evidence(details["evidence"])
        certificate = (
            None if shield.parse_number(subject) != subject else await _standing_shield(self.db, subject)
        )
        if certificate is None:
            ended = await store.is_known(self.db, shield_number=subject)
            raise errors.ShieldEnded if ended else errors.NotFound
        standings = await store.standings(self.db, credit_code=certificate.credit_code, shield_number=subject)
        for _, standing in affected(standings, self.event):
            after(standing, self.event)
        return {**_shown(certificate), "evidence": evidence} | (
            {"cause": details["cause"]} if revokes else {}
        )


async def _standing_shield(db: Database | Tx, number: str) -> store.StandingShield | None:
    return await store.standing_shield(db, shield_number=number)


def _shown(certificate: store.StandingShield) -> dict[str, str | list[str]]:
    """What the two look at, and what must still be so when it is done."""
    return {
        "name": certificate.name,
        "enterprise": certificate.enterprise,
        "credit_code": certificate.credit_code,
        "state": certificate.standing.state.value,
        "holds": [hold.value for hold in gravest_first(certificate.standing.holds)],
    }
