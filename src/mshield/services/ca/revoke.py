"""Revoking an issuing CA takes two: one security officer asks, another approves (services/staff/approvals.py)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from mshield.domain import errors
from mshield.keys.authority import generation_of
from mshield.keys.errors import AuthorityRevoked, NoAuthority
from mshield.services.ca.renew_issuing import revoke_issuing_in
from mshield.services.staff.approvals import ApprovableAct, ApprovalRow
from mshield.services.staff.members import StaffMember
from mshield.store.ca.authorities import find_authority
from mshield.store.certificates import search as certificate_search
from mshield.store.database.interface import Database, Tx

NAME: Final = "ca.revoke"
SHOWN: Final = 20
REASONS: Final[Mapping[str, int]] = {
    "unspecified": 0,
    "key_compromise": 1,
    "superseded": 4,
    "cessation_of_operation": 5,
}
"""RFC 5280's, as the root's list names them."""


@dataclass(frozen=True, slots=True)
class RevokeCa:
    """The act for the approvals."""

    db: Database

    def act(self) -> ApprovableAct:
        """Its subject is the CA's name; its details are `{cause}`, and what is shown beside it.

        How many `certificates` end with it, of how many `enterprises`, and those that have the `most`.
        """
        return ApprovableAct(NAME, self._check, self._do, is_final=True)

    async def _check(self, subject: str, details: Mapping[str, Any]) -> Mapping[str, Any]:
        """Raises NotFound for any other name than an issuing CA's, Conflict for one that is revoked, InvalidRequest."""
        row = None if generation_of(subject) is None else await find_authority(self.db, name=subject)
        if row is None:
            raise errors.NotFound
        if row.revoked_at is not None:
            raise errors.Conflict(state="revoked")
        if details.keys() != {"cause"} or details["cause"] not in REASONS:
            raise errors.InvalidRequest(fields=["details"])
        count, enterprises = await certificate_search.count_standing(self.db, issuer=subject)
        most = await certificate_search.standing_by_enterprise(self.db, issuer=subject, most=SHOWN)
        return {
            "cause": details["cause"],
            "certificates": count,
            "enterprises": enterprises,
            "most": [{"enterprise": name, "certificates": number} for name, number in most],
        }

    async def _do(self, tx: Tx, asked: ApprovalRow, member: StaffMember, now: int) -> Mapping[str, Any]:
        try:
            reason = REASONS[asked.details["cause"]]
            await revoke_issuing_in(tx, asked.subject, reason=reason, by=member.by, now=now)
        except (NoAuthority, AuthorityRevoked) as error:
            raise errors.Conflict(state="revoked") from error
        return {}
