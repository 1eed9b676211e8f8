"""Revoking an issuing CA takes two: one security officer asks, another approves (services/staff/approvals.py).

Where its key may have been known to others from some time on, who asks says so: the signatures since are in doubt. That
time is for the two and the record; the root's list names the time of the revocation.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from mshield.domain import errors
from mshield.domain.systems.business_system import OWN_CLIENT_ID
from mshield.keys.authority import generation_of
from mshield.keys.errors import AuthorityRevoked, NoAuthority
from mshield.services.ca.renew_issuing import revoke_issuing_in
from mshield.services.process.clock import Clock
from mshield.services.staff.approvals import ApprovableAct, ApprovalRow
from mshield.services.staff.members import StaffMember
from mshield.store.ca.authorities import find_authority
from mshield.store.certificates import search as certificate_search
from mshield.store.database.interface import Database, Tx
from mshield.store.systems.systems import list_all

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
    clock: Clock

    def act(self) -> ApprovableAct:
        """Its subject is the CA's name; its details are `{cause}`, perhaps `since` (ms), and what is shown beside it.

        How many `certificates` end with it, of how many `enterprises`, and those that have the `most`; how many
        business `systems` there are to tell; how many `signatures` were made since.
        """
        return ApprovableAct(NAME, self._check, self._do, is_final=True)

    async def _check(self, subject: str, details: Mapping[str, Any]) -> Mapping[str, Any]:
        """Raises NotFound for any other name than an issuing CA's, Conflict for one that is revoked, InvalidRequest."""
        row = None if generation_of(subject) is None else await find_authority(self.db, name=subject)
        if row is None:
            raise errors.NotFound
        if row.revoked_at is not None:
            raise errors.Conflict(state="revoked")
        since = _checked_since(details, now=self.clock())
        count, enterprises = await certificate_search.count_standing(self.db, issuer=subject)
        most = await certificate_search.standing_by_enterprise(self.db, issuer=subject, most=SHOWN)
        systems = [system for system in await list_all(self.db) if system.state == "active"]
        doubtful: dict[str, int] = {}
        if since is not None:
            signed = await certificate_search.count_signed_since(self.db, issuer=subject, since=since)
            doubtful = {"since": since, "signatures": signed}
        return {
            "cause": details["cause"],
            **doubtful,
            "certificates": count,
            "enterprises": enterprises,
            "systems": sum(system.client_id != OWN_CLIENT_ID for system in systems),
            "most": [{"enterprise": name, "certificates": number} for name, number in most],
        }

    async def _do(self, tx: Tx, asked: ApprovalRow, member: StaffMember, now: int) -> Mapping[str, Any]:
        try:
            reason = REASONS[asked.details["cause"]]
            since = {"since": asked.details["since"]} if "since" in asked.details else {}
            await revoke_issuing_in(tx, asked.subject, reason=reason, by=member.by, details=since, now=now)
        except (NoAuthority, AuthorityRevoked) as error:
            raise errors.Conflict(state="revoked") from error
        return {}


def _checked_since(details: Mapping[str, Any], *, now: int) -> int | None:
    """From when the key is in doubt, ms, or None. Raises InvalidRequest for other details, and for a time to come."""
    since = details.get("since")
    is_time = since is None or (
        type(since) is int and 0 < since <= now and details.get("cause") == "key_compromise"
    )
    if not is_time or details.get("cause") not in REASONS or not details.keys() <= {"cause", "since"}:
        raise errors.InvalidRequest(fields=["details"])
    return since
