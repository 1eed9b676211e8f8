"""Two-person rule in the console: one member of staff requests an action, another one approves it (ADR 30).

Only for people: a program's token may read requests, but neither make nor decide them.
"""

from typing import Annotated, Any, Final, Literal

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from mshield.server.certificates.errors import ShieldEnded
from mshield.server.context import Context
from mshield.server.errors import Conflict, NotFound
from mshield.server.filing import outside_changes
from mshield.server.filing.proposals import Proposed
from mshield.server.http import openapi
from mshield.server.http.answers import JsonAnswer, filled
from mshield.server.http.body import Wire, body_of
from mshield.server.http.caller import context_of, holds_no_secret
from mshield.server.http.console.authentication import PEOPLE, staff_of
from mshield.server.http.console.changed_rows import ChangedRowMessage, reported
from mshield.server.http.console.readings import record_reading
from mshield.server.http.console.search_words import searched
from mshield.server.http.console.sensitive import require_recent_factor
from mshield.server.http.query import Query
from mshield.server.http.router import Router
from mshield.server.legal_person.stop import EVENTS
from mshield.server.signing.errors import Held
from mshield.server.staff.approvals import ApprovalRow
from mshield.server.staff.members import StaffMember
from mshield.server.staff.rules import StaffRole
from mshield.server.values.lines import MAX_REASON
from mshield.server.values.names import mask_id_number, mask_phone

router: Final = Router("console")
_DECIDE: Final = (StaffRole.SECURITY_OFFICER, StaffRole.CUSTOMER_SERVICE)
_READERS: Final = (*_DECIDE, StaffRole.AUDITOR, StaffRole.FILING_OFFICER)
_ABOUT_PEOPLE: Final = frozenset({"account", "filing", "identity", "people", "shield"})
Id = Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f-]{1,36}\Z")]
Before = Annotated[
    str, msgspec.Meta(pattern=r"^[0-9a-f-]{0,36}\Z", description="`next` of the previous page")
]
State = Literal["waiting", "approved", "refused", "withdrawn", "expired"]


class ApprovalsWanted(Query, frozen=True):
    """Filter by state, and the position of the page."""

    state: Annotated[State | None, msgspec.Meta(description="only this state, such as `waiting`")] = None
    before: Before = ""
    limit: Annotated[int, msgspec.Meta(ge=1, le=200)] = 50


class AskApprovalMessage(Wire, frozen=True):
    """The action requested, its subject, its details, and the reason."""

    act: Annotated[str, msgspec.Meta(min_length=1, max_length=64, examples=["staff.roles"])]
    subject: Annotated[str, msgspec.Meta(min_length=1, max_length=128)]
    reason: Annotated[str, msgspec.Meta(min_length=1, max_length=MAX_REASON)]
    details: dict[str, Any] = msgspec.field(default_factory=dict)


class ApprovalMessage(Wire, frozen=True):
    """A request for approval; `details` are carried out exactly as stored. Times in ms.

    `subject_name` is the name of the account concerned; other names are in the details. `is_own`: the caller
    made the request; `may_decide`: it waits for the caller. `asked_by` is null while only an outside filing
    system has reported the change; `may_support`: the caller can ask for it, as the first of two.
    """

    id: str
    act: str
    subject: str
    subject_name: str | None
    details: dict[str, Any]
    reason: str
    asked_by: str | None
    asked_by_name: str | None
    asked_at: int
    expires_at: int
    state: State
    decided_by: str | None
    decided_by_name: str | None
    decided_at: int | None
    refused_reason: str | None
    is_own: bool
    may_decide: bool
    may_support: bool


class ApprovalsMessage(Wire, frozen=True):
    """A page; `next` is the value of `before` for the following page, or null.

    Approvals changed outside of the service aren't shown, but named.
    """

    items: tuple[ApprovalMessage, ...]
    next: str | None
    changed_rows: tuple[ChangedRowMessage, ...]


class DecisionMessage(Wire, frozen=True):
    """Decision: approval, limited to `lines` if given, or refusal.

    Irreversible actions require the `subject` to be typed again.

    A refusal has a `reason`, which the requester reads.
    """

    decision: Literal["approve", "refuse"]
    lines: Annotated[tuple[int, ...], msgspec.Meta(min_length=1, max_length=20_000)] | None = None
    subject: Annotated[str, msgspec.Meta(max_length=128)] | None = None
    reason: Annotated[str, msgspec.Meta(max_length=MAX_REASON)] | None = None


class LinesWanted(Query, frozen=True):
    """Position of the page."""

    after: Annotated[int, msgspec.Meta(ge=0, le=2**31, description="`next` of the previous page")] = 0
    limit: Annotated[int, msgspec.Meta(ge=1, le=200)] = 50


