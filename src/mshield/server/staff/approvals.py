"""The two-person rule: one member of staff requests an act, another approves it, and it is carried out (ADR 30).

The decision and the act are one transaction. Requester and approver must be two different people who are
logged in, both active and in the roles that the act requires at that moment; nobody may decide about
themselves. A request never changes: the act is carried out exactly as the approver saw it, or not at all.
"""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final, Literal

from mshield.server import errors as server_errors
from mshield.server.acts.rows import acts
from mshield.server.acts.rows import approvals as store
from mshield.server.acts.rows.approvals import ApprovalPage, ApprovalRow, Question
from mshield.server.database.interface import Conflict, Database, Tx
from mshield.server.errors import DomainError, Forbidden, InvalidRequest, NotFound
from mshield.server.staff.errors import ApprovalOver, ApprovalWaiting, OwnApproval
from mshield.server.staff.members import StaffMember
from mshield.server.staff.rows import members as staff
from mshield.server.staff.rules import StaffRole, require
from mshield.server.staff.second_factor import require_repeated_factor
from mshield.server.values.lines import checked_reason
from mshield.wire.ids import new_id
from mshield.wire.times import HOUR_MS

__all__ = ["ApprovableAct", "ApprovalRow", "Approvals", "Decision", "Question"]

Json = Mapping[str, Any]
Decision = Literal["approve", "refuse"]
WAITING_MS: Final = 72 * HOUR_MS
_STATES: Final = {"approve": "approved", "refuse": "refused"}
_OFFICER: Final = StaffRole.SECURITY_OFFICER

RolePairs = frozenset[tuple[StaffRole, StaffRole]]
"""Pairs of the requester's role and the approver's role."""

TWO_OFFICERS: Final[RolePairs] = frozenset({(_OFFICER, _OFFICER)})


@dataclass(frozen=True, slots=True)
class ApprovableAct:
    """Act that needs a second person's approval.

    `check` receives subject and details of a request, and returns the details to show and carry out,
    including the state they presuppose (such as the previous roles). It raises an error to refuse the
    request. None: the act has a separate request call.

    `do` carries the act out in the decision's transaction and returns the data that the approver sees once.
    It raises errors.Conflict if the presupposed state has changed.

    `waiting_ms` is the lifetime of a request. `roles` are the pairs of requester and approver; if the details
    have an `approver`, only that role approves. `narrow` reduces an act of several lines to those that the
    approver selected, and raises InvalidRequest for unknown lines.

    `is_final`: the act can't be undone, so the approver must enter its subject and show a second factor again
    after the login. `named` returns the subject's name where the subject is an opaque id, and raises Conflict
    if it no longer has one.

    `shows_secret`: what `do` returns holds a secret, such as a set-up address, that is never shown again.
    """

    name: str
    check: Callable[[str, Json], Awaitable[Json]] | None
    do: Callable[[Tx, ApprovalRow, StaffMember, int], Awaitable[Json]]
    roles: RolePairs = TWO_OFFICERS
    waiting_ms: int = WAITING_MS
    narrow: Callable[[Tx, ApprovalRow, frozenset[int]], Awaitable[None]] | None = None
    is_final: bool = False
    named: Callable[[ApprovalRow], Awaitable[str]] | None = None
    shows_secret: bool = False


async def _no_op(tx: Tx) -> None:
    """Default hook for requests without extra data."""


