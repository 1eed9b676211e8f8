"""Two security officers make the activation code of a legal person (激活码): one asks, the other is told it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from mshield.domain import errors
from mshield.services.identity.codes import ActivationCodes
from mshield.services.staff.approvals import ApprovableAct, ApprovalRow
from mshield.services.staff.members import StaffMember
from mshield.store.database.interface import Database, Tx
from mshield.store.identity import codes as store

NAME: Final = "identity.code"
Json = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class ActivateLegalPerson:
    """The act, for `Approvals`. The subject is the filed person; who approves prints the code or hands it over."""

    db: Database
    codes: ActivationCodes

    def act(self) -> ApprovableAct:
        """Its name is `identity.code`."""
        return ApprovableAct(NAME, self._check, self._do)

    async def _check(self, subject: str, details: Json) -> Json:
        if details:
            raise errors.InvalidRequest(fields=["details"])
        person = await store.person(self.db, person_id=subject)
        if person is None or person["ended_at"] is not None:
            raise errors.NotFound
        return {name: person[name] for name in ("name", "role", "credit_code")}

    async def _do(self, tx: Tx, approval: ApprovalRow, by: StaffMember, now: int) -> Json:
        try:
            code = await self.codes.make_in(tx, approval.subject, by=by.by, now=now)
        except errors.NotFound as error:  # has left the file since it was asked
            raise errors.Conflict from error
        return {"code": code.code, "expires_at": code.expires_at}
