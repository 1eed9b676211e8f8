"""A business system that could be taken for another one is registered, or renamed so, by two security officers.

The second one sees both beside each other. Where the others are not those that were shown, nothing is done.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import msgspec

from mshield.domain import errors
from mshield.domain.systems.business_system import checked_domain, checked_name
from mshield.services.staff.approvals import ApprovableAct, ApprovalRow
from mshield.services.staff.members import StaffMember
from mshield.services.systems.alike import alike_systems
from mshield.services.systems.manage import change_in, require_system
from mshield.services.systems.register import checked_urls, register_in
from mshield.store.database.interface import Database, Tx
from mshield.store.systems import systems as store

Json = Mapping[str, Any]
_ADD: Final = {"domain", "return_urls"}
_CHANGE: Final = {"name", "domain", "return_urls"}


@dataclass(frozen=True, slots=True)
class ApproveSystems:
    """The acts, for `Approvals`. The secret of a new system is told to who approves."""

    db: Database
    schemes: tuple[str, ...]
    """Those of apps that return addresses may have."""

    def acts(self) -> tuple[ApprovableAct, ...]:
        """By name: system.add, system.change."""
        return (
            ApprovableAct("system.add", self._check_add, self._add),
            ApprovableAct("system.change", self._check_change, self._change),
        )

    async def _check_add(self, subject: str, details: Json) -> Json:
        """The subject is the new name."""
        name = checked_name(subject)
        if name != subject:
            raise errors.InvalidSystem(field="name")
        domain, urls = _values(details, _ADD, self.schemes)
        alike = await alike_systems(self.db, name=name, domain=domain)
        return {"domain": domain, "return_urls": urls, "alike": [other.document() for other in alike]}

    async def _add(self, tx: Tx, approval: ApprovalRow, by: StaffMember, now: int) -> Json:
        await self._require_as_shown(tx, approval.subject, approval.details, besides=None, now=now)
        client_id, secret = await register_in(
            tx,
            name=approval.subject,
            domain=approval.details["domain"],
            return_urls=tuple(approval.details["return_urls"]),
            by=by.by,
            more={"approval": approval.id},
            now=now,
        )
        return {"client_id": client_id, "client_secret": secret}

    async def _check_change(self, subject: str, details: Json) -> Json:
        """The subject is the client id; what is registered now is shown too."""
        system = await require_system(self.db, subject)
        domain, urls = _values(details, _CHANGE, self.schemes)
        name = checked_name(str(details["name"]))
        alike = await alike_systems(self.db, name=name, domain=domain, besides=subject)
        return {
            "name": name,
            "domain": domain,
            "return_urls": urls,
            "name_before": system.name,
            "domain_before": system.domain,
            "alike": [other.document() for other in alike],
        }

    async def _change(self, tx: Tx, approval: ApprovalRow, by: StaffMember, now: int) -> Json:
        details, client_id = approval.details, approval.subject
        await self._require_as_shown(tx, details["name"], details, besides=client_id, now=now)
        try:
            before = await require_system(tx, client_id)
        except errors.NotFound as error:
            raise errors.Conflict from error
        if (before.name, before.domain) != (details["name_before"], details["domain_before"]):
            raise errors.Conflict
        await change_in(
            tx,
            before,
            name=details["name"],
            domain=details["domain"],
            return_urls=tuple(details["return_urls"]),
            by=by.by,
            more={"approval": approval.id},
            now=now,
        )
        return {}

    async def _require_as_shown(
        self, tx: Tx, name: str, details: Json, *, besides: str | None, now: int
    ) -> None:
        await store.lock_names(tx, now=now)
        alike = await alike_systems(tx, name=name, domain=details["domain"], besides=besides)
        if [other.document() for other in alike] != details["alike"]:
            raise errors.Conflict


def _values(details: Json, names: set[str], schemes: tuple[str, ...]) -> tuple[str, list[str]]:
    if set(details) != names:
        raise errors.InvalidRequest(fields=["details"])
    try:
        urls = msgspec.convert(details["return_urls"], tuple[str, ...])
    except msgspec.ValidationError as error:
        raise errors.InvalidRequest(fields=["details"]) from error
    return checked_domain(str(details["domain"])), list(checked_urls(urls, schemes))
