"""Check with the phone's carrier whether the number is registered to the person (运营商核验).

The carrier states whose number it is, but not the person's role, so the check can prove neither a legal
person nor a second account. The carrier is queried only after the holder has entered a code sent to the
number and has agreed to the query. Findings other than a match are recorded without personal data.
"""

from dataclasses import dataclass
from typing import Final, Literal, Protocol

from mshield.server.accounts.rows import accounts
from mshield.server.accounts.rows.accounts import Account
from mshield.server.acts.actor import By
from mshield.server.acts.rows import acts
from mshield.server.certificates.rows.enrolment import FiledPerson
from mshield.server.database.interface import Database, Tx
from mshield.server.errors import Conflict, Forbidden, Unauthenticated
from mshield.server.identity import daily
from mshield.server.identity.errors import RealNameDiffers, RealNameUnavailable, RealNameUnknown
from mshield.server.identity.external.real_name import Finding, RealNameCheck, RealNameQuestion
from mshield.server.identity.own_record import own_record
from mshield.server.identity.proofs import Proofs
from mshield.server.identity.rows import proofs as store
from mshield.server.keys.keyring import Keyring
from mshield.server.runtime.external.call import OutsideError
from mshield.server.values.id_numbers import ACCOUNT_BOX
from mshield.wire.identity import Role, Way

MOST_A_DAY: Final = 3
_SCOPE: Final = "real_name"


class SpendApplyCode(Protocol):
    """Function that spends an SMS code entered by the number's holder. Raises: SmsCodeWrong, SmsCodeExpired."""

    async def __call__(self, *, phone: str, purpose: Literal["apply"], code: str, now: int) -> None: ...


@dataclass(frozen=True, slots=True)
class CheckRealName:
    """Asks the carrier, and records its answer. Without a `source` this way isn't available."""

    db: Database
    keyring: Keyring
    proofs: Proofs
    source: RealNameCheck | None
    spend: SpendApplyCode

    async def __call__(
        self, account: Account, *, credit_code: str, role: str, sms_code: str, now: int
    ) -> int:
        """Proves the account, and returns the time (ms) from which the proof is valid.

        Raises: NoFiling, Forbidden (this way isn't available, with the reason), SmsCodeWrong, SmsCodeExpired,
        TooManyRequests (the fourth query within a day), RealNameDiffers, RealNameUnknown,
        RealNameUnavailable.
        """
        if self.source is None:
            raise Forbidden(reason=Way.REAL_NAME.value)
        person = await self._person(account, credit_code=credit_code, role=role)
        await self.spend(phone=account.phone, purpose="apply", code=sms_code, now=now)
        # Count before sending the query, since each one costs money and reveals a person to an outside
        # service.
        await self.db.write(
            lambda tx: daily.count(tx, scope=_SCOPE, subject=account.id, most=MOST_A_DAY, now=now)
        )
        finding = await self._ask(self.source, account)
        if finding is Finding.MATCH:
            return await self.db.write(lambda tx: self._prove(tx, account, person, now=now))
        await self.db.write(lambda tx: _note(tx, account.id, person.id, finding, now=now))
        raise RealNameDiffers if finding is Finding.MISMATCH else RealNameUnknown

    async def _person(self, account: Account, *, credit_code: str, role: str) -> FiledPerson:
        person = await own_record(self.db, account, credit_code=credit_code, role=role)
        if Way.REAL_NAME not in self.proofs.chosen(Role(person.role)):
            raise Forbidden(reason=person.role)
        return person

    async def _ask(self, source: RealNameCheck, account: Account) -> Finding:
        box = await accounts.find_id_number_box(self.db, account_id=account.id)
        if box is None:
            raise Unauthenticated
        number = self.keyring.open(box, purpose=ACCOUNT_BOX, context=account.id.encode()).decode()
        question = RealNameQuestion(
            name=account.name, id_type=account.id_type, id_number=number, phone=account.phone
        )
        try:
            return await source.check(question)
        except OutsideError as error:
            raise RealNameUnavailable from error

    async def _prove(self, tx: Tx, account: Account, person: FiledPerson, *, now: int) -> int:
        """Records the proof, after checking account and person again, since the query took seconds.

        Only whoever the carrier confirms learns that the person has another proven account.

        Raises: Conflict (the account changed), Forbidden (the person has another proven account).
        """
        current = await accounts.find_unchanging(tx, account_id=account.id)
        if current is None or current.state != "active" or current.phone != account.phone:
            raise Conflict
        if await store.others(tx, account_id=account.id, person_id=person.id):
            raise Forbidden(reason="second_account")
        by = By("user", account.id)
        await self.proofs.record_once(tx, account.id, person.id, Way.REAL_NAME, by=by, now=now)
        return now


async def _note(tx: Tx, account_id: str, person_id: str, finding: Finding, *, now: int) -> None:
    details = {"way": Way.REAL_NAME.value, "person": person_id, "reason": finding.value}
    by = By("user", account_id)
    await acts.record(tx, by=by, act="identity.refuse", subject=account_id, details=details, now=now)
