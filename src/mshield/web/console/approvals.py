"""The two-person rule at the console: what one member of staff asks for, another one approves (ADR 30).

For people only: a program's token may read, and neither asks nor decides.
"""

from typing import Annotated, Any, Final, Literal

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from mshield.domain import errors
from mshield.domain.identity import mask_id_number
from mshield.domain.lines import MAX_REASON
from mshield.domain.staff import StaffRole
from mshield.services.context import Context
from mshield.services.filing.proposals import Proposed
from mshield.services.staff.approvals import Answer, ApprovalRow
from mshield.services.staff.members import StaffMember
from mshield.web import openapi
from mshield.web.answers import JsonAnswer, filled
from mshield.web.body import Wire, body_of
from mshield.web.console.authentication import PEOPLE, staff_of
from mshield.web.console.grave import require_grave
from mshield.web.context import context_of
from mshield.web.query import Query
from mshield.web.router import Router

router: Final = Router("console")
_DECIDE: Final = (StaffRole.SECURITY_OFFICER, StaffRole.CUSTOMER_SERVICE)
_READERS: Final = (*_DECIDE, StaffRole.AUDITOR, StaffRole.FILING_OFFICER)
Id = Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f-]{1,36}\Z")]
Before = Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f-]{0,36}\Z", description="`next` of the page before")]
State = Literal["waiting", "approved", "refused", "withdrawn", "expired"]


class ApprovalsWanted(Query, frozen=True):
    """What the list is narrowed to, and where its page begins."""

    state: Annotated[State | None, msgspec.Meta(description="in this state only, such as `waiting`")] = None
    before: Before = ""
    limit: Annotated[int, msgspec.Meta(ge=1, le=200)] = 50


class AskApprovalMessage(Wire, frozen=True):
    """What shall be done, to whom or what, with which details, and why."""

    act: Annotated[str, msgspec.Meta(min_length=1, max_length=64, examples=["staff.roles"])]
    subject: Annotated[str, msgspec.Meta(min_length=1, max_length=128)]
    reason: Annotated[str, msgspec.Meta(min_length=1, max_length=MAX_REASON)]
    details: dict[str, Any] = msgspec.field(default_factory=dict)


class ApprovalMessage(Wire, frozen=True):
    """One question; `details` are what is carried out, as they stand. Times in ms.

    `subject_name` is what the account is called that it is about; other names stand in the details.
    `is_own` tells whether the caller asked; `may_decide` whether it waits for them.
    """

    id: str
    act: str
    subject: str
    subject_name: str | None
    details: dict[str, Any]
    reason: str
    asked_by: str
    asked_by_name: str
    asked_at: int
    expires_at: int
    state: State
    decided_by: str | None
    decided_by_name: str | None
    decided_at: int | None
    refused_reason: str | None
    is_own: bool
    may_decide: bool


class ApprovalsMessage(Wire, frozen=True):
    """A page; `next` is the `before` of the one that follows, or null."""

    items: tuple[ApprovalMessage, ...]
    next: str | None


class DecisionMessage(Wire, frozen=True):
    """Yes or no: perhaps to some `lines` only, to what can't be taken back with the `subject` typed once more.

    No takes a `reason`, which who asked reads.
    """

    decision: Literal["approve", "refuse"]
    lines: Annotated[tuple[int, ...], msgspec.Meta(min_length=1, max_length=20_000)] | None = None
    subject: Annotated[str, msgspec.Meta(max_length=128)] | None = None
    reason: Annotated[str, msgspec.Meta(max_length=MAX_REASON)] | None = None


class LinesWanted(Query, frozen=True):
    """Where the page begins."""

    after: Annotated[int, msgspec.Meta(ge=0, le=2**31, description="`next` of the page before")] = 0
    limit: Annotated[int, msgspec.Meta(ge=1, le=200)] = 50


class ProposedLegalPersonMessage(Wire, frozen=True):
    """A legal person by the list's `line`, or an operator whose line renames the enterprise.

    `phone` null: what is on file stays. `…_before` are what was on file. `shields_stopped` have to be renewed once a
    line that waits is taken: its person's, or all of an enterprise's that gets another name.
    """

    line: int
    role: Literal["legal_person", "operator"]
    change: Literal["add", "change"]
    name: str
    id_type: str
    id_number_masked: str
    phone: str | None
    enterprise: str
    credit_code: str
    enterprise_before: str | None
    name_before: str | None
    phone_before: str | None
    state: Literal["waiting", "taken", "refused", "overtaken"]
    shields_stopped: int


class ProposedLegalPersonsMessage(Wire, frozen=True):
    """A page; `next` is the `after` of the one that follows, or null."""

    items: tuple[ProposedLegalPersonMessage, ...]
    next: int | None


class DecidedMessage(Wire, frozen=True):
    """The question as it stands now, and what carrying it out gave, told this once: such as `set_up`, an address."""

    approval: ApprovalMessage
    outcome: dict[str, Any] = msgspec.field(name="told")


