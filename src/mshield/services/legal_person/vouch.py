"""The legal person says who an operator is: confirms an application, or makes an activation code.

Either leads a stranger to a certificate as well as an operator, so each asks once more whether it is the legal person,
as a revocation does: who has their session's cookie alone makes nobody an operator. The enterprise's legal persons are
told of each by SMS, and so is the number that is on file for the operator.
"""

from dataclasses import dataclass
from typing import ClassVar, Final

from mshield.domain import errors
from mshield.domain.actor import By
from mshield.domain.identity import Role
from mshield.domain.ids import new_id
from mshield.domain.notices import NoticeKind
from mshield.services.identity.codes import ActivationCode, ActivationCodes
from mshield.services.identity.confirm import ConfirmOperators
from mshield.services.legal_person.own_shield import OwnShield, Pc
from mshield.services.legal_person.proving import Proof, ProveAgain
from mshield.services.legal_person.session import LegalPerson, ManagedEnterprise
from mshield.services.notices.notify import tell, tell_number
from mshield.services.requests.ask import Asked
from mshield.store.database.interface import Database, Tx
from mshield.store.identity import codes as people
from mshield.store.identity import proofs, requests

_TYPE: Final = "mshield-portal-operator/v1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Vouching:
    """For whom: a filed operator, by name; `application_id` is None for an activation code.

    `phone` is the masked number of the account that asks: whoever else asks under this name has another.
    """

    credit_code: str
    person_id: str
    name: str
    application_id: str | None
    phone: str | None

    title: ClassVar[str] = "确认操作员身份"

    def terms(self) -> dict[str, object]:
        """What the signature is for, in one form."""
        return {
            "type": _TYPE,
            "credit_code": self.credit_code,
            "person": self.person_id,
            "name": self.name,
            "application": self.application_id,
        }

    def lines(self, enterprise: ManagedEnterprise) -> tuple[tuple[str, str], ...]:
        """What the phone shows."""
        what = "制作激活码" if self.application_id is None else "确认是本人"
        return (
            ("操作", f"{what}，此人随后可申请贵企业的手机盾"),
            ("企业", enterprise.name),
            ("操作员", self.name),
            *((("申请人手机号", self.phone),) if self.phone is not None else ()),
        )

    @property
    def bound_to(self) -> str:
        """The purpose to which an SMS code is bound: it serves for this person of this enterprise alone."""
        return f"{self.credit_code} {self.person_id}"


@dataclass(frozen=True, slots=True)
class VouchForOperators:
    """Asks for the proof, and does it."""

    db: Database
    prove: ProveAgain
    own_shield: OwnShield
    confirming: ConfirmOperators
    codes: ActivationCodes

    async def send_code(
        self, person: LegalPerson, enterprise: ManagedEnterprise, person_id: str, *, address: str, now: int
    ) -> None:
        """Sends the legal person a code for one act about this operator.

        Raises NotFound, Forbidden for a legal person, ActsLater, what `SmsCodes.send` raises.
        """
        wanted = await self._vouching(enterprise, person_id)
        await self.prove.require_power(person, enterprise, now=now)
        await self.prove.send(person, "vouch", bound_to=wanted.bound_to, address=address, now=now)

    async def ask_signature(
        self,
        enterprise: ManagedEnterprise,
        person_id: str,
        application_id: str | None,
        pc: Pc,
        *,
        now: int,
    ) -> Asked:
        """A request for their own shield, by scan. Raises NotFound, Forbidden, TooManyRequests."""
        wanted = await self._vouching(enterprise, person_id, application_id)
        return await self.own_shield.ask_signature(enterprise, wanted, pc, now=now)

    async def confirm(
        self,
        person: LegalPerson,
        enterprise: ManagedEnterprise,
        application_id: str,
        proof: Proof,
        *,
        now: int,
    ) -> None:
        """Confirms an application, for good. Raises what `ConfirmOperators.decide_in` and `ProveAgain` raise."""
        person_id = await self.confirming.person_of(application_id, credit_code=enterprise.credit_code)
        wanted = await self._vouching(enterprise, person_id, application_id)
        proven = await self.prove(
            person, enterprise, proof, wanted, "vouch", bound_to=wanted.bound_to, now=now
        )

        async def work(tx: Tx) -> None:
            await proven.spend(tx)
            await self.confirming.decide_in(
                tx,
                application_id,
                "confirm",
                credit_code=enterprise.credit_code,
                by=_by(person),
                now=now,
            )
            await _tell(tx, person, wanted, now=now)

        await self.db.write(work)
        proven.forget()

    async def make_code(
        self, person: LegalPerson, enterprise: ManagedEnterprise, person_id: str, proof: Proof, *, now: int
    ) -> ActivationCode:
        """A code for an operator of theirs. Raises NotFound, Forbidden for a legal person, what `ProveAgain` raises."""
        wanted = await self._vouching(enterprise, person_id)
        proven = await self.prove(
            person, enterprise, proof, wanted, "vouch", bound_to=wanted.bound_to, now=now
        )

        async def work(tx: Tx) -> ActivationCode:
            await proven.spend(tx)
            code = await self.codes.make_of(
                tx, person_id, by=_by(person), credit_code=enterprise.credit_code, now=now
            )
            await _tell(tx, person, wanted, now=now)
            return code

        code = await self.db.write(work)
        proven.forget()
        return code

    async def _vouching(
        self, enterprise: ManagedEnterprise, person_id: str, application_id: str | None = None
    ) -> Vouching:
        filed = await people.person(self.db, person_id=person_id)
        if filed is None or filed["credit_code"] != enterprise.credit_code:
            raise errors.NotFound
        if filed["ended_at"] is not None:
            raise errors.NotFound if application_id is None else errors.NoFiling
        if Role(filed["role"]) is Role.LEGAL_PERSON:
            raise errors.Forbidden(reason="legal_person")
        phone = None
        if application_id is not None:
            phone = await self.confirming.phone_of(application_id, credit_code=enterprise.credit_code)
        return Vouching(
            credit_code=enterprise.credit_code,
            person_id=person_id,
            name=filed["name"],
            application_id=application_id,
            phone=phone,
        )


def _by(person: LegalPerson) -> By:
    return By("legal_person", person.account_id)


async def _tell(tx: Tx, person: LegalPerson, wanted: Vouching, *, now: int) -> None:
    occasion = new_id(now)
    for account_id in await requests.legal_persons(tx, credit_code=wanted.credit_code, now=now):
        await tell(tx, NoticeKind.VOUCHED, account_id=account_id, occasion=occasion, now=now)
    filed = await proofs.filed_phone(tx, person_id=wanted.person_id)
    if filed is not None:
        await tell_number(
            tx,
            NoticeKind.VOUCHED_FOR,
            account_id=person.account_id,
            phone=filed,
            occasion=occasion,
            next_at=now,
            now=now,
        )
