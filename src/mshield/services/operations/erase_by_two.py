"""A person's data are erased at their request by two members of staff (个人信息保护法 art. 47).

Customer service asks, another member of it or a security officer approves; it is done as `ErasePerson` does it. The
question names no person: it stays when their data are gone.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from mshield.domain import errors
from mshield.domain.retention.kinds import OF_PERSON
from mshield.domain.staff import StaffRole
from mshield.services.operations.erase_person import ErasePerson, Erasure
from mshield.services.process.clock import Clock
from mshield.services.staff.approvals import ApprovableAct, ApprovalRow
from mshield.services.staff.members import StaffMember
from mshield.store.accounts import accounts
from mshield.store.accounts.accounts import Account
from mshield.store.database.interface import Database, Tx

_ASKS: Final = StaffRole.CUSTOMER_SERVICE
Json = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class EraseByTwo:
    """The act, for `Approvals`."""

    db: Database
    erase: ErasePerson
    clock: Clock

    def act(self) -> ApprovableAct:
        """Its subject is the account; its details are `{erased_parts, kept_parts}`, names of kinds of data."""
        pairs = frozenset({(_ASKS, _ASKS), (_ASKS, StaffRole.SECURITY_OFFICER)})
        return ApprovableAct(OF_PERSON, self._check, self._do, roles=pairs, is_final=True, named=self._name)

    async def foresee(self, account_id: str, *, now: int) -> tuple[Account, Erasure]:
        """Whose account it is, and what would be erased and would stay. Raises NotFound."""
        account = await accounts.get_account(self.db, account_id=account_id)
        if account is None:
            raise errors.NotFound
        return account, await self.erase.foresee(account, now=now)

    async def _check(self, subject: str, details: Json) -> Json:
        """Raises InvalidRequest for any details, NotFound, Conflict where nothing is left to erase."""
        if details:
            raise errors.InvalidRequest(fields=["details"])
        _, foreseen = await self.foresee(subject, now=self.clock())
        if not foreseen.erased:
            raise errors.Conflict(state="erased")
        return {
            "erased_parts": [part.name for part in foreseen.erased],
            "kept_parts": [part.name for part in foreseen.kept],
        }

    async def _name(self, asked: ApprovalRow) -> str:
        account = await accounts.get_account(self.db, account_id=asked.subject)
        if account is None or not account.name:
            raise errors.Conflict(state="erased")
        return account.name

    async def _do(self, tx: Tx, asked: ApprovalRow, member: StaffMember, now: int) -> Json:
        account = await accounts.find_unchanging(tx, account_id=asked.subject)
        if account is None or not account.name:
            raise errors.Conflict(state="erased")
        said = {"approval": asked.id, "asked_by": asked.asked_by, "reason": asked.reason}
        done = await self.erase.begin_in(
            tx, account, by=member.by, details=said, reason=asked.reason, now=now
        )
        if ("account" in asked.details["erased_parts"]) != any(
            part.name == "account" for part in done.erased
        ):
            raise errors.Conflict  # it got a certificate meanwhile: more stays than was shown
        return {"erased_parts": {part.name: part.rows for part in done.erased}}
