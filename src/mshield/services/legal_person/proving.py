"""That it is the legal person who acts, and not whoever has their session's cookie: asked of what is grave.

A fresh SMS code to their number, or their own shield's signature over just this. Either is spent in the transaction of
what it is for, and serves once.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from mshield.gateways.sms import SmsPurpose
from mshield.services.accounts.sms_codes import SmsCodes
from mshield.services.legal_person.own_shield import OwnShield, Signable, use
from mshield.services.legal_person.session import LegalPerson
from mshield.store.database.interface import Tx


@dataclass(frozen=True, slots=True)
class Proof:
    """What the page sent: one of the two."""

    sms_code: str | None = None
    request_id: str | None = None


@dataclass(frozen=True, slots=True)
class Proven:
    """That it is the legal person: `spend` it in the transaction, `forget` it after."""

    spend: Callable[[Tx], Awaitable[None]]
    forget: Callable[[], None] = lambda: None


@dataclass(frozen=True, slots=True)
class ProveAgain:
    """Sends codes and takes them, or what their shield signed."""

    sms_codes: SmsCodes
    own_shield: OwnShield

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
        proof: Proof,
        wanted: Signable,
        purpose: SmsPurpose,
        *,
        bound_to: str = "",
        now: int,
    ) -> Proven:
        """Raises SmsCodeWrong, SmsCodeExpired, and what `OwnShield.require` and `use` raise."""
        request_id = proof.request_id
        if request_id is not None:
            await self.own_shield.require(person, request_id, wanted, now=now)
            return Proven(lambda tx: use(tx, request_id, now=now))
        proven = await self.sms_codes.prove(
            phone=person.phone, purpose=purpose, code=proof.sms_code or "", bound_to=bound_to, now=now
        )
        return Proven(
            lambda tx: self.sms_codes.spend(tx, proven, now=now), lambda: self.sms_codes.forget(proven)
        )
