"""Stopping of a shield by staff if no legal person can: they have left, died, or are locked out (not in the manual).

Customer service and security officers together suspend a shield, lift the suspension, or revoke the shield
permanently: one requests with the evidence, one of the other role approves. The holder and the enterprise's
legal person, if there is one, are notified. A legal person can't lift a suspension by staff, since their
identity may be in doubt. But they may revoke the shield, like any other of their enterprise.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from mshield.server.accounts.change_phone import checked_evidence
from mshield.server.acts.actor import SERVICE, By, SecondPerson
from mshield.server.acts.rows import acts
from mshield.server.certificates.errors import ShieldEnded
from mshield.server.certificates.rows.changes import change
from mshield.server.certificates.rules.states import CertificateEvent, Standing, after, most_severe_first
from mshield.server.database.interface import Database, Tx
from mshield.server.errors import Conflict, InvalidRequest, NotFound
from mshield.server.legal_person.act import REASON_CODES, affected, change_shield
from mshield.server.legal_person.rows import shields as store
from mshield.server.staff.approvals import ApprovableAct, ApprovalRow
from mshield.server.staff.members import StaffMember
from mshield.server.staff.rules import StaffRole
from mshield.server.values.lines import checked_reason
from mshield.wire import shield_number

EVENTS: Final[Mapping[str, CertificateEvent]] = {
    "shield.suspend": CertificateEvent.SUSPEND,
    "shield.resume": CertificateEvent.RESUME,
    "shield.revoke": CertificateEvent.REVOKE,
}
_SERVES, _SECURES = StaffRole.CUSTOMER_SERVICE, StaffRole.SECURITY_OFFICER
Json = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class StopShields:
    """Acts for `Approvals`. Their subject is the shield number; their reason is shown to the enterprise."""

    db: Database

    def acts(self) -> tuple[ApprovableAct, ...]:
        """Returns shield.suspend, shield.resume and shield.revoke: requested in one role, approved in the other."""
        roles = frozenset({(_SERVES, _SECURES), (_SECURES, _SERVES)})
        return tuple(ApprovableAct(name, self._check_of(name), self._do, roles=roles) for name in EVENTS)

    async def at_the_server(
        self, name: str, number: str, details: Json, *, reason: str, second_person: SecondPerson, now: int
    ) -> None:
        """Carries out the act for two people at the server; it records the evidence and the second person.

        Raises: InvalidRequest, NotFound, ShieldEnded, Conflict, Held.
        """
        number, reason = shield_number.parse_number(number) or number, checked_reason(reason)
        display = await self._check_of(name)(number, details)

        async def work(tx: Tx) -> None:
            await _stop(tx, name, number, display, by=By("staff"), reason=reason, now=now)
            act_details = {**display, "reason": reason, **second_person.details}
            await acts.record(tx, by=SERVICE, act=name, subject=number, details=act_details, now=now)

        await self.db.write(work)

    def _check_of(self, name: str) -> "_Check":
        return _Check(self.db, EVENTS[name])

    async def _do(self, tx: Tx, asked: ApprovalRow, member: StaffMember, now: int) -> Json:
        await _stop(tx, asked.act, asked.subject, asked.details, by=member.by, reason=asked.reason, now=now)
        return {}


async def _stop(tx: Tx, name: str, number: str, details: Json, *, by: By, reason: str, now: int) -> None:
    """Does the act. Raises: Conflict (the shield has changed since it was shown), and the outcome's error."""
    event, certificate = EVENTS[name], await _standing_shield(tx, number)
    if certificate is None or _properties(certificate) != {
        key: details[key] for key in _properties(certificate)
    }:
        raise Conflict
    code = REASON_CODES[details["cause"]] if event is CertificateEvent.REVOKE else None

    async def step(serial: str) -> Standing:
        return await change(
            tx, serial=serial, event=event, by=by, reason=reason, now=now, revocation_reason=code
        )

    outcome = await change_shield(tx, certificate.credit_code, event, number, step)
    if outcome.error is not None:
        raise outcome.error
    if not outcome.changed:
        raise Conflict


@dataclass(frozen=True, slots=True)
class _Check:
    """Builds the details of a request about a shield: holder, enterprise, state, evidence."""

    db: Database
    event: CertificateEvent

    async def __call__(self, subject: str, details: Json) -> Json:
        """Raises: InvalidRequest, NotFound (unknown number), ShieldEnded, Conflict, Held."""
        revokes = self.event is CertificateEvent.REVOKE
        if details.keys() != ({"evidence", "cause"} if revokes else {"evidence"}):
            raise InvalidRequest(fields=["details"])
        if revokes and details["cause"] not in REASON_CODES:
            raise InvalidRequest(fields=["cause"])
        if not isinstance(details["evidence"], str):
            raise InvalidRequest(fields=["evidence"])
        evidence = checked_evidence(details["evidence"])
        certificate = (
            None
            if shield_number.parse_number(subject) != subject
            else await _standing_shield(self.db, subject)
        )
        if certificate is None:
            has_ended = await store.is_known(self.db, shield_number=subject)
            raise ShieldEnded if has_ended else NotFound
        standings = await store.standings(self.db, credit_code=certificate.credit_code, shield_number=subject)
        for _, standing in affected(standings, self.event):
            after(standing, self.event)
        return {**_properties(certificate), "evidence": evidence} | (
            {"cause": details["cause"]} if revokes else {}
        )


async def _standing_shield(db: Database | Tx, number: str) -> store.StandingShield | None:
    return await store.standing_shield(db, shield_number=number)


def _properties(certificate: store.StandingShield) -> dict[str, str | list[str]]:
    """Returns the properties shown to both members, which must be unchanged when the act is done."""
    return {
        "name": certificate.name,
        "enterprise": certificate.enterprise,
        "credit_code": certificate.credit_code,
        "state": certificate.standing.state.value,
        "holds": [hold.value for hold in most_severe_first(certificate.standing.holds)],
    }
