"""Which business systems may ask for what a phone can't show: two security officers let one, one of them ends it.

What can't be shown is signed unread, whatever warns. So a system may only where two people found that its users know
what they sign from elsewhere.
"""

from collections.abc import Mapping
from typing import Any, Final

from mshield.domain import errors
from mshield.domain.actor import SERVICE, By
from mshield.domain.lines import checked_reason
from mshield.services.staff.approvals import ApprovableAct, ApprovalRow
from mshield.services.staff.members import StaffMember
from mshield.services.systems.manage import require_system
from mshield.store.database.interface import Conflict, Database, Tx
from mshield.store.staff import acts
from mshield.store.systems import unshown as store
from mshield.store.systems.unshown import Allowance

ALLOW: Final = "system.allow_unshown"
END: Final = "system.end_unshown"
Json = Mapping[str, Any]


def allow_unshown_act(db: Database) -> ApprovableAct:
    """The act `system.allow_unshown`, for `Approvals`. Its subject is the client id; it is shown name and domain."""

    async def check(subject: str, details: Json) -> Json:
        if details:
            raise errors.InvalidRequest(fields=["details"])
        system = await require_system(db, subject)
        if await store.find(db, client_id=subject) is not None:
            raise errors.Conflict
        return {"name": system.name, "domain": system.domain}

    async def allow(tx: Tx, approval: ApprovalRow, by: StaffMember, now: int) -> Json:
        allowance = Allowance(
            client_id=approval.subject,
            approval_id=approval.id,
            asked_by=approval.asked_by,
            approved_by=by.id,
            allowed_at=now,
        )
        more = {"approval": approval.id, "asked_by": approval.asked_by}
        await _allow_in(tx, allowance, shown=approval.details, more=more, by=by.by)
        return {}

    return ApprovableAct(ALLOW, check, allow)


async def allow_unshown(
    db: Database, client_id: str, *, reason: str, second_person: str, by: By = SERVICE, now: int
) -> None:
    """Lets a system at the server, where two people decided it; the act names the second.

    Raises NotFound, InvalidRequest without a reason, Conflict where it may already.
    """
    why = checked_reason(reason)
    allowance = Allowance(client_id=client_id, allowed_at=now)
    more = {"reason": why, "second_person": second_person}
    try:
        await db.write(lambda tx: _allow_in(tx, allowance, shown=None, more=more, by=by))
    except Conflict as error:
        raise errors.Conflict from error


async def end_unshown(db: Database, client_id: str, *, reason: str, by: By = SERVICE, now: int) -> None:
    """From now on the system asks for nothing that a phone can't show; what was asked stays.

    Raises NotFound, InvalidRequest without a reason, Conflict where it may not anyway.
    """
    why = checked_reason(reason)

    async def work(tx: Tx) -> None:
        await require_system(tx, client_id)
        if not await store.end(tx, client_id=client_id, now=now):
            raise errors.Conflict
        await acts.record(tx, by=by, act=END, subject=client_id, details={"reason": why}, now=now)

    await db.write(work)


async def _allow_in(tx: Tx, allowance: Allowance, *, shown: Json | None, more: Json, by: By) -> None:
    system = await require_system(tx, allowance.client_id)
    named = {"name": system.name, "domain": system.domain}
    if (shown is not None and dict(shown) != named) or not await store.put(tx, allowance):
        raise errors.Conflict
    details = {**named, **more}
    await acts.record(
        tx, by=by, act=ALLOW, subject=allowance.client_id, details=details, now=allowance.allowed_at
    )
