"""Ways that can prove an account's claim to a filing record, for its holder to choose from (核验身份).

Only a user who knows the whole record (name, id number, role and credit code) gets an answer. Since these are
known to others too, the answer is the same whether a phone number is on file and whether the person has
another proven account, unless the account has the filed number itself.
"""

from dataclasses import dataclass
from typing import Final

from mshield.server.accounts.rows.accounts import Account
from mshield.server.certificates.rows import enrolment
from mshield.server.database.interface import Database
from mshield.server.identity.errors import IdentityUnproven
from mshield.server.identity.own_record import own_record
from mshield.server.identity.proofs import Claim, Proofs
from mshield.server.identity.rows import proofs as store
from mshield.server.identity.rows import requests
from mshield.server.identity.rules import counting
from mshield.wire.identity import Role, Way
from mshield.wire.phone.identity import WayMessage, WayReason, WaysMessage

_SHOWN: Final = (Way.FILED_PHONE, Way.REAL_NAME, Way.LEGAL_PERSON, Way.FILING_CODE, Way.OWN_SHIELD)
"""Ways that an account's holder can start, fastest first."""


@dataclass(frozen=True, slots=True)
class FindWays:
    """Finds the ways for a claim."""

    db: Database
    proofs: Proofs
    asks_carrier: bool = False
    """Whether a carrier's service for checking phone number holders is configured."""

    async def __call__(self, account: Account, *, credit_code: str, role: str, now: int) -> WaysMessage:
        """Returns the ways for the account's claim. Raises: NoFiling, InvalidCreditCode."""
        person = await own_record(self.db, account, credit_code=credit_code, role=role)
        claim = Claim(account.id, account.phone, person.id, Role(person.role), names_agree=True)
        counts_from = None
        try:
            if await self.proofs.require(claim, now=now):
                return WaysMessage(proven=True, counts_from=None, enterprise=person.organisation, items=())
        except IdentityUnproven as error:
            start = error.extra.get("counts_from")
            counts_from = start if isinstance(start, int) else None
        is_second = bool(await store.others(self.db, account_id=account.id, person_id=person.id))
        available = {Way.REAL_NAME: self.asks_carrier}
        items = [
            WayMessage(
                way.value,  # type: ignore[arg-type]  # the names of all ways
                await self._reason(way, claim, person, is_second=is_second, now=now),
            )
            for way in _SHOWN
            if available.get(way, True) and way in self.proofs.chosen(claim.role)
        ]
        return WaysMessage(
            proven=False, counts_from=counts_from, enterprise=person.organisation, items=tuple(items)
        )

    async def _reason(
        self, way: Way, claim: Claim, person: enrolment.FiledPerson, *, is_second: bool, now: int
    ) -> WayReason | None:
        """Returns the reason why the way isn't available."""
        if is_second and way in {Way.LEGAL_PERSON, Way.OWN_SHIELD}:
            stopped = await store.objected_at(self.db, account_id=claim.account_id, person_id=claim.person_id)
            if stopped is not None:
                return "objected"
        if way is Way.FILED_PHONE:
            filed = await store.filed_phone(self.db, person_id=claim.person_id)
            if filed is None or filed != claim.phone:
                return "other_phone"
            return None if way in counting([way], is_second=is_second) else "second_account"
        if way is Way.LEGAL_PERSON and not await requests.legal_persons(
            self.db, credit_code=person.credit_code, now=now
        ):
            return "no_legal_person"
        return None
