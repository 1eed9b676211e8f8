"""Revocation of an issuing CA by two security officers: one requests it, another approves.

See server/staff/approvals.py. If the CA's key may have been known to others from some time on, the request
names that time: signatures since then are in doubt. That time is shown to both officers and recorded with the
act; the root's list states the time of the revocation instead.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from mshield.server.authorities.authority import generation_of
from mshield.server.authorities.rows.authorities import find_authority
from mshield.server.ca.renew_issuing import revoke_issuing_in
from mshield.server.certificates.rows import search as certificate_search
from mshield.server.database.interface import Database, Tx
from mshield.server.errors import Conflict, InvalidRequest, NotFound
from mshield.server.keys.errors import AuthorityRevoked, NoAuthority
from mshield.server.runtime.clocks.clock import Clock
from mshield.server.staff.approvals import ApprovableAct, ApprovalRow
from mshield.server.staff.members import StaffMember
from mshield.server.systems.rows.systems import list_intact
from mshield.server.systems.rules.business_system import OWN_CLIENT_ID

NAME: Final = "ca.revoke"
SHOWN: Final = 20
REASONS: Final[Mapping[str, int]] = {
    "unspecified": 0,
    "key_compromise": 1,
    "superseded": 4,
    "cessation_of_operation": 5,
}
"""Reason codes of RFC 5280, as in the root's list."""


@dataclass(frozen=True, slots=True)
class RevokeCa:
    """The act ca.revoke, as `Approvals` runs it."""

    db: Database
    clock: Clock

    def act(self) -> ApprovableAct:
        """Returns the act; its subject is the CA's name, its details are `cause` and optionally `since` (ms).

        Also displayed: the number of `certificates` that end with it, of `enterprises` concerned, and the
        enterprises with the `most`; the number of business `systems` to notify; the number of `signatures`
        made since `since`.
        """
        return ApprovableAct(NAME, self._check, self._do, is_final=True)

    async def _check(self, subject: str, details: Mapping[str, Any]) -> Mapping[str, Any]:
        """Raises: NotFound (not an issuing CA), Conflict (revoked already), InvalidRequest."""
        row = None if generation_of(subject) is None else await find_authority(self.db, name=subject)
        if row is None:
            raise NotFound
        if row.revoked_at is not None:
            raise Conflict(state="revoked")
        since = _checked_since(details, now=self.clock())
        count, enterprises = await certificate_search.count_standing(self.db, issuer=subject)
        most = await certificate_search.standing_by_enterprise(self.db, issuer=subject, most=SHOWN)
        systems, changed = await list_intact(self.db)
        active = [each for each in systems if each.state == "active" and each.client_id != OWN_CLIENT_ID]
        doubtful: dict[str, int] = {}
        if since is not None:
            signed = await certificate_search.count_signed_since(self.db, issuer=subject, since=since)
            doubtful = {"since": since, "signatures": signed}
        return {
            "cause": details["cause"],
            **doubtful,
            "certificates": count,
            "enterprises": enterprises,
            "systems": len(active) + len(changed),
            "most": [{"enterprise": name, "certificates": number} for name, number in most],
        }

    async def _do(self, tx: Tx, asked: ApprovalRow, member: StaffMember, now: int) -> Mapping[str, Any]:
        try:
            reason = REASONS[asked.details["cause"]]
            since = {"since": asked.details["since"]} if "since" in asked.details else {}
            await revoke_issuing_in(tx, asked.subject, reason=reason, by=member.by, details=since, now=now)
        except (NoAuthority, AuthorityRevoked) as error:
            raise Conflict(state="revoked") from error
        return {}


def _checked_since(details: Mapping[str, Any], *, now: int) -> int | None:
    """Returns the time (ms) since which the key is in doubt, or None.

    Raises: InvalidRequest (other details, or a future time).
    """
    since = details.get("since")
    is_time = since is None or (
        type(since) is int and 0 < since <= now and details.get("cause") == "key_compromise"
    )
    if not is_time or details.get("cause") not in REASONS or not details.keys() <= {"cause", "since"}:
        raise InvalidRequest(fields=["details"])
    return since