@router.get(
    "/approvals",
    summary="What takes two",
    operation_id="listApprovals",
    answers=openapi.answers(ApprovalsMessage, "A page, newest first"),
)
async def approvals(request: Request, query: ApprovalsWanted) -> Response:
    """What waits, and what became of the rest; other roles see what they approve, or asked for themselves."""
    member = await staff_of(request, *_READERS)
    context = context_of(request)
    rows = await context.staff.approvals.page(
        member,
        state=query.state or "",
        before=query.before or "~",
        most=query.limit + 1,
        now=context.clock(),
    )
    items = tuple(approval_message(context, member, row) for row in rows[: query.limit])
    return JsonAnswer(ApprovalsMessage(items, items[-1].id if len(rows) > query.limit else None))


@router.post(
    "/approvals",
    summary="Ask for what takes two",
    operation_id="askApproval",
    asks=openapi.takes(AskApprovalMessage),
    security=PEOPLE,
    answers=openapi.answers(ApprovalMessage, "Asked; it waits for another officer", status=201)
    | openapi.problems(404),
)
async def ask(request: Request) -> Response:
    """Nothing is done yet; the question waits for three days. Which roles ask and approve is up to the act."""
    member = await staff_of(request, *_DECIDE)
    message, context = await body_of(request, AskApprovalMessage), context_of(request)
    row = await context.staff.approvals.ask(
        member,
        act=message.act,
        subject=message.subject,
        details=message.details,
        reason=message.reason,
        now=context.clock(),
    )
    return JsonAnswer(approval_message(context, member, row), 201)


@router.get(
    "/approvals/{approval_id}",
    summary="One question",
    operation_id="showApproval",
    answers=openapi.answers(ApprovalMessage, "As it stands"),
)
async def show(request: Request, approval_id: Id) -> Response:
    """With all that the approver is shown, and why it was refused."""
    member, context, row = await seen_approval(request, approval_id)
    return JsonAnswer(approval_message(context, member, row))


@router.post(
    "/approvals/{approval_id}/decision",
    summary="Approve or refuse",
    operation_id="decideApproval",
    asks=openapi.takes(DecisionMessage),
    security=PEOPLE,
    answers=openapi.answers(DecidedMessage, "Decided, and where approved carried out"),
)
async def decide(request: Request, approval_id: Id) -> Response:
    """Never by who asked or whom it is about. What was asked is carried out with the decision, or neither is."""
    member = await staff_of(request, *_DECIDE)
    message, context = await body_of(request, DecisionMessage), context_of(request)
    if message.decision == "approve":
        require_grave(request, member)
    row, outcome = await context.staff.approvals.decide(
        member,
        approval_id,
        Answer(
            message.decision,
            None if message.lines is None else frozenset(message.lines),
            message.subject,
            message.reason,
        ),
        now=context.clock(),
    )
    return JsonAnswer(DecidedMessage(approval_message(context, member, row), dict(outcome)))


@router.post(
    "/approvals/{approval_id}/withdrawal",
    summary="Take one's own question back",
    operation_id="withdrawApproval",
    security=PEOPLE,
    answers=openapi.answers(ApprovalMessage, "Withdrawn"),
)
async def withdraw(request: Request, approval_id: Id) -> Response:
    """As long as it waits."""
    member = await staff_of(request, *_DECIDE, StaffRole.FILING_OFFICER)
    context = context_of(request)
    row = await context.staff.approvals.withdraw(member, approval_id, now=context.clock())
    return JsonAnswer(approval_message(context, member, row))


@router.get(
    "/approvals/{approval_id}/legal-persons",
    summary="The legal persons that a question is about",
    operation_id="listProposedLegalPersons",
    answers=openapi.answers(ProposedLegalPersonsMessage, "A page, by line"),
)
async def legal_persons(request: Request, approval_id: Id, query: LinesWanted) -> Response:
    """Of an act `filing.legal_persons`: each line as it would be taken, beside what was on file."""
    _, context, _ = await seen_approval(request, approval_id)
    rows = await context.filing.legal_persons.page(approval_id, after=query.after, most=query.limit + 1)
    shown = rows[: query.limit]
    stops = await context.filing.legal_persons.stops(shown, now=context.clock())
    items = tuple(_proposed(person, stops.get(person.record.line, 0)) for person in shown)
    more = len(rows) > query.limit
    return JsonAnswer(ProposedLegalPersonsMessage(items, items[-1].line if more else None))


async def seen_approval(request: Request, approval_id: str) -> tuple[StaffMember, Context, ApprovalRow]:
    """A question that the caller's pages have. Raises NotFound."""
    member, context = await staff_of(request, *_READERS), context_of(request)
    row = await context.staff.approvals.find(approval_id, now=context.clock())
    if not context.staff.approvals.sees(member, row):
        raise errors.NotFound
    return member, context, row


def _proposed(person: Proposed, stopped: int) -> ProposedLegalPersonMessage:
    record, before = person.record, person.before
    is_new = before.version is None or before.ended_at is not None
    return filled(
        ProposedLegalPersonMessage,
        record,
        id_type=record.id_type.value,
        role=record.role.value,
        id_number_masked=mask_id_number(record.id_number),
        change="add" if is_new else "change",
        enterprise_before=before.enterprise,
        name_before=before.name,
        phone_before=before.phone,
        state=person.state,
        shields_stopped=stopped,
    )


def approval_message(context: Context, member: StaffMember, row: ApprovalRow) -> ApprovalMessage:
    """The question as this member sees it."""
    may_decide = context.staff.approvals.may_decide(member, row)
    return filled(ApprovalMessage, row, is_own=row.asked_by == member.id, may_decide=may_decide)
