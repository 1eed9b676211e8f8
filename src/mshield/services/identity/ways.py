"""Which ways can prove an account's claim to a filing record, for its holder to choose from (核验身份).

Told only to who knows all of the record: name, id number, role and credit code. The filed phone number is never told.
"""

from dataclasses import dataclass
from typing import Final

from mshield.domain import errors
from mshield.domain.identity import Role
from mshield.domain.proofs import Way, counting
from mshield.services.identity.own_record import own_record
from mshield.services.identity.proofs import Claim, Proofs
from mshield.store.accounts.accounts import Account
from mshield.store.certificates import enrolment
from mshield.store.database.interface import Database
from mshield.store.identity import proofs as store
from mshield.store.identity import requests

_SHOWN: Final = (Way.FILED_PHONE, Way.REAL_NAME, Way.LEGAL_PERSON, Way.FILING_CODE, Way.OWN_SHIELD)
"""Ways that an account's holder can go by themselves, the soonest first."""


@dataclass(frozen=True, slots=True)
class WayOpen:
    """A way, and why it can't be gone, if it can't.

    `second_account`, `objected`, `no_phone`, `other_phone`, `no_legal_person`.
    """

    way: Way
    reason: str | None


@dataclass(frozen=True, slots=True)
class Ways:
    """Whether it is proven, else from when (ms) a proof counts, if one waits; and the ways."""

    proven: bool
    counts_from: int | None
    enterprise: str
    items: tuple[WayOpen, ...]


@dataclass(frozen=True, slots=True)
class FindWays:
    """Looks at a claim."""

    db: Database
    proofs: Proofs
    asks_carrier: bool = False
    """Whether an outside service can be asked whose a phone number is."""

    async def __call__(self, account: Account, *, credit_code: str, role: str, now: int) -> Ways:
        """Raises NoFiling, InvalidCreditCode."""
        person = await own_record(self.db, account, credit_code=credit_code, role=role)
        claim = Claim(account.id, account.phone, person.id, Role(person.role), names_agree=True)
        counts_from = None
        try:
            if await self.proofs.require(claim, now=now):
                return Ways(proven=True, counts_from=None, enterprise=person.organisation, items=())
        except errors.IdentityUnproven as error:
            waits = error.extra.get("counts_from")
            counts_from = waits if isinstance(waits, int) else None
        is_second = bool(await store.others(self.db, account_id=account.id, person_id=person.id))
        # Who has no other account that is proven has no shield that could consent.
        there = {Way.OWN_SHIELD: is_second, Way.REAL_NAME: self.asks_carrier}
        items = [
            await self._look(way, claim, person, is_second=is_second, now=now)
            for way in _SHOWN
            if there.get(way, True) and way in self.proofs.chosen(claim.role)
        ]
        return Ways(proven=False, counts_from=counts_from, enterprise=person.organisation, items=tuple(items))

    async def _look(
        self, way: Way, claim: Claim, person: enrolment.FiledPerson, *, is_second: bool, now: int
    ) -> WayOpen:
        if way not in counting([way], is_second=is_second):
            return WayOpen(way, "second_account")
        if is_second and way is not Way.FILING_CODE:
            stopped = await store.objected_at(self.db, account_id=claim.account_id, person_id=claim.person_id)
            if stopped is not None:
                return WayOpen(way, "objected")
        if way is Way.FILED_PHONE:
            filed = await store.filed_phone(self.db, person_id=claim.person_id)
            if filed is None:
                return WayOpen(way, "no_phone")
            return WayOpen(way, None if filed == claim.phone else "other_phone")
        if way is Way.LEGAL_PERSON and not await requests.legal_persons(
            self.db, credit_code=person.credit_code, now=now
        ):
            return WayOpen(way, "no_legal_person")
        return WayOpen(way, None)
