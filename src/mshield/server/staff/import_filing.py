"""Imports filing lists at the console; some lines need a second officer.

These are legal persons, new names of their enterprises, and what would change who somebody with a proven account or
a shield is. All other lines take effect at once. One approval request holds all lines that wait. A program can't
create a request: it skips those lines and reports that.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from mshield.server.accounts.number_searches import compare_list
from mshield.server.database.interface import Tx
from mshield.server.filing.import_list import Held, ImportFiling
from mshield.server.filing.origin import Origin
from mshield.server.filing.outside_changes import NAME as OUTSIDE
from mshield.server.filing.progress import ReportProgress, no_progress
from mshield.server.filing.proposals import LegalPersons
from mshield.server.filing.report import Report, Waits
from mshield.server.filing.rules import FilingRow
from mshield.server.staff.approvals import TWO_OFFICERS, ApprovableAct, ApprovalRow, Approvals, Question
from mshield.server.staff.members import StaffMember
from mshield.server.staff.rules import StaffRole
from mshield.wire.identity import Role
from mshield.wire.ids import new_id

NAME: Final = "filing.legal_persons"
_REASON: Final = "filing_import"
_ROLES: Final = frozenset({(StaffRole.FILING_OFFICER, StaffRole.SECURITY_OFFICER)})
_OUTSIDE_ROLES: Final = _ROLES | TWO_OFFICERS
Json = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class ApproveLegalPersons:
    """The act, for `Approvals`. Its subject is the request itself.

    Its lines are stored as proposals of the filing.
    """

    legal_persons: LegalPersons

    def act(self) -> ApprovableAct:
        """Returns the approvable act `filing.legal_persons`.

        Its details are `{lines, legal_persons, enterprises, renamed, digest, file, sha256}`. `lines` counts
        them all; `renamed` counts the enterprises with a legal person that are renamed. The file is the list's.
        """
        return ApprovableAct(NAME, None, self._do, roles=_ROLES, narrow=self._narrow)

    async def _narrow(self, tx: Tx, approval: ApprovalRow, lines: frozenset[int]) -> None:
        await self.legal_persons.narrow(tx, approval.id, lines)

    async def _do(self, tx: Tx, approval: ApprovalRow, by: StaffMember, now: int) -> Json:
        return await _take(self.legal_persons, tx, approval, by, now=now)


@dataclass(frozen=True, slots=True)
class ApproveOutside:
    """The act by which two officers let an outside filing system change somebody proven, for `Approvals`.

    The service puts it up (filing/outside_changes.py), so one officer asks for it and another one approves it.
    """

    legal_persons: LegalPersons

    def act(self) -> ApprovableAct:
        """Returns the approvable act `filing.source`. Its subject is the record, or a hash of one not on file.

        Its details are `{name, enterprise, role, change, enterprise_change, changes, source, lines, digest}`;
        numbers in `changes` are masked.
        """
        return ApprovableAct(OUTSIDE, None, self._do, roles=_OUTSIDE_ROLES)

    async def _do(self, tx: Tx, approval: ApprovalRow, by: StaffMember, now: int) -> Json:
        return await _take(self.legal_persons, tx, approval, by, now=now)


@dataclass(frozen=True, slots=True)
class ImportByStaff:
    """Imports a list on behalf of a member of staff."""

    imports: ImportFiling
    legal_persons: LegalPersons
    approvals: Approvals

    async def plan(
        self, member: StaffMember, rows: Sequence[FilingRow], *, tell: ReportProgress = no_progress, now: int
    ) -> Report:
        """Returns what the import would do; changes nothing. Raises: TooManyRequests (too many guesses)."""

        async def plan() -> Report:
            return await self.imports.plan(rows, waits=_waits(member), tell=tell, now=now)

        return await self._counted(member, plan, now=now)

    async def apply(
        self,
        member: StaffMember,
        rows: Sequence[FilingRow],
        origin: Origin,
        *,
        tell: ReportProgress = no_progress,
        now: int,
    ) -> tuple[Report, str | None]:
        """Imports the list. Returns the report, and the id of the approval request created, if any.

        Lines that aren't carried out are counted as in a dry run. Raises: TooManyRequests.
        """
        question_ids: list[str] = []

        async def hold(tx: Tx, held: Sequence[Held]) -> Waits:
            if member.session_id is None:
                return "person"
            question_ids.clear()  # A previous attempt of the transaction was rolled back.
            unseen = await self.legal_persons.unseen(tx, held, now=now)
            if unseen:
                details = {
                    "lines": len(unseen),
                    "legal_persons": sum(person.record.role is Role.LEGAL_PERSON for person in unseen),
                    "enterprises": len({person.record.credit_code for person in unseen}),
                    "renamed": len({person.record.credit_code for person in unseen if person.renames}),
                    "digest": self.legal_persons.digest(unseen),
                    "file": origin.file,
                    "sha256": origin.sha256,
                }
                own_id = new_id(now)  # The request is its own subject.
                question = Question(id=own_id, act=NAME, subject=own_id, details=details, reason=_REASON)
                await self.approvals.ask_in(tx, member, question, now=now)
                await self.legal_persons.store_held(tx, question.id, unseen, now=now)
                question_ids.append(question.id)
            return "approval"

        async def apply() -> Report:
            return await self.imports.apply(rows, by=member.by, origin=origin, hold=hold, tell=tell, now=now)

        report = await self._counted(member, apply, now=now)
        return report, question_ids[-1] if question_ids and report.applied else None

    async def _counted(
        self, member: StaffMember, compare: Callable[[], Awaitable[Report]], *, now: int
    ) -> Report:
        db = self.imports.db
        return await compare_list(
            db, compare, guesses=lambda report: report.guesses, member=member.id, now=now
        )


async def _take(
    legal_persons: LegalPersons, tx: Tx, approval: ApprovalRow, by: StaffMember, *, now: int
) -> Json:
    origin, digest = _origin_of(approval), approval.details["digest"]
    outcome = await legal_persons.take(tx, origin, approval.id, digest=digest, by=by.by, now=now)
    return {
        "taken": outcome.taken,
        "refused": list(outcome.refused),
        "overtaken": list(outcome.overtaken),
    }


def _origin_of(approval: ApprovalRow) -> Origin:
    details = approval.details
    file = Origin(details.get("file"), details.get("sha256"), source=details.get("source"))
    return file.approved(approval.id, asked_by=approval.asked_by)


def _waits(member: StaffMember) -> Waits:
    return "person" if member.session_id is None else "approval"
