"""The two-person rule: what one security officer asks for, another one approves, and then it is carried out (ADR 30).

The decision and what it decides are one transaction. Who asks and who decides are logged in as people, two different
ones, both active security officers at that moment; nobody decides about themselves. A question never changes: what the
approver was shown is what is carried out, or nothing.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

from mshield.domain import errors
from mshield.domain.ids import new_id
from mshield.domain.reason import checked_reason
from mshield.domain.staff import StaffRole
from mshield.domain.times import HOUR_MS
from mshield.services.staff.members import StaffMember
from mshield.services.staff.second_factor import require_shown_again
from mshield.store.database.interface import Conflict, Database, Tx
from mshield.store.staff import acts
from mshield.store.staff import approvals as store
from mshield.store.staff import members as staff
from mshield.store.staff.approvals import ApprovalRow

__all__ = ["Answer", "ApprovableAct", "ApprovalRow", "Approvals", "Decision", "new_question"]

Json = Mapping[str, Any]
Decision = Literal["approve", "refuse"]
WAITING_MS: Final = 72 * HOUR_MS
_DECIDER: Final = StaffRole.SECURITY_OFFICER
_STATES: Final = {"approve": "approved", "refuse": "refused"}


@dataclass(frozen=True, slots=True)
class ApprovableAct:
    """Something that takes two.

    `check` takes subject and details of the question, and returns the details as they are shown and carried out, with
    what they presuppose (such as the roles before); it raises what refuses the question. `do` carries it out in the
    decision's transaction and returns what the approver is told, once; it raises errors.Conflict where what it
    presupposes no longer holds. `asker` is the role of who asks. `narrow` keeps of an act of several lines those that
    the approver chose, and raises InvalidRequest for others than there are. `is_final`: it can't be taken back, so the
    approver names its subject and shows a second factor after the login.
    """

    name: str
    check: Callable[[str, Json], Awaitable[Json]]
    do: Callable[[Tx, ApprovalRow, StaffMember, int], Awaitable[Json]]
    asker: StaffRole = StaffRole.SECURITY_OFFICER
    narrow: Callable[[Tx, ApprovalRow, frozenset[int]], Awaitable[None]] | None = None
    is_final: bool = False


@dataclass(frozen=True, slots=True)
class Answer:
    """What the second officer says: of an act of several lines perhaps which, of a final one the subject's name."""

    decision: Decision
    lines: frozenset[int] | None = None
    subject: str | None = None


