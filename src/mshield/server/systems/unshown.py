"""Allowances to request content that phones can't display: granted by two security officers, ended by one.

Users sign such content unread, whatever the warnings. So a system gets an allowance only if two people have
verified that its users know the content from elsewhere.
"""

from collections.abc import Mapping
from typing import Any, Final

from mshield.server import errors as server_errors
from mshield.server.acts.actor import SERVICE, By, SecondPerson
from mshield.server.acts.rows import acts
from mshield.server.database.interface import Conflict, Database, Tx
from mshield.server.errors import InvalidRequest
from mshield.server.staff.approvals import ApprovableAct, ApprovalRow
from mshield.server.staff.members import StaffMember
from mshield.server.systems.manage import require_system
from mshield.server.systems.rows import unshown as store
from mshield.server.systems.rows.unshown import Allowance
from mshield.server.values.lines import checked_reason

ALLOW: Final = "system.allow_unshown"
END: Final = "system.end_unshown"
Json = Mapping[str, Any]


def allow_unshown_act(db: Database) -> ApprovableAct:
    """Returns the act `system.allow_unshown`, for `Approvals`.

    Its subject is the client id; its details show name and domain.
    """

    async def check(subject: str, details: Json) -> Json:
        if details:
            raise InvalidRequest(fields=["details"])
        system = await require_system(db, subject)
        if await store.find(db, client_id=subject) is not None:
            raise server_errors.Conflict
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
    db: Database, client_id: str, *, reason: str, second_person: SecondPerson, by: By = SERVICE, now: int
) -> None:
    """Grants an allowance at the server, if two people decided it; the act names the second one.

    Raises: NotFound, InvalidRequest (no reason), Conflict (already allowed).
    """
    why = checked_reason(reason)
    allowance = Allowance(client_id=client_id, allowed_at=now)
    more = {"reason": why, **second_person.details}
    try:
        await db.write(lambda tx: _allow_in(tx, allowance, shown=None, more=more, by=by))
    except Conflict as error:
        raise server_errors.Conflict from error


async def end_unshown(db: Database, client_id: str, *, reason: str, by: By = SERVICE, now: int) -> None:
    """Ends an allowance. Existing requests remain.

    Raises: NotFound, InvalidRequest (no reason), Conflict (there is none).
    """
    why = checked_reason(reason)

    async def work(tx: Tx) -> None:
        await require_system(tx, client_id)
        if not await store.end(tx, client_id=client_id, now=now):
            raise server_errors.Conflict
        await acts.record(tx, by=by, act=END, subject=client_id, details={"reason": why}, now=now)

    await db.write(work)


async def _allow_in(tx: Tx, allowance: Allowance, *, shown: Json | None, more: Json, by: By) -> None:
    system = await require_system(tx, allowance.client_id)
    names = {"name": system.name, "domain": system.domain}
    if (shown is not None and dict(shown) != names) or not await store.put(tx, allowance):
        raise server_errors.Conflict
    details = {**names, **more}
    await acts.record(
        tx, by=by, act=ALLOW, subject=allowance.client_id, details=details, now=allowance.allowed_at
    )
