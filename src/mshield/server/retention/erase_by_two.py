"""Erasing a person's data at their request, decided by two members of staff (个人信息保护法 art. 47).

Customer service requests it, and another member of customer service or a security officer approves;
`ErasePerson` carries it out. The approval request contains no personal data, since it remains after the data
are erased.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from mshield.server.accounts.rows import accounts
from mshield.server.accounts.rows.accounts import Account
from mshield.server.database.interface import Database, Tx
from mshield.server.errors import Conflict, InvalidRequest, NotFound
from mshield.server.retention.erase_person import ErasePerson, Erasure, by_officers
from mshield.server.retention.rules.kinds import OF_PERSON
from mshield.server.runtime.clocks.clock import Clock
from mshield.server.staff.approvals import ApprovableAct, ApprovalRow
from mshield.server.staff.members import StaffMember
from mshield.server.staff.rules import StaffRole

_ASKS: Final = StaffRole.CUSTOMER_SERVICE
Json = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class EraseByTwo:
    """The act, for `Approvals`."""

    db: Database
    erase: ErasePerson
    clock: Clock

    def act(self) -> ApprovableAct:
        """Returns the approvable act. Its subject is the account.

        Its details are `{erased_parts, kept_parts}`, the names of the parts.
        """
        pairs = frozenset({(_ASKS, _ASKS), (_ASKS, StaffRole.SECURITY_OFFICER)})
        return ApprovableAct(OF_PERSON, self._check, self._do, roles=pairs, is_final=True, named=self._name)

    async def preview(self, account_id: str, *, now: int) -> tuple[Account, Erasure]:
        """Returns the account, and what would be erased and kept. Raises: NotFound."""
        account = await accounts.get_account(self.db, account_id=account_id)
        if account is None:
            raise NotFound
        return account, await self.erase.preview(account, now=now)

    async def _check(self, subject: str, details: Json) -> Json:
        """Checks a new approval request and returns its details.

        Raises: InvalidRequest (any details given), NotFound, Conflict (nothing left to erase).
        """
        if details:
            raise InvalidRequest(fields=["details"])
        _, foreseen = await self.preview(subject, now=self.clock())
        if not foreseen.erased:
            raise Conflict(state="erased")
        return {
            "erased_parts": [part.name for part in foreseen.erased],
            "kept_parts": [part.name for part in foreseen.kept],
        }

    async def _name(self, asked: ApprovalRow) -> str:
        account = await accounts.get_account(self.db, account_id=asked.subject)
        if account is None or not account.name:
            raise Conflict(state="erased")
        return account.name

    async def _do(self, tx: Tx, asked: ApprovalRow, member: StaffMember, now: int) -> Json:
        account = await accounts.find_unchanging(tx, account_id=asked.subject)
        if account is None or not account.name:
            raise Conflict(state="erased")
        order = by_officers(member.by, approval=asked.id, asked_by=asked.asked_by, reason=asked.reason)
        erasure = await self.erase.begin_in(tx, account, order, now=now)
        if ("account" in asked.details["erased_parts"]) != any(
            part.name == "account" for part in erasure.erased
        ):
            raise Conflict  # it got a certificate meanwhile, so more data is kept than the preview showed
        return {"erased_parts": {part.name: part.rows for part in erasure.erased}}