class ProposedLegalPersonMessage(Wire, frozen=True):
    """A legal person by the list's `line`, or an operator whose line renames the enterprise.

    `phone` null: the number on file stays; what an outside system reports has it masked. `change` `end`: the
    record is to end. `…_before` is what was on file. `phone_waits`:
    another number that waits, and that the line would stop, or null. `shields_stopped` counts shields
    to be renewed once a waiting line is accepted: its person's, or all of an enterprise that is renamed.
    """

    line: int
    role: Literal["legal_person", "operator"]
    change: Literal["add", "change", "end"]
    name: str
    id_type: str
    id_number_masked: str
    phone: str | None
    enterprise: str
    credit_code: str
    enterprise_before: str | None
    name_before: str | None
    phone_before: str | None
    phone_waits: str | None
    state: Literal["waiting", "taken", "refused", "overtaken"]
    shields_stopped: int


class ProposedLegalPersonsMessage(Wire, frozen=True):
    """A page; `next` is the value of `after` for the following page, or null."""

    items: tuple[ProposedLegalPersonMessage, ...]
    next: int | None


class DecidedMessage(Wire, frozen=True):
    """The request's new state, and the result of carrying it out.

    A secret in it (such as `set_up`) is shown only this once.
    """

    approval: ApprovalMessage
    outcome: dict[str, Any] = msgspec.field(name="told")


@router.get(
    "/approvals",
    summary="List requests for approval",
    operation_id="listApprovals",
    answers=openapi.answers(ApprovalsMessage, "A page, newest first"),
)
async def approvals(request: Request, query: ApprovalsWanted) -> Response:
    """Lists waiting and decided requests; other roles see those that they can approve or have made."""
    member = await staff_of(request, *_READERS)
    context = context_of(request)
    page = await context.staff.approvals.page(
        member,
        state=query.state or "",
        before=query.before or "~",
        most=query.limit,
        now=context.clock(),
    )
    if any(map(_is_about_people, page.rows)):
        await record_reading(request, member, "approvals", hourly=True)  # Pages reload it each minute.
    items = tuple(approval_message(context, member, row) for row in page.rows)
    return JsonAnswer(ApprovalsMessage(items, page.last, reported(request, page.changed)))


@router.post(
    "/approvals",
    summary="Request an approval",
    operation_id="askApproval",
    asks=openapi.takes(AskApprovalMessage),
    security=PEOPLE,
    answers=openapi.answers(ApprovalMessage, "Requested; it waits for another officer", status=201)
    | openapi.problems(404),
)
async def ask(request: Request) -> Response:
    """Carries nothing out yet; the request waits for three days.

    The action determines which roles request and approve.
    """
    member = await staff_of(request, *_DECIDE)
    message, context = await body_of(request, AskApprovalMessage), context_of(request)

    async def put_up() -> ApprovalRow:
        return await context.staff.approvals.ask(
            member,
            act=message.act,
            subject=message.subject,
            details=message.details,
            reason=message.reason,
            now=context.clock(),
        )

    is_by_number = message.act in EVENTS  # A refusal says whether the shield exists, and its state.
    try:
        row = await searched(request, member, put_up, by_number=is_by_number, hit=lambda _: True)
    except (NotFound, ShieldEnded, Conflict, Held):
        if is_by_number:
            await record_reading(request, member, "certificates", number=message.subject)
        raise
    return JsonAnswer(approval_message(context, member, row), 201)


@router.get(
    "/approvals/{approval_id}",
    summary="Show a request for approval",
    operation_id="showApproval",
    answers=openapi.answers(ApprovalMessage, "The request"),
)
async def show(request: Request, approval_id: Id) -> Response:
    """Returns a request with everything shown to the approver, and the reason of a refusal."""
    member, context, row = await seen_approval(request, approval_id)
    await _record(request, member, row)
    return JsonAnswer(approval_message(context, member, row))


@router.post(
    "/approvals/{approval_id}/decision",
    summary="Approve or refuse a request",
    operation_id="decideApproval",
    shows_secret=True,
    asks=openapi.takes(DecisionMessage),
    security=PEOPLE,
    answers=openapi.answers(DecidedMessage, "Decided, and carried out if approved"),
)
async def decide(request: Request, approval_id: Id) -> Response:
    """Decides on a request, and carries out an approved action in the same transaction.

    The requester and the person concerned can't decide.
    """
    member = await staff_of(request, *_DECIDE)
    message, context = await body_of(request, DecisionMessage), context_of(request)
    if message.decision == "approve":
        require_recent_factor(request, member)
    row, outcome = await context.staff.approvals.decide(
        member,
        approval_id,
        message.decision,
        lines=None if message.lines is None else frozenset(message.lines),
        subject=message.subject,
        reason=message.reason,
        now=context.clock(),
    )
    if not context.staff.approvals.shows_secret(row):
        holds_no_secret(request)
    return JsonAnswer(DecidedMessage(approval_message(context, member, row), dict(outcome)))


