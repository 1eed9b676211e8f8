"""What two security officers do to the staff: add a member, change roles, set up a login anew, disable a member."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from mshield.domain import errors
from mshield.domain.staff import StaffRole
from mshield.domain.times import SECOND_MS
from mshield.services.staff.approvals import ApprovableAct, ApprovalRow
from mshield.services.staff.members import StaffMember, checked_member, disable_in, insert_member
from mshield.services.staff.set_up import renew_in, set_up_address
from mshield.services.staff.tokens import Wanted, add_in, check_wanted
from mshield.settings import Settings
from mshield.store.database.interface import Database, Tx
from mshield.store.staff import acts
from mshield.store.staff import members as store

Json = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class StaffChanges:
    """The acts, for `Approvals`. A set-up address is told to who approves, who hands it to the member."""

    db: Database
    settings: Settings

    def acts(self) -> tuple[ApprovableAct, ...]:
        """By name: staff.add, staff.roles, staff.reset, staff.disable, staff.token."""
        return (
            ApprovableAct("staff.add", self._check_add, self._add),
            ApprovableAct("staff.roles", self._check_roles, self._change_roles),
            ApprovableAct("staff.reset", self._check_plain, self._reset),
            ApprovableAct("staff.disable", self._check_plain, self._disable),
            ApprovableAct("staff.token", self._check_token, self._make_token),
        )

    async def _check_add(self, subject: str, details: Json) -> Json:
        """The subject is the new name; the details are the `roles`."""
        name, roles = checked_member(subject, _roles(details))
        if name != subject or await store.find_named(self.db, name=name) is not None:
            raise errors.InvalidStaff
        return {"roles": [role.value for role in roles]}

    async def _add(self, tx: Tx, approval: ApprovalRow, by: StaffMember, now: int) -> Json:
        name, roles = checked_member(approval.subject, _roles(approval.details))
        if await store.find_named(tx, name=name) is not None:
            raise errors.Conflict
        member = await insert_member(tx, name=name, roles=roles, by=by.by, now=now)
        return await self._address(tx, member.id, by, now=now)

    async def _check_roles(self, subject: str, details: Json) -> Json:
        """The details are the `roles`; the member's present ones are shown too."""
        row = await self._active(subject)
        _, roles = checked_member(row.name, _roles(details))
        after = [role.value for role in roles]
        if set(after) == set(row.roles):
            raise errors.InvalidRequest(fields=["roles"])
        return {"name": row.name, "before": list(row.roles), "after": after}

    async def _change_roles(self, tx: Tx, approval: ApprovalRow, by: StaffMember, now: int) -> Json:
        before, after = approval.details["before"], approval.details["after"]
        if not await store.change_roles(
            tx, staff_id=approval.subject, before=tuple(before), after=tuple(after), now=now
        ):
            raise errors.Conflict
        details = {"approval": approval.id, "before": before, "after": after}
        await acts.record(tx, by=by.by, act="staff.roles", subject=approval.subject, details=details, now=now)
        return {}

    async def _check_plain(self, subject: str, details: Json) -> Json:
        """The question has no details; the member's name is shown."""
        if details:
            raise errors.InvalidRequest(fields=["details"])
        return {"name": (await self._active(subject)).name}

    async def _reset(self, tx: Tx, approval: ApprovalRow, by: StaffMember, now: int) -> Json:
        return await self._address(tx, approval.subject, by, now=now)

    async def _disable(self, tx: Tx, approval: ApprovalRow, by: StaffMember, now: int) -> Json:
        await disable_in(tx, staff_id=approval.subject, by=by.by, now=now)
        return {}

    async def _check_token(self, subject: str, details: Json) -> Json:
        """The details are what the token shall be: `token` (its name), `roles`, `scopes`, `days`."""
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
        """Told to who approves, who hands it on."""
        shown = {key: value for key, value in approval.details.items() if key != "name"}
        try:
            token = await add_in(tx, approval.subject, _wanted(shown), by=by.by, now=now)
        except (errors.NotFound, errors.InvalidStaffToken) as error:  # disabled, or with other roles by now
            raise errors.Conflict from error
        return {"token": token.token, "expires_at": token.expires_at}

    async def _address(self, tx: Tx, staff_id: str, by: StaffMember, *, now: int) -> Json:
        life = self.settings.console_set_up_seconds
        _, code = await renew_in(tx, staff_id=staff_id, by=by.by, life=life, now=now)
        return {"set_up": set_up_address(self.settings, code), "expires_at": now + life * SECOND_MS}

    async def _active(self, staff_id: str) -> store.StaffRow:
        row = await store.find(self.db, staff_id=staff_id)
        if row is None or row.state != "active":
            raise errors.NotFound
        return row


def _wanted(details: Json) -> Wanted:
    if set(details) != {"token", "roles", "scopes", "days"}:
        raise errors.InvalidRequest(fields=["details"])
    try:
        return msgspec.convert({**details, "name": details["token"]}, Wanted)
    except msgspec.ValidationError as error:
        raise errors.InvalidRequest(fields=["details"]) from error


def _roles(details: Json) -> tuple[StaffRole, ...]:
    names = details.get("roles")
    if set(details) != {"roles"} or not isinstance(names, list):
        raise errors.InvalidRequest(fields=["roles"])
    try:
        return tuple(StaffRole(name) for name in names)
    except ValueError as error:
        raise errors.InvalidRequest(fields=["roles"]) from error
