"""Changes of staff by two security officers: add a member, change roles, reset a login, disable, create a token."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from mshield.server.acts.rows import acts
from mshield.server.database.interface import Database, Tx
from mshield.server.errors import Conflict, InvalidRequest, NotFound
from mshield.server.settings.settings import Settings
from mshield.server.staff.approvals import ApprovableAct, ApprovalRow
from mshield.server.staff.errors import InvalidStaff, InvalidStaffToken
from mshield.server.staff.members import StaffMember, checked_member, disable_in, insert_member
from mshield.server.staff.rows import members as store
from mshield.server.staff.rules import StaffRole
from mshield.server.staff.set_up import renew_in, set_up_address
from mshield.server.staff.tokens import NewTokenMessage, add_in, check_wanted
from mshield.wire.times import SECOND_MS

Json = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class StaffChanges:
    """The acts, for `Approvals`.

    A set-up address is shown to the approver, who hands it to the member.
    """

    db: Database
    settings: Settings

    def acts(self) -> tuple[ApprovableAct, ...]:
        """Returns the acts staff.add, staff.roles, staff.reset, staff.disable, staff.token."""
        return (
            ApprovableAct("staff.add", self._check_add, self._add, shows_secret=True),
            ApprovableAct("staff.roles", self._check_roles, self._change_roles),
            ApprovableAct("staff.reset", self._check_plain, self._reset, shows_secret=True),
            ApprovableAct("staff.disable", self._check_plain, self._disable),
            ApprovableAct("staff.token", self._check_token, self._make_token, shows_secret=True),
        )

    async def _check_add(self, subject: str, details: Json) -> Json:
        """Checks a new member: the subject is the name, the details are `roles`."""
        name, roles = checked_member(subject, _roles(details))
        if name != subject or await store.find_named(self.db, name=name) is not None:
            raise InvalidStaff
        return {"roles": [role.value for role in roles]}

    async def _add(self, tx: Tx, approval: ApprovalRow, by: StaffMember, now: int) -> Json:
        name, roles = checked_member(approval.subject, _roles(approval.details))
        if await store.find_named(tx, name=name) is not None:
            raise Conflict
        member = await insert_member(tx, name=name, roles=roles, by=by.by, now=now)
        return await self._address(tx, member.id, by, now=now)

    async def _check_roles(self, subject: str, details: Json) -> Json:
        """Checks new `roles` in the details, and adds the member's present ones to show both."""
        row = await self._active(subject)
        _, roles = checked_member(row.name, _roles(details))
        after = [role.value for role in roles]
        if set(after) == set(row.roles):
            raise InvalidRequest(fields=["roles"])
        return {"name": row.name, "before": list(row.roles), "after": after}

    async def _change_roles(self, tx: Tx, approval: ApprovalRow, by: StaffMember, now: int) -> Json:
        before, after = approval.details["before"], approval.details["after"]
        if not await store.change_roles(
            tx, staff_id=approval.subject, before=tuple(before), after=tuple(after), now=now
        ):
            raise Conflict
        details = {"approval": approval.id, "before": before, "after": after}
        await acts.record(tx, by=by.by, act="staff.roles", subject=approval.subject, details=details, now=now)
        return {}

    async def _check_plain(self, subject: str, details: Json) -> Json:
        """Checks a request without details, and returns the member's name to show."""
        if details:
            raise InvalidRequest(fields=["details"])
        return {"name": (await self._active(subject)).name}

    async def _reset(self, tx: Tx, approval: ApprovalRow, by: StaffMember, now: int) -> Json:
        return await self._address(tx, approval.subject, by, now=now)

    async def _disable(self, tx: Tx, approval: ApprovalRow, by: StaffMember, now: int) -> Json:
        await disable_in(tx, staff_id=approval.subject, by=by.by, now=now)
        return {}

    async def _check_token(self, subject: str, details: Json) -> Json:
        """Checks a token to create: the details are `token` (its name), `roles`, `scopes`, `days`."""
        row = await self._active(subject)
        wanted = _wanted(details)
        plain = check_wanted(wanted, held=row.roles)
        return {
            "name": row.name,
            "token": plain,
            "roles": [role.value for role in wanted.roles],
            "scopes": [scope.value for scope in wanted.scopes],
            "days": wanted.days,
        }

    async def _make_token(self, tx: Tx, approval: ApprovalRow, by: StaffMember, now: int) -> Json:
        """Creates the token, which is shown to the approver, who passes it on."""
        token_details = {key: value for key, value in approval.details.items() if key != "name"}
        try:
            token = await add_in(tx, approval.subject, _wanted(token_details), by=by.by, now=now)
        except (NotFound, InvalidStaffToken) as error:  # The member was disabled or has other roles by now.
            raise Conflict from error
        return {"token": token.token, "expires_at": token.expires_at}

    async def _address(self, tx: Tx, staff_id: str, by: StaffMember, *, now: int) -> Json:
        life = self.settings.console.set_up_seconds
        _, code = await renew_in(tx, staff_id=staff_id, by=by.by, life=life, now=now)
        return {"set_up": set_up_address(self.settings.site, code), "expires_at": now + life * SECOND_MS}

    async def _active(self, staff_id: str) -> store.StaffRow:
        row = await store.find(self.db, staff_id=staff_id)
        if row is None or row.state != "active":
            raise NotFound
        return row


def _wanted(details: Json) -> NewTokenMessage:
    if set(details) != {"token", "roles", "scopes", "days"}:
        raise InvalidRequest(fields=["details"])
    try:
        return msgspec.convert({**details, "name": details["token"]}, NewTokenMessage)
    except msgspec.ValidationError as error:
        raise InvalidRequest(fields=["details"]) from error


def _roles(details: Json) -> tuple[StaffRole, ...]:
    names = details.get("roles")
    if set(details) != {"roles"} or not isinstance(names, list):
        raise InvalidRequest(fields=["roles"])
    try:
        return tuple(StaffRole(name) for name in names)
    except ValueError as error:
        raise InvalidRequest(fields=["roles"]) from error
