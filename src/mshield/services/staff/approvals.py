"""The two-person rule: what one member of staff asks for, another one approves, and then it is carried out (ADR 30).

The decision and what it decides are one transaction. Who asks and who decides are logged in as people, two different
ones, both active and in the roles that the act asks for at that moment; nobody decides about themselves. A question
never changes: what the approver was shown is what is carried out, or nothing.
"""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

from mshield.domain import errors
from mshield.domain.ids import new_id
from mshield.domain.lines import checked_reason
from mshield.domain.staff import StaffRole, require
from mshield.domain.times import HOUR_MS
from mshield.services.staff.members import StaffMember
from mshield.services.staff.second_factor import require_shown_again
from mshield.store.database.interface import Conflict, Database, Tx
from mshield.store.staff import acts
from mshield.store.staff import approvals as store
from mshield.store.staff import members as staff
from mshield.store.staff.approvals import ApprovalRow

__all__ = ["Answer", "ApprovableAct", "ApprovalRow", "Approvals", "Decision", "Question"]

Json = Mapping[str, Any]
Decision = Literal["approve", "refuse"]
WAITING_MS: Final = 72 * HOUR_MS
_STATES: Final = {"approve": "approved", "refuse": "refused"}
_OFFICER: Final = StaffRole.SECURITY_OFFICER

RolePairs = frozenset[tuple[StaffRole, StaffRole]]
"""The role in which somebody asks, and the one in which somebody else approves."""

TWO_OFFICERS: Final[RolePairs] = frozenset({(_OFFICER, _OFFICER)})


@dataclass(frozen=True, slots=True)
class ApprovableAct:
    """Something that takes two.

    `check` takes subject and details of the question, and returns the details as they are shown and carried out, with
    what they presuppose (such as the roles before); it raises what refuses the question. Without one it is asked in its
    own way. `do` carries it out in the decision's transaction and returns what the approver is told, once; it raises
    errors.Conflict where what it presupposes no longer holds. `waiting_ms` is how long a question waits; `roles` are
    who asks and who approves; where the details have an `approver`, that role alone does. `narrow` keeps of an act of
    several lines those that the approver chose, and raises InvalidRequest for others than there are. `is_final`: it
    can't be taken back, so the approver names its subject and shows a second factor after the login. `named` gives the
    subject's name where the subject is an id that nobody reads; it raises Conflict where there is none any more.
    """

    name: str
    check: Callable[[str, Json], Awaitable[Json]] | None
    do: Callable[[Tx, ApprovalRow, StaffMember, int], Awaitable[Json]]
    roles: RolePairs = TWO_OFFICERS
    waiting_ms: int = WAITING_MS
    narrow: Callable[[Tx, ApprovalRow, frozenset[int]], Awaitable[None]] | None = None
    is_final: bool = False
    named: Callable[[ApprovalRow], Awaitable[str]] | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """What the second one says: of an act of several lines perhaps which, of a final one the subject's name.

    Who refuses says why: who asked reads it.
    """

    decision: Decision
    lines: frozenset[int] | None = None
    subject: str | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What is asked; `details` as they are shown, `sealed_box` what isn't."""

    id: str
    act: str
    subject: str
    details: Json
    reason: str
    sealed_box: bytes | None = None


async def _nothing(tx: Tx) -> None:
    """Nothing else belongs to the question."""


