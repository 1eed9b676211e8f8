"""Registering or renaming a business system that resembles another one, by two security officers.

The approver sees both side by side. If the similar systems have changed since they were displayed, nothing is done.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import msgspec

from mshield.server.database.interface import Database, Tx
from mshield.server.errors import Conflict, InvalidRequest, NotFound
from mshield.server.staff.approvals import ApprovableAct, ApprovalRow
from mshield.server.staff.members import StaffMember
from mshield.server.systems.errors import InvalidSystem
from mshield.server.systems.find_similar import similar_systems
from mshield.server.systems.manage import change_in, require_system
from mshield.server.systems.register import checked_urls, register_in
from mshield.server.systems.rows import systems as store
from mshield.server.systems.rules.business_system import checked_domain, checked_name

Json = Mapping[str, Any]
_ADD: Final = {"domain", "return_urls"}
_CHANGE: Final = {"name", "domain", "return_urls"}


@dataclass(frozen=True, slots=True)
class ApproveSystems:
    """The acts, for `Approvals`.

    The secret of a new system is shown to the approver.
    """

    db: Database
    schemes: tuple[str, ...]
    """URL schemes of apps allowed in return addresses."""

    def acts(self) -> tuple[ApprovableAct, ...]:
        """Returns the acts system.add and system.change."""
        return (
            ApprovableAct("system.add", self._check_add, self._add, shows_secret=True),
            ApprovableAct("system.change", self._check_change, self._change),
        )

    async def _check_add(self, subject: str, details: Json) -> Json:
        """Checks a registration; the subject is the new name."""
        name = checked_name(subject)
        if name != subject:
            raise InvalidSystem(field="name")
        domain, urls = _values(details, _ADD, self.schemes)
        alike = await similar_systems(self.db, name=name, domain=domain)
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
        """Checks a change; the subject is the client id. Adds the system's present name and domain to the details."""
        system = await require_system(self.db, subject)
        domain, urls = _values(details, _CHANGE, self.schemes)
        name = checked_name(str(details["name"]))
        alike = await similar_systems(self.db, name=name, domain=domain, besides=subject)
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
        except NotFound as error:
            raise Conflict from error
        if (before.name, before.domain) != (details["name_before"], details["domain_before"]):
            raise Conflict
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
        alike = await similar_systems(tx, name=name, domain=details["domain"], besides=besides)
        if [other.document() for other in alike] != details["alike"]:
            raise Conflict


def _values(details: Json, names: set[str], schemes: tuple[str, ...]) -> tuple[str, list[str]]:
    if set(details) != names:
        raise InvalidRequest(fields=["details"])
    try:
        urls = msgspec.convert(details["return_urls"], tuple[str, ...])
    except msgspec.ValidationError as error:
        raise InvalidRequest(fields=["details"]) from error
    return checked_domain(str(details["domain"])), list(checked_urls(urls, schemes))