@router.post(
    "/approvals/{approval_id}/support",
    summary="Ask for what an outside filing system reports, as the first of two",
    operation_id="supportApproval",
    security=PEOPLE,
    answers=openapi.answers(ApprovalMessage, "Asked; it waits for another officer"),
)
async def support(request: Request, approval_id: Id) -> Response:
    """Makes the caller the requester of a `filing.source`, which then waits for three days."""
    member = await staff_of(request, StaffRole.SECURITY_OFFICER, StaffRole.FILING_OFFICER)
    context = context_of(request)
    row = await context.staff.approvals.support(member, approval_id, now=context.clock())
    return JsonAnswer(approval_message(context, member, row))


@router.post(
    "/approvals/{approval_id}/withdrawal",
    summary="Withdraw one's own request",
    operation_id="withdrawApproval",
    security=PEOPLE,
    answers=openapi.answers(ApprovalMessage, "Withdrawn"),
)
async def withdraw(request: Request, approval_id: Id) -> Response:
    """Withdraws a request that is still waiting."""
    member = await staff_of(request, *_DECIDE, StaffRole.FILING_OFFICER)
    context = context_of(request)
    row = await context.staff.approvals.withdraw(member, approval_id, now=context.clock())
    return JsonAnswer(approval_message(context, member, row))


@router.get(
    "/approvals/{approval_id}/legal-persons",
    summary="List the legal representatives of a request for approval",
    operation_id="listProposedLegalPersons",
    answers=openapi.answers(ProposedLegalPersonsMessage, "A page, in the order of lines"),
)
async def legal_persons(request: Request, approval_id: Id, query: LinesWanted) -> Response:
    """Lists each line of a `filing.legal_persons` or `filing.source` as it would be accepted, by what was on file."""
    member, context, row = await seen_approval(request, approval_id)
    await _record(request, member, row)
    rows = await context.filing.legal_persons.page(approval_id, after=query.after, most=query.limit + 1)
    page = rows[: query.limit]
    stops = await context.filing.legal_persons.stops(page, now=context.clock())
    is_masked = row.act == outside_changes.NAME
    items = tuple(
        _proposed(person, stops.get(person.held.record.line, 0), is_masked=is_masked) for person in page
    )
    more = len(rows) > query.limit
    return JsonAnswer(ProposedLegalPersonsMessage(items, items[-1].line if more else None))


async def seen_approval(request: Request, approval_id: str) -> tuple[StaffMember, Context, ApprovalRow]:
    """Returns a request for approval that the caller may see, with the caller and the context.

    Raises: as `staff_of`; NotFound.
    """
    member, context = await staff_of(request, *_READERS), context_of(request)
    row = await context.staff.approvals.find(approval_id, now=context.clock())
    if not context.staff.approvals.sees(member, row):
        raise NotFound
    return member, context, row


async def _record(request: Request, member: StaffMember, row: ApprovalRow) -> None:
    """Records that a request about somebody is read. Raises: TooManyRequests."""
    if _is_about_people(row):
        subject = "" if row.subject == row.id else row.subject
        number = row.subject if row.act.startswith("shield.") else ""
        await record_reading(request, member, "approval", subject=subject, number=number)


def _is_about_people(row: ApprovalRow) -> bool:
    return row.act.partition(".")[0] in _ABOUT_PEOPLE


def _proposed(person: Proposed, stopped: int, *, is_masked: bool) -> ProposedLegalPersonMessage:
    held = person.held
    record, before = held.record, held.before
    is_new = before.version is None or before.ended_at is not None
    return filled(
        ProposedLegalPersonMessage,
        record,
        id_type=record.id_type.value,
        role=record.role.value,
        id_number_masked=mask_id_number(record.id_number),
        phone=_shown(record.phone, is_masked=is_masked),
        change="end" if held.ends else "add" if is_new else "change",
        enterprise_before=before.enterprise,
        name_before=before.name,
        phone_before=_shown(before.phone, is_masked=is_masked),
        phone_waits=_shown(held.stops_phone or None, is_masked=is_masked),
        state=person.state,
        shields_stopped=stopped,
    )


def _shown(phone: str | None, *, is_masked: bool) -> str | None:
    return mask_phone(phone) if phone and is_masked else phone


def approval_message(context: Context, member: StaffMember, row: ApprovalRow) -> ApprovalMessage:
    own = context.staff.approvals
    return filled(
        ApprovalMessage,
        row,
        asked_by=row.asked_by or None,
        asked_by_name=row.asked_by_name or None,
        is_own=row.asked_by == member.id,
        may_decide=own.may_decide(member, row),
        may_support=own.may_support(member, row),
    )
