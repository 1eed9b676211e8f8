"""The phone's carrier says that the number is registered to the person (运营商核验).

It says whose the phone is and not what they may do, so it makes no legal person and no second account. Asked only where
a code came back from the number and its holder agreed to the question; what isn't a match is noted without their data.
"""

from dataclasses import dataclass
from typing import Final, Literal, Protocol

from mshield.domain import errors
from mshield.domain.actor import By
from mshield.domain.id_numbers import ACCOUNT_BOX
from mshield.domain.identity import Role
from mshield.domain.proofs import Way
from mshield.gateways.outside import OutsideError
from mshield.gateways.real_name import Finding, RealNameCheck, RealNameQuestion
from mshield.keys.keyring import Keyring
from mshield.services.identity import daily
from mshield.services.identity.own_record import own_record
from mshield.services.identity.proofs import Proofs
from mshield.store.accounts import accounts
from mshield.store.accounts.accounts import Account
from mshield.store.certificates.enrolment import FiledPerson
from mshield.store.database.interface import Database, Tx
from mshield.store.identity import proofs as store
from mshield.store.staff import acts

MOST_A_DAY: Final = 3
_SCOPE: Final = "real_name"


class SpendApplyCode(Protocol):
    """Spends an SMS code that came back from the number. Raises SmsCodeWrong, SmsCodeExpired."""

    async def __call__(self, *, phone: str, purpose: Literal["apply"], code: str, now: int) -> None: ...


@dataclass(frozen=True, slots=True)
class CheckRealName:
    """Asks, and records what was said. Without a `source` there is no such way."""

    db: Database
    keyring: Keyring
    proofs: Proofs
    source: RealNameCheck | None
    spend: SpendApplyCode

    async def __call__(
        self, account: Account, *, credit_code: str, role: str, sms_code: str, now: int
    ) -> int:
        """Proves the account, and gives the time (ms) from which that counts.

        Raises NoFiling, Forbidden with the reason where this way isn't open, SmsCodeWrong, SmsCodeExpired;
        TooManyRequests for the fourth question within a day; RealNameDiffers, RealNameUnknown, RealNameUnavailable.
        """
        if self.source is None:
            raise errors.Forbidden(reason=Way.REAL_NAME.value)
        person = await self._person(account, credit_code=credit_code, role=role)
        await self.spend(phone=account.phone, purpose="apply", code=sms_code, now=now)
        # Before the question goes out: each costs, and each tells an outside service of somebody.
        await self.db.write(
            lambda tx: daily.count(tx, scope=_SCOPE, subject=account.id, most=MOST_A_DAY, now=now)
        )
        finding = await self._ask(self.source, account)
        if finding is Finding.MATCH:
            return await self.db.write(lambda tx: self._prove(tx, account, person, now=now))
        await self.db.write(lambda tx: _note(tx, account.id, person.id, finding, now=now))
        raise errors.RealNameDiffers if finding is Finding.MISMATCH else errors.RealNameUnknown

    async def _person(self, account: Account, *, credit_code: str, role: str) -> FiledPerson:
        person = await own_record(self.db, account, credit_code=credit_code, role=role)
        if Way.REAL_NAME not in self.proofs.chosen(Role(person.role)):
            raise errors.Forbidden(reason=person.role)
        if await store.others(self.db, account_id=account.id, person_id=person.id):
            raise errors.Forbidden(reason="second_account")
        return person

    async def _ask(self, source: RealNameCheck, account: Account) -> Finding:
        box = await accounts.find_id_number_box(self.db, account_id=account.id)
        if box is None:
            raise errors.Unauthenticated
        number = self.keyring.open(box, purpose=ACCOUNT_BOX, context=account.id.encode()).decode()
        question = RealNameQuestion(
            name=account.name, id_type=account.id_type, id_number=number, phone=account.phone
        )
        try:
            return await source.check(question)
        except OutsideError as error:
            raise errors.RealNameUnavailable from error

    async def _prove(self, tx: Tx, account: Account, person: FiledPerson, *, now: int) -> int:
        """Seconds have passed: the number must still be the account's, and the person without another account."""
        current = await accounts.find_unchanging(tx, account_id=account.id)
        if current is None or current.state != "active" or current.phone != account.phone:
            raise errors.Conflict
        if await store.others(tx, account_id=account.id, person_id=person.id):
            raise errors.Forbidden(reason="second_account")
        by = By("user", account.id)
        await self.proofs.record_once(tx, account.id, person.id, Way.REAL_NAME, by=by, now=now)
        return now


async def _note(tx: Tx, account_id: str, person_id: str, finding: Finding, *, now: int) -> None:
    details = {"way": Way.REAL_NAME.value, "person": person_id, "reason": finding.value}
    by = By("user", account_id)
    await acts.record(tx, by=by, act="identity.refuse", subject=account_id, details=details, now=now)
