"""Importing filing lists at the console: legal persons, and their enterprises' names, wait for a second officer.

All other lines are taken. One question holds those that wait. A program puts nothing up: it leaves them out and says
so.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from mshield.domain.filing import FilingRow
from mshield.domain.identity import Role
from mshield.domain.ids import new_id
from mshield.domain.staff import StaffRole
from mshield.services.filing.import_list import Held, ImportFiling
from mshield.services.filing.progress import Tell, untold
from mshield.services.filing.proposals import LegalPersons
from mshield.services.filing.report import Report, Waits
from mshield.services.staff.approvals import ApprovableAct, ApprovalRow, Approvals, Question
from mshield.services.staff.members import StaffMember
from mshield.store.database.interface import Tx

NAME: Final = "filing.legal_persons"
_REASON: Final = "filing_import"
_ROLES: Final = frozenset({(StaffRole.FILING_OFFICER, StaffRole.SECURITY_OFFICER)})
Json = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class ApproveLegalPersons:
    """The act, for `Approvals`. The subject is the question itself; the lines stand in the filing's proposals."""

    legal_persons: LegalPersons

    def act(self) -> ApprovableAct:
        """Its name is `filing.legal_persons`; its details are `{lines, legal_persons, enterprises, renamed, digest}`.

        `lines` are those of legal persons, and those that rename an enterprise which has one: `renamed` enterprises.
        """
        return ApprovableAct(NAME, None, self._do, roles=_ROLES, narrow=self._narrow)

    async def _narrow(self, tx: Tx, approval: ApprovalRow, lines: frozenset[int]) -> None:
        await self.legal_persons.narrow(tx, approval.id, lines)

    async def _do(self, tx: Tx, approval: ApprovalRow, by: StaffMember, now: int) -> Json:
        outcome = await self.legal_persons.take(
            tx,
            approval.id,
            asked_by=approval.asked_by,
            digest=approval.details["digest"],
            by=by.by,
            now=now,
        )
        return {
            "taken": outcome.taken,
            "refused": list(outcome.refused),
            "overtaken": list(outcome.overtaken),
        }


@dataclass(frozen=True, slots=True)
class ImportByStaff:
    """Imports a list in a member's name."""

    imports: ImportFiling
    legal_persons: LegalPersons
    approvals: Approvals

    async def plan(
        self, member: StaffMember, rows: Sequence[FilingRow], *, tell: Tell = untold, now: int
    ) -> Report:
        """What the import would do. Changes nothing."""
        return await self.imports.plan(rows, waits=_waits(member), tell=tell, now=now)

    async def apply(
        self, member: StaffMember, rows: Sequence[FilingRow], *, tell: Tell = untold, now: int
    ) -> tuple[Report, str | None]:
        """The report, and the id of the question that this put up, if any."""
        asked: list[str] = []

        async def hold(tx: Tx, held: Sequence[Held]) -> Waits:
            if member.session_id is None:
                return "person"
            asked.clear()  # of a try that the database undid
            unseen = await self.legal_persons.unseen(tx, held, now=now)
            if unseen:
                details = {
                    "lines": len(unseen),
                    "legal_persons": sum(person.record.role is Role.LEGAL_PERSON for person in unseen),
                    "enterprises": len({person.record.credit_code for person in unseen}),
                    "renamed": len({person.record.credit_code for person in unseen if person.renames}),
                    "digest": self.legal_persons.digest(unseen),
                }
                own_id = new_id(now)  # it is its own subject
                question = Question(id=own_id, act=NAME, subject=own_id, details=details, reason=_REASON)
                await self.approvals.ask_in(tx, member, question, now=now)
                await self.legal_persons.put_up(tx, question.id, unseen, now=now)
                asked.append(question.id)
            return "approval"

        report = await self.imports.apply(rows, by=member.by, hold=hold, tell=tell, now=now)
        return report, asked[-1] if asked and report.applied else None


def _waits(member: StaffMember) -> Waits:
    return "person" if member.session_id is None else "approval"
