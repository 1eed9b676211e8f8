"""Fresh proof, for sensitive acts, that the legal person acts, not somebody with their session cookie.

The proof is an SMS code to their number, or their own shield's signature over exactly this act. Either is
spent in the act's transaction, so it can be used only once.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from mshield.server.accounts.sms_codes import SmsCodes
from mshield.server.database.interface import Tx
from mshield.server.legal_person.own_shield import OwnShield, Signable, use
from mshield.server.legal_person.power import PowerAtPortal
from mshield.server.legal_person.session import LegalPerson, ManagedEnterprise
from mshield.server.notices.external.sms import SmsPurpose


@dataclass(frozen=True, slots=True)
class Proof:
    """Proof sent by the page: one of the two fields."""

    sms_code: str | None = None
    request_id: str | None = None


@dataclass(frozen=True, slots=True)
class Proven:
    """A valid proof: `spend` it in the transaction of the act, call `forget` afterwards.

    `spend` raises RequestClosed or SmsCodeExpired if the proof was spent meanwhile.
    """

    spend: Callable[[Tx], Awaitable[None]]
    forget: Callable[[], None] = lambda: None


@dataclass(frozen=True, slots=True)
class ProveAgain:
    """Sends codes, and checks codes or signatures of the legal person's shield."""

    sms_codes: SmsCodes
    own_shield: OwnShield
    power: PowerAtPortal

    async def send(
        self, person: LegalPerson, purpose: SmsPurpose, *, bound_to: str = "", address: str, now: int
    ) -> None:
        """Sends the legal person a code for one act. Raises: what `SmsCodes.send` raises."""
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
        """Checks the proof. Raises: SmsCodeWrong, SmsCodeExpired, ActsLater, and what `OwnShield.require` raises."""
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
        """Checks that acts of power needn't wait after a password reset by SMS.

        `request_id` is the request that their shield signed for this act, if any. Raises: ActsLater.
        """
        await self.power.require(person.account_id, enterprise, person.login_request, request_id, now=now)