@dataclass(frozen=True, slots=True)
class Approvals:
    """Asks, decides, withdraws and lists; `approvable` are the acts by name."""

    db: Database
    approvable: Mapping[str, ApprovableAct]

    async def ask(
        self, member: StaffMember, *, act: str, subject: str, details: Json, reason: str, now: int
    ) -> ApprovalRow:
        """The question, which waits for three days.

        Raises Forbidden for a program, InvalidRequest for an unknown act or no reason, ApprovalWaiting, and what the
        act's `check` raises.
        """
        _require_person(member)
        if act not in self.approvable:
            raise errors.InvalidRequest(fields=["act"])
        plain = checked_reason(reason)
        checked = await self.approvable[act].check(subject, details)
        approval = new_question(member, act=act, subject=subject, details=checked, reason=plain, now=now)
        try:
            await self.db.write(lambda tx: self.ask_in(tx, member, approval, now=now))
        except Conflict as error:
            raise errors.ApprovalWaiting from error
        return await self.find(approval.id, now=now)

    async def ask_in(self, tx: Tx, member: StaffMember, approval: store.NewApproval, *, now: int) -> None:
        """Asks in a transaction of the caller's, who has checked it. Raises Forbidden for a program, Conflict."""
        _require_person(member)
        await store.expire(tx, now=now)
        await store.insert(tx, approval, now=now)
        await _record(tx, member, "ask", approval, now=now)

    async def decide(
        self, member: StaffMember, approval_id: str, answer: Answer, *, now: int
    ) -> tuple[ApprovalRow, Json]:
        """The question as it then stands, and what carrying it out gave.

        Raises Forbidden for a program, NotFound, OwnApproval, ApprovalOver; SecondFactorNeeded and InvalidRequest for
        what is final; and what the act's `narrow` and `do` raise. Then it still waits.
        """
        _require_person(member)
        question = await self.find(approval_id, now=now)
        decision = answer.decision
        if decision == "approve":
            self._require_deliberate(member, question, answer, now=now)

        async def work(tx: Tx) -> Json:
            await self._require_officers(tx, question, member.id)
            if not await store.decide(
                tx, approval_id=question.id, state=_STATES[decision], by=member.id, now=now
            ):
                raise await _why_not(tx, question.id, member.id, now=now)
            await _record(tx, member, decision, question, now=now)
            if decision == "refuse":
                return {}
            if question.act not in self.approvable:  # asked of another version of this service
                raise errors.ApprovalOver
            act = self.approvable[question.act]
            if answer.lines is not None and act.narrow is not None:
                await act.narrow(tx, question, answer.lines)
            return await act.do(tx, question, member, now)

        if member.id in {question.asked_by, question.subject}:
            raise errors.OwnApproval
        try:
            result = await self.db.write(work)
        except Conflict as error:
            raise errors.Conflict from error
        return await self.find(question.id, now=now), result

    async def withdraw(self, member: StaffMember, approval_id: str, *, now: int) -> ApprovalRow:
        """Takes one's own question back. Raises Forbidden, NotFound (also another's), ApprovalOver."""
        _require_person(member)
        question = await self.find(approval_id, now=now)
        if question.asked_by != member.id:
            raise errors.NotFound

        async def work(tx: Tx) -> None:
            if not await store.withdraw(tx, approval_id=question.id, by=member.id, now=now):
                raise errors.ApprovalOver
            await _record(tx, member, "withdraw", question, now=now)

        await self.db.write(work)
        return await self.find(question.id, now=now)

    async def page(
        self, *, state: str, asked_by: str = "", before: str, most: int, now: int
    ) -> list[ApprovalRow]:
        """The newest, in this state and asked by this member where these are given."""
        await self.db.write(lambda tx: store.expire(tx, now=now))
        return await store.page(self.db, state=state, asked_by=asked_by, before=before, most=most)

    def _require_deliberate(
        self, member: StaffMember, question: ApprovalRow, answer: Answer, *, now: int
    ) -> None:
        act = self.approvable.get(question.act)
        if answer.lines is not None and (act is None or act.narrow is None):
            raise errors.InvalidRequest(fields=["lines"])
        if act is not None and act.is_final:
            require_shown_again(member, now=now)
            if answer.subject != question.subject:
                raise errors.InvalidRequest(fields=["subject"])

    async def find(self, approval_id: str, *, now: int) -> ApprovalRow:
        """The question as it stands. Raises NotFound."""
        await self.db.write(lambda tx: store.expire(tx, now=now))
        row = await store.find(self.db, approval_id=approval_id)
        if row is None:
            raise errors.NotFound
        return row

    async def _require_officers(self, tx: Tx, question: ApprovalRow, decider: str) -> None:
        one = question.asked_by
        if not await store.lock_people(tx, one=one, other=decider):
            raise errors.OwnApproval if one == decider else errors.ApprovalOver
        act = self.approvable.get(question.act)
        needed = {one: StaffRole.SECURITY_OFFICER if act is None else act.asker, decider: _DECIDER}
        for person, role in needed.items():
            row = await staff.find(tx, staff_id=person)
            if row is None or role.value not in row.roles:
                raise errors.ApprovalOver


def new_question(
    member: StaffMember, *, act: str, subject: str | None = None, details: Json, reason: str, now: int
) -> store.NewApproval:
    """A question as it is to be asked; it is its own subject where none is given."""
    approval_id = new_id(now)
    return store.NewApproval(
        id=approval_id,
        act=act,
        subject=approval_id if subject is None else subject,
        details=details,
        reason=reason,
        asked_by=member.id,
        expires_at=now + WAITING_MS,
    )


def may_decide(member: StaffMember, approval: ApprovalRow) -> bool:
    """Whether it waits for this security officer."""
    if StaffRole.SECURITY_OFFICER not in member.roles or member.session_id is None:
        return False
    return approval.state == "waiting" and member.id not in {approval.asked_by, approval.subject}


def _require_person(member: StaffMember) -> None:
    if member.session_id is None:
        raise errors.Forbidden(reason="person")


async def _why_not(tx: Tx, approval_id: str, by: str, *, now: int) -> errors.DomainError:
    row = await store.find(tx, approval_id=approval_id)
    if row is not None and row.state == "waiting" and row.expires_at > now and by == row.asked_by:
        return errors.OwnApproval()
    return errors.ApprovalOver()


async def _record(tx: Tx, member: StaffMember, what: str, question: store.NewApproval, *, now: int) -> None:
    details = {
        "approval": question.id,
        "act": question.act,
        "details": dict(question.details),
        "reason": question.reason,
        "asked_by": question.asked_by,
    }
    await acts.record(
        tx, by=member.by, act=f"approval.{what}", subject=question.subject, details=details, now=now
    )