@dataclass(frozen=True, slots=True)
class Approvals:
    """Asks, decides, withdraws and lists; `approvable` are the acts by name."""

    db: Database
    approvable: Mapping[str, ApprovableAct]

    async def ask(
        self, member: StaffMember, *, act: str, subject: str, details: Json, reason: str, now: int
    ) -> ApprovalRow:
        """The question, which waits for three days, or as long as the act says.

        Raises Forbidden for a program or another role, InvalidRequest for an unknown act or no reason, ApprovalWaiting,
        and what the act's `check` raises.
        """
        check = None if act not in self.approvable else self.approvable[act].check
        if check is None:
            raise errors.InvalidRequest(fields=["act"])
        self.require_asker(member, act)
        plain = checked_reason(reason)
        checked = await check(subject, details)
        question = Question(id=new_id(now), act=act, subject=subject, details=checked, reason=plain)
        return await self.put(member, question, now=now)

    def require_asker(self, member: StaffMember, act: str) -> None:
        """Raises Forbidden for a program or another role, InvalidRequest for an unknown act."""
        _require_person(member)
        if act not in self.approvable:
            raise errors.InvalidRequest(fields=["act"])
        require(member.roles, {asks for asks, _ in self.approvable[act].roles})

    async def put(
        self,
        member: StaffMember,
        question: Question,
        *,
        also: Callable[[Tx], Awaitable[None]] = _nothing,
        now: int,
    ) -> ApprovalRow:
        """Asks what was checked; `also` is done in the same transaction. Raises ApprovalWaiting, as `require_asker`."""

        async def work(tx: Tx) -> None:
            await self.ask_in(tx, member, question, now=now)
            await also(tx)

        try:
            await self.db.write(work)
        except Conflict as error:
            raise errors.ApprovalWaiting from error
        return await self.find(question.id, now=now)

    async def ask_in(self, tx: Tx, member: StaffMember, question: Question, *, now: int) -> None:
        """Asks what was checked, in the caller's transaction. Raises as `require_asker`; Conflict where it waits."""
        self.require_asker(member, question.act)
        approval = store.NewApproval(
            id=question.id,
            act=question.act,
            subject=question.subject,
            details=question.details,
            reason=question.reason,
            asked_by=member.id,
            expires_at=now + self.approvable[question.act].waiting_ms,
            sealed_box=question.sealed_box,
        )
        await store.expire(tx, now=now)
        await store.insert(tx, approval, now=now)
        await _record(tx, member, "ask", approval, now=now)

    async def decide(
        self, member: StaffMember, approval_id: str, answer: Answer, *, now: int
    ) -> tuple[ApprovalRow, Json]:
        """The question as it then stands, and what carrying it out gave.

        Raises Forbidden for a program or another role, NotFound, OwnApproval, ApprovalOver; SecondFactorNeeded and
        InvalidRequest for what is final, and for a refusal without a reason; what the act's `narrow` and `do` raise.
        Then it still waits.
        """
        _require_person(member)
        question = await self.find(approval_id, now=now)
        self._require_role(member, question)
        decision = answer.decision
        why = checked_reason(answer.reason or "") if decision == "refuse" else None
        if decision == "approve":
            await self._require_deliberate(member, question, answer, now=now)

        async def work(tx: Tx) -> Json:
            await self._require_people(tx, question, member.id)
            if not await store.decide(
                tx,
                approval_id=question.id,
                state=_STATES[decision],
                by=member.id,
                refused_reason=why,
                now=now,
            ):
                raise await _why_not(tx, question.id, member.id, now=now)
            await _record(tx, member, decision, question, why=why, now=now)
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
        self, member: StaffMember, *, state: str, before: str, most: int, now: int
    ) -> list[ApprovalRow]:
        """The newest, in this state where one is given: all for officers and auditors, else what concerns the role.

        Who only asks in their role sees what they asked for themself.
        """
        await self.db.write(lambda tx: store.expire(tx, now=now))
        sees_all = {_OFFICER, StaffRole.AUDITOR} & set(member.roles)
        acts = None if sees_all else sorted(self._acts_of(member))
        asked_by = "" if sees_all or self._approves(member) else member.id
        return await store.page(self.db, state=state, acts=acts, asked_by=asked_by, before=before, most=most)

    def sees(self, member: StaffMember, approval: ApprovalRow) -> bool:
        """Whether the member's pages have this question."""
        if {_OFFICER, StaffRole.AUDITOR} & set(member.roles) or approval.asked_by == member.id:
            return True
        return self._approves(member) and approval.act in self._acts_of(member)

    def _approves(self, member: StaffMember) -> bool:
        return any(second in member.roles for act in self.approvable.values() for _, second in act.roles)

    async def _require_deliberate(
        self, member: StaffMember, question: ApprovalRow, answer: Answer, *, now: int
    ) -> None:
        act = self.approvable.get(question.act)
        if answer.lines is not None and (act is None or act.narrow is None):
            raise errors.InvalidRequest(fields=["lines"])
        if act is not None and act.is_final:
            require_shown_again(member, now=now)
            if answer.subject != (question.subject if act.named is None else await act.named(question)):
                raise errors.InvalidRequest(fields=["subject"])

    def may_decide(self, member: StaffMember, approval: ApprovalRow) -> bool:
        """Whether it waits for this member."""
        if approval.state != "waiting" or member.session_id is None:
            return False
        if member.id in {approval.asked_by, approval.subject}:
            return False
        return self._fits(approval, approval.asked_by_roles, member.roles)

    def _acts_of(self, member: StaffMember) -> set[str]:
        held = set(member.roles)
        return {name for name, act in self.approvable.items() if any(held & set(pair) for pair in act.roles)}

    def _fits(self, approval: ApprovalRow, asks: Iterable[str], approves: Iterable[str]) -> bool:
        """Whether people who hold these roles ask for and approve the act."""
        held, held_by_other = set(asks), set(approves)
        return any(one in held and other in held_by_other for one, other in self._pairs(approval))

    def _pairs(self, approval: ApprovalRow) -> RolePairs:
        """An act of another version of this service is the officers'; details may name the only role that approves."""
        act = self.approvable.get(approval.act)
        roles, approver = TWO_OFFICERS if act is None else act.roles, approval.details.get("approver")
        return frozenset(pair for pair in roles if approver in {None, pair[1].value})

    async def find(self, approval_id: str, *, now: int) -> ApprovalRow:
        """The question as it stands. Raises NotFound."""
        await self.db.write(lambda tx: store.expire(tx, now=now))
        row = await store.find(self.db, approval_id=approval_id)
        if row is None:
            raise errors.NotFound
        return row

    def _require_role(self, member: StaffMember, approval: ApprovalRow) -> None:
        """Raises Forbidden where this member can't be the second one; who asked is told so by OwnApproval.

        Whether who asked may still ask is the transaction's question.
        """
        pairs = self._pairs(approval)
        asks = set(approval.asked_by_roles) & {one for one, _ in pairs}
        others = {other for one, other in pairs if not asks or one in asks}
        if member.id != approval.asked_by:
            require(member.roles, others)

    async def _require_people(self, tx: Tx, approval: ApprovalRow, other: str) -> None:
        one = approval.asked_by
        if not await store.lock_people(tx, one=one, other=other):
            raise errors.OwnApproval if one == other else errors.ApprovalOver
        rows = [await staff.find(tx, staff_id=person) for person in (one, other)]
        asks, approves = (() if row is None else row.roles for row in rows)
        if not self._fits(approval, asks, approves):
            raise errors.ApprovalOver


def _require_person(member: StaffMember) -> None:
    if member.session_id is None:
        raise errors.Forbidden(reason="person")


async def _why_not(tx: Tx, approval_id: str, by: str, *, now: int) -> errors.DomainError:
    row = await store.find(tx, approval_id=approval_id)
    if row is not None and row.state == "waiting" and row.expires_at > now and by == row.asked_by:
        return errors.OwnApproval()
    return errors.ApprovalOver()


async def _record(
    tx: Tx, member: StaffMember, what: str, question: store.NewApproval, *, why: str | None = None, now: int
) -> None:
    details: dict[str, Any] = {
        "approval": question.id,
        "act": question.act,
        "details": dict(question.details),
        "reason": question.reason,
        "asked_by": question.asked_by,
    }
    if why is not None:
        details["refused_reason"] = why
    await acts.record(
        tx, by=member.by, act=f"approval.{what}", subject=question.subject, details=details, now=now
    )
