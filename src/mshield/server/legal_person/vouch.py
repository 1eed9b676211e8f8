"""Vouching of the legal person for an operator, by confirming an application or creating an activation code.

Either could give a certificate to a stranger instead of the operator. So each needs a fresh proof of the
legal person, like a revocation: a stolen session cookie alone isn't enough. The enterprise's legal persons
are notified of each by SMS, and so is the operator's filed phone number.
"""

from dataclasses import dataclass
from typing import ClassVar, Final

from mshield.server.acts.actor import By
from mshield.server.database.interface import Database, Tx
from mshield.server.errors import Forbidden, NotFound
from mshield.server.filing.errors import NoFiling
from mshield.server.identity.codes import ActivationCodes
from mshield.server.identity.confirm import ConfirmOperators
from mshield.server.identity.rows import codes as people
from mshield.server.identity.rows import proofs, requests
from mshield.server.legal_person.own_shield import OwnShield, Pc
from mshield.server.legal_person.proving import Proof, ProveAgain
from mshield.server.legal_person.session import LegalPerson, ManagedEnterprise
from mshield.server.notices.notify import notify_account, notify_number
from mshield.server.notices.rules.notices import NoticeKind
from mshield.server.requests.ask import CreatedRequest
from mshield.wire.identity import Role
from mshield.wire.ids import new_id
from mshield.wire.portal import ActivationCodeMessage

_TYPE: Final = "mshield-portal-operator/v1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Vouching:
    """The operator to vouch for, by filed name; `application_id` is None for an activation code.

    `phone` is the masked number of the requesting account, which distinguishes it from others who apply under
    this name.
    """

    credit_code: str
    person_id: str
    name: str
    application_id: str | None
    phone: str | None

    title: ClassVar[str] = "确认操作员身份"

    def terms(self) -> dict[str, object]:
        """Returns the normalised terms to sign."""
        return {
            "type": _TYPE,
            "credit_code": self.credit_code,
            "person": self.person_id,
            "name": self.name,
            "application": self.application_id,
        }

    def lines(self, enterprise: ManagedEnterprise) -> tuple[tuple[str, str], ...]:
        """Returns the lines that the phone shows."""
        what = "制作激活码" if self.application_id is None else "确认是本人"
        return (
            ("操作", f"{what}，此人随后可申请贵企业的手机盾"),
            ("企业", enterprise.name),
            ("操作员", self.name),
            *((("申请人手机号", self.phone),) if self.phone is not None else ()),
        )

    @property
    def bound_to(self) -> str:
        """Binding of an SMS code: it is valid for this person of this enterprise only."""
        return f"{self.credit_code} {self.person_id}"


@dataclass(frozen=True, slots=True)
class VouchForOperators:
    """Checks the proof, and vouches."""

    db: Database
    prove: ProveAgain
    own_shield: OwnShield
    confirming: ConfirmOperators
    codes: ActivationCodes

    async def send_code(
        self, person: LegalPerson, enterprise: ManagedEnterprise, person_id: str, *, address: str, now: int
    ) -> None:
        """Sends the legal person a code for one act about this operator.

        Raises: NotFound, Forbidden (a legal person), ActsLater, and what `SmsCodes.send` raises.
        """
        vouching = await self._vouching(enterprise, person_id)
        await self.prove.require_power(person, enterprise, now=now)
        await self.prove.send(person, "vouch", bound_to=vouching.bound_to, address=address, now=now)

    async def ask_signature(
        self,
        enterprise: ManagedEnterprise,
        person_id: str,
        application_id: str | None,
        pc: Pc,
        *,
        now: int,
    ) -> CreatedRequest:
        """Creates a request for their own shield, to be scanned. Raises: NotFound, Forbidden, TooManyRequests."""
        vouching = await self._vouching(enterprise, person_id, application_id)
        return await self.own_shield.ask_signature(enterprise, vouching, pc, now=now)

    async def confirm(
        self,
        person: LegalPerson,
        enterprise: ManagedEnterprise,
        application_id: str,
        proof: Proof,
        *,
        now: int,
    ) -> None:
        """Confirms an application; final. Raises: what `ConfirmOperators.decide_in` and `ProveAgain` raise."""
        person_id = await self.confirming.person_of(application_id, credit_code=enterprise.credit_code)
        vouching = await self._vouching(enterprise, person_id, application_id)
        proven = await self.prove(
            person, enterprise, proof, vouching, "vouch", bound_to=vouching.bound_to, now=now
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
            await _notify(tx, person, vouching, now=now)

        await self.db.write(work)
        proven.forget()

    async def make_code(
        self, person: LegalPerson, enterprise: ManagedEnterprise, person_id: str, proof: Proof, *, now: int
    ) -> ActivationCodeMessage:
        """Makes a code for one of their operators.

        Raises: NotFound, Forbidden (a legal person), what `ProveAgain` raises.
        """
        vouching = await self._vouching(enterprise, person_id)
        proven = await self.prove(
            person, enterprise, proof, vouching, "vouch", bound_to=vouching.bound_to, now=now
        )

        async def work(tx: Tx) -> ActivationCodeMessage:
            await proven.spend(tx)
            code = await self.codes.make_of(
                tx, person_id, by=_by(person), credit_code=enterprise.credit_code, now=now
            )
            await _notify(tx, person, vouching, now=now)
            return code

        code = await self.db.write(work)
        proven.forget()
        return code

    async def _vouching(
        self, enterprise: ManagedEnterprise, person_id: str, application_id: str | None = None
    ) -> Vouching:
        filed = await people.person(self.db, person_id=person_id)
        if filed is None or filed["credit_code"] != enterprise.credit_code:
            raise NotFound
        if filed["ended_at"] is not None:
            raise NotFound if application_id is None else NoFiling
        if Role(filed["role"]) is Role.LEGAL_PERSON:
            raise Forbidden(reason="legal_person")
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


async def _notify(tx: Tx, person: LegalPerson, wanted: Vouching, *, now: int) -> None:
    occasion = new_id(now)
    for account_id in await requests.legal_persons(tx, credit_code=wanted.credit_code, now=now):
        await notify_account(tx, NoticeKind.VOUCHED, account_id=account_id, occasion=occasion, now=now)
    filed = await proofs.filed_phone(tx, person_id=wanted.person_id)
    if filed is not None:
        await notify_number(
            tx,
            NoticeKind.VOUCHED_FOR,
            account_id=person.account_id,
            phone=filed,
            occasion=occasion,
            next_at=now,
            now=now,
        )
