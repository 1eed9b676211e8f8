"""Activation codes (激活码) for legal persons: one security officer requests a code, another approves and gets it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from mshield.server.database.interface import Database, Tx
from mshield.server.errors import Conflict, InvalidRequest, NotFound
from mshield.server.identity.codes import ActivationCodes
from mshield.server.identity.rows import codes as store
from mshield.server.staff.approvals import ApprovableAct, ApprovalRow
from mshield.server.staff.members import StaffMember

NAME: Final = "identity.code"
Json = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class ActivateLegalPerson:
    """The act, for `Approvals`. Its subject is the filed person.

    The approver receives the code and prints it or hands it over.
    """

    db: Database
    codes: ActivationCodes

    def act(self) -> ApprovableAct:
        """Returns the approvable act `identity.code`."""
        return ApprovableAct(NAME, self._check, self._do, shows_secret=True)

    async def _check(self, subject: str, details: Json) -> Json:
        if details:
            raise InvalidRequest(fields=["details"])
        person = await store.person(self.db, person_id=subject)
        if person is None or person["ended_at"] is not None:
            raise NotFound
        return {name: person[name] for name in ("name", "role", "credit_code")}

    async def _do(self, tx: Tx, approval: ApprovalRow, by: StaffMember, now: int) -> Json:
        try:
            code = await self.codes.make_in(tx, approval.subject, by=by.by, now=now)
        except NotFound as error:  # the person has left the filing since the request
            raise Conflict from error
        return {"code": code.code, "expires_at": code.expires_at}