@dataclass(frozen=True, slots=True)
class Approvals:
    """Creates, decides, withdraws and lists approval requests; `approvable` are the acts by name."""

    db: Database
    approvable: Mapping[str, ApprovableAct]

    async def ask(
        self, member: StaffMember, *, act: str, subject: str, details: Json, reason: str, now: int
    ) -> ApprovalRow:
        """Creates a request, which waits for three days or as long as the act specifies.

        Raises: Forbidden (a program, or another role), InvalidRequest (unknown act, or no reason),
        ApprovalWaiting, and as the act's `check`.
        """
        check = None if act not in self.approvable else self.approvable[act].check
        if check is None:
            raise InvalidRequest(fields=["act"])
        self.require_asker(member, act)
        plain = checked_reason(reason)
        checked = await check(subject, details)
        question = Question(id=new_id(now), act=act, subject=subject, details=checked, reason=plain)
        return await self.put(member, question, now=now)

    def require_asker(self, member: StaffMember, act: str) -> None:
        """Checks the requester. Raises: Forbidden (a program, or another role), InvalidRequest (unknown act)."""
        _require_person(member)
        if act not in self.approvable:
            raise InvalidRequest(fields=["act"])
        require(member.roles, {asks for asks, _ in self.approvable[act].roles})

    async def put(
        self,
        member: StaffMember,
        question: Question,
        *,
        also: Callable[[Tx], Awaitable[None]] = _no_op,
        now: int,
    ) -> ApprovalRow:
        """Stores a checked request; `also` runs in the same transaction.

        Raises: ApprovalWaiting, and as `require_asker`.
        """

        async def work(tx: Tx) -> None:
            await self.ask_in(tx, member, question, now=now)
            await also(tx)

        try:
            await self.db.write(work)
        except Conflict as error:
            raise ApprovalWaiting from error
        return await self.find(question.id, now=now)

    async def ask_in(self, tx: Tx, member: StaffMember, question: Question, *, now: int) -> None:
        """Stores a checked request in the caller's transaction.

        Raises: Conflict (the same request is pending), and as `require_asker`.
        """
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

    async def support(self, member: StaffMember, approval_id: str, *, now: int) -> ApprovalRow:
        """Adds the first of two members to an act that the service submitted; it then waits for the second one.

        Raises: Forbidden (a program, or another role), NotFound, ApprovalOver (also if somebody asked already).
        """
        _require_person(member)
        question = await self.find(approval_id, now=now)
        if question.act not in self.approvable:
            raise ApprovalOver
        self.require_asker(member, question.act)
        act = self.approvable[question.act]

        async def work(tx: Tx) -> None:
            is_active = await store.lock_people(tx, one=member.id, other=member.id)
            row = await staff.find(tx, staff_id=member.id)
            if not is_active or row is None or not set(row.roles) & {asks for asks, _ in act.roles}:
                raise ApprovalOver
            if not await store.ask(
                tx, approval_id=question.id, by=member.id, expires_at=now + act.waiting_ms, now=now
            ):
                raise ApprovalOver
            await _record(tx, member, "ask", replace(question, asked_by=member.id), now=now)

        await self.db.write(work)
        return await self.find(question.id, now=now)

    async def decide(
        self,
        member: StaffMember,
        approval_id: str,
        decision: Decision,
        *,
        lines: frozenset[int] | None = None,
        subject: str | None = None,
        reason: str | None = None,
        now: int,
    ) -> tuple[ApprovalRow, Json]:
        """Decides a request. Returns it in its new state, and the result of carrying it out.

        `lines` optionally selects lines of an act that has several, a final act needs the subject's name as
        `subject`, and a refusal a `reason`, which the requester can read.

        Raises: Forbidden (a program, or another role), NotFound, OwnApproval, ApprovalOver,
        SecondFactorNeeded and InvalidRequest (final acts; a refusal without a reason), Conflict (no member
        has asked for it yet), and as the act's `narrow` and `do`. After an error the request is still pending.
        """
        _require_person(member)
        question = await self.find(approval_id, now=now)
        self._require_role(member, question)
        why = checked_reason(reason or "") if decision == "refuse" else None
        if decision == "approve":
            if not question.asked_by:
                raise server_errors.Conflict(state="unasked")
            await self._require_deliberate(member, question, lines=lines, subject=subject, now=now)

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
            if (
                question.act not in self.approvable
            ):  # The request was made with another release of this service.
                raise ApprovalOver
            act = self.approvable[question.act]
            if lines is not None and act.narrow is not None:
                await act.narrow(tx, question, lines)
            return await act.do(tx, question, member, now)

        if member.id in {question.asked_by, question.subject}:
            raise OwnApproval
        try:
            result = await self.db.write(work)
        except Conflict as error:
            raise server_errors.Conflict from error
        return await self.find(question.id, now=now), result

    async def withdraw(self, member: StaffMember, approval_id: str, *, now: int) -> ApprovalRow:
        """Withdraws one's own request. Raises: Forbidden, NotFound (also another's), ApprovalOver."""
        _require_person(member)
        question = await self.find(approval_id, now=now)
        if question.asked_by != member.id:
            raise NotFound

        async def work(tx: Tx) -> None:
            if not await store.withdraw(tx, approval_id=question.id, by=member.id, now=now):
                raise ApprovalOver
            await _record(tx, member, "withdraw", question, now=now)

        await self.db.write(work)
        return await self.find(question.id, now=now)

    async def page(
        self, member: StaffMember, *, state: str, before: str, most: int, now: int
    ) -> ApprovalPage:
        """Returns the newest requests, optionally in one state.

        Officers and auditors see all, approvers those of their role's acts, requesters only their own and what
        the service submitted for their role.
        """
        await self.db.write(lambda tx: store.expire(tx, now=now))
        sees_all = {_OFFICER, StaffRole.AUDITOR} & set(member.roles)
        acts = None if sees_all else sorted(self._acts_of(member))
        asked_by = "" if sees_all or self._approves(member) else member.id
        return await store.page(self.db, state=state, acts=acts, asked_by=asked_by, before=before, most=most)

    def sees(self, member: StaffMember, approval: ApprovalRow) -> bool:
        """Reports whether the member's pages include this request."""
        if {_OFFICER, StaffRole.AUDITOR} & set(member.roles) or approval.asked_by == member.id:
            return True
        return (self._approves(member) or not approval.asked_by) and approval.act in self._acts_of(member)

    def shows_secret(self, approval: ApprovalRow) -> bool:
        """Reports whether the approval's answer holds a secret that is shown only once."""
        act = self.approvable.get(approval.act)
        return approval.state == "approved" and (act is None or act.shows_secret)

    def _approves(self, member: StaffMember) -> bool:
        return any(second in member.roles for act in self.approvable.values() for _, second in act.roles)

    async def _require_deliberate(
        self,
        member: StaffMember,
        question: ApprovalRow,
        *,
        lines: frozenset[int] | None,
        subject: str | None,
        now: int,
    ) -> None:
        act = self.approvable.get(question.act)
        if lines is not None and (act is None or act.narrow is None):
            raise InvalidRequest(fields=["lines"])
        if act is not None and act.is_final:
            require_repeated_factor(member, now=now)
            if subject != (question.subject if act.named is None else await act.named(question)):
                raise InvalidRequest(fields=["subject"])

    def may_support(self, member: StaffMember, approval: ApprovalRow) -> bool:
        """Reports whether this member can ask for it now, as the first of two."""
        if approval.state != "waiting" or approval.asked_by or member.session_id is None:
            return False
        return member.id != approval.subject and bool(
            set(member.roles) & {one for one, _ in self._pairs(approval)}
        )

    def may_decide(self, member: StaffMember, approval: ApprovalRow) -> bool:
        """Reports whether this member can decide it now."""
        if approval.state != "waiting" or member.session_id is None:
            return False
        if member.id in {approval.asked_by, approval.subject}:
            return False
        return self._fits(approval, approval.asked_by_roles, member.roles)

    def _acts_of(self, member: StaffMember) -> set[str]:
        held = set(member.roles)
        return {name for name, act in self.approvable.items() if any(held & set(pair) for pair in act.roles)}

    def _fits(self, approval: ApprovalRow, asks: Iterable[str], approves: Iterable[str]) -> bool:
        """Reports whether requester and approver with these roles fit the act."""
        held, held_by_other = set(asks), set(approves)
        return any(one in held and other in held_by_other for one, other in self._pairs(approval))

    def _pairs(self, approval: ApprovalRow) -> RolePairs:
        """Returns the role pairs of a request's act, restricted to the `approver` in its details.

        An act of another release needs two officers.
        """
        act = self.approvable.get(approval.act)
        roles, approver = TWO_OFFICERS if act is None else act.roles, approval.details.get("approver")
        return frozenset(pair for pair in roles if approver in {None, pair[1].value})

    async def find(self, approval_id: str, *, now: int) -> ApprovalRow:
        """Returns the request in its current state. Raises: NotFound."""
        await self.db.write(lambda tx: store.expire(tx, now=now))
        row = await store.find(self.db, approval_id=approval_id)
        if row is None:
            raise NotFound
        return row

    def _require_role(self, member: StaffMember, approval: ApprovalRow) -> None:
        """Raises Forbidden if this member can't be the approver; the requester gets OwnApproval later.

        Whether the requester still has the role is checked in the transaction.
        """
        pairs = self._pairs(approval)
        asks = set(approval.asked_by_roles) & {one for one, _ in pairs}
        others = {other for one, other in pairs if not asks or one in asks}
        if member.id != approval.asked_by:
            require(member.roles, others)

    async def _require_people(self, tx: Tx, approval: ApprovalRow, other: str) -> None:
        one = (
            approval.asked_by or other
        )  # An act without a requester can only be refused, which takes one member.
        if other == approval.asked_by:
            raise OwnApproval
        if not await store.lock_people(tx, one=one, other=other):
            raise ApprovalOver
        rows = [await staff.find(tx, staff_id=person) for person in (one, other)]
        asks, approves = (() if row is None else row.roles for row in rows)
        if not approval.asked_by:
            asks = tuple(role.value for role, _ in self._pairs(approval))
        if not self._fits(approval, asks, approves):
            raise ApprovalOver


def _require_person(member: StaffMember) -> None:
    if member.session_id is None:
        raise Forbidden(reason="person")


async def _why_not(tx: Tx, approval_id: str, by: str, *, now: int) -> DomainError:
    row = await store.find(tx, approval_id=approval_id)
    if row is not None and row.state == "waiting" and row.expires_at > now and by == row.asked_by:
        return OwnApproval()
    return ApprovalOver()


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
