"""Proof that the legal person acts themselves, and nobody who only has their session's cookie; grave acts take one.

A fresh SMS code to their number, or their own shield's signature over just this. Either is spent in the transaction of
what it is for, and serves once.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from mshield.gateways.sms import SmsPurpose
from mshield.services.accounts.sms_codes import SmsCodes
from mshield.services.legal_person.own_shield import OwnShield, Signable, use
from mshield.services.legal_person.power import PowerAtPortal
from mshield.services.legal_person.session import LegalPerson, ManagedEnterprise
from mshield.store.database.interface import Tx


@dataclass(frozen=True, slots=True)
class Proof:
    """The proof that the page sent: one of the two."""

    sms_code: str | None = None
    request_id: str | None = None


@dataclass(frozen=True, slots=True)
class Proven:
    """A proof that holds: `spend` it in the transaction of the act, `forget` it afterwards."""

    spend: Callable[[Tx], Awaitable[None]]
    forget: Callable[[], None] = lambda: None


@dataclass(frozen=True, slots=True)
class ProveAgain:
    """Sends codes and takes them, or what their shield signed."""

    sms_codes: SmsCodes
    own_shield: OwnShield
    power: PowerAtPortal

    async def send(
        self, person: LegalPerson, purpose: SmsPurpose, *, bound_to: str = "", address: str, now: int
    ) -> None:
        """Sends the legal person a code for one act. Raises what `SmsCodes.send` raises."""
        await self.sms_codes.send(
            phone=person.phone, purpose=purpose, address=address, bound_to=bound_to, now=now
        )

    async def __call__(
        self,
        person: LegalPerson,
        enterprise: ManagedEnterprise,
        proof: Proof,
        wanted: Signable,
        purpose: SmsPurpose,
        *,
        bound_to: str = "",
        now: int,
    ) -> Proven:
        """Raises SmsCodeWrong, SmsCodeExpired, ActsLater, and what `OwnShield.require` and `use` raise."""
        request_id = proof.request_id
        if request_id is not None:
            await self.own_shield.require(person, request_id, wanted, now=now)
        await self.require_power(person, enterprise, request_id, now=now)
        if request_id is not None:
            return Proven(lambda tx: use(tx, request_id, now=now))
        proven = await self.sms_codes.prove(
            phone=person.phone, purpose=purpose, code=proof.sms_code or "", bound_to=bound_to, now=now
        )
        return Proven(
            lambda tx: self.sms_codes.spend(tx, proven, now=now), lambda: self.sms_codes.forget(proven)
        )

    async def require_power(
        self, person: LegalPerson, enterprise: ManagedEnterprise, request_id: str | None = None, *, now: int
    ) -> None:
        """Raises ActsLater soon after a reset by SMS; `request_id` is what their shield signed for the act."""
        await self.power.require(person.account_id, enterprise, person.login_request, request_id, now=now)
