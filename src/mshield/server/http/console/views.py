"""Views (展示规则) of business systems in the console: submitted by one officer, approved by another, withdrawn.

View and samples are files, so they are sent in base64, which preserves every byte.
"""

import base64
import binascii
from typing import Annotated, Any, Final, Literal

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from mshield.server.errors import InvalidRequest
from mshield.server.http import openapi
from mshield.server.http.answers import JsonAnswer, file_answer, filled
from mshield.server.http.body import Wire, body_of
from mshield.server.http.caller import context_of
from mshield.server.http.console.approvals import ApprovalMessage, Id, approval_message, seen_approval
from mshield.server.http.console.authentication import PEOPLE, staff_of
from mshield.server.http.console.systems import READERS, WRITER
from mshield.server.http.router import Router
from mshield.server.staff.members import StaffMember
from mshield.server.systems.view_drafts import (
    LONGEST_NAME,
    MOST_SAMPLES,
    Draft,
    DrawnSampleMessage,
    SubmittedView,
    ViewFile,
)
from mshield.server.systems.views import ListedView, list_views
from mshield.server.values.lines import MAX_REASON
from mshield.wire.messages import Hex32

router: Final = Router("console")
File = Annotated[str, msgspec.Meta(min_length=4, extra_json_schema={"format": "byte"})]


class SampleMessage(Wire, frozen=True):
    """A sample of the business system's content, with a name; each at most 256 KiB, all together 512 KiB."""

    name: Annotated[str, msgspec.Meta(min_length=1, max_length=LONGEST_NAME)]
    content_b64: File


class ViewFilesMessage(Wire, frozen=True):
    """A view's file, and samples that it must render."""

    view_b64: File
    samples: Annotated[tuple[SampleMessage, ...], msgspec.Meta(min_length=1, max_length=MOST_SAMPLES)]


class HandInViewMessage(ViewFilesMessage, frozen=True):
    """A view's file, samples, and the reason."""

    reason: Annotated[str, msgspec.Meta(min_length=1, max_length=MAX_REASON)]


class WithdrawViewMessage(Wire, frozen=True):
    """Reason, stored with the action."""

    reason: Annotated[str, msgspec.Meta(min_length=1, max_length=MAX_REASON)]


class ViewMessage(Wire, frozen=True):
    """A registered version; times in ms. The names are null if two people registered it on the server.

    `in_force`: used by requests that name no version; `replaced`: only by those that name it; `withdrawn`: by
    none.
    """

    id: str
    version: int
    title: str
    content: Literal["xml", "json"]
    digest: Hex32
    state: Literal["in_force", "replaced", "withdrawn"]
    at: int
    withdrawn_at: int | None
    approval_id: str | None
    asked_by_name: str | None
    approved_by_name: str | None


class ViewsMessage(Wire, frozen=True):
    """All versions of all views of a system, by ID, newest version first."""

    items: tuple[ViewMessage, ...]


class ViewDraftMessage(Wire, frozen=True):
    """A view that was submitted or might be, with each sample rendered.

    `view` is its whole content, for reading the rules; `in_force` is the version before it.
    """

    id: str
    version: int
    title: str
    content: Literal["xml", "json"]
    digest: Hex32
    view: dict[str, Any]
    in_force: int | None
    samples: tuple[DrawnSampleMessage, ...]


async def _writer(request: Request) -> StaffMember:
    return await staff_of(request, WRITER)


@router.get(
    "/systems/{client_id}/views",
    summary="List a system's views",
    operation_id="listViews",
    answers=openapi.answers(ViewsMessage, "All views"),
)
async def views(request: Request, client_id: str) -> Response:
    """Versions waiting for a second officer are among the approvals, as action `view.add`."""
    await staff_of(request, *READERS)
    listed = await list_views(context_of(request).db, client_id)
    return JsonAnswer(ViewsMessage(tuple(_view(view) for view in listed)))


@router.post(
    "/systems/{client_id}/view-previews",
    summary="Preview a view",
    operation_id="previewView",
    known_first=_writer,
    asks=openapi.takes(ViewFilesMessage),
    answers=openapi.answers(ViewDraftMessage, "The samples, rendered as far as possible")
    | openapi.problems(413),
)
async def preview(request: Request, client_id: str) -> Response:
    """Changes nothing. A sample that can't be rendered has an error.

    An unreadable view is refused with `view_failed`.
    """
    await _writer(request)
    handed_in = _handed_in(await body_of(request, ViewFilesMessage))
    draft = await context_of(request).systems.views.draft(client_id, handed_in)
    return JsonAnswer(_draft(draft))


@router.post(
    "/systems/{client_id}/views",
    summary="Submit a view",
    operation_id="handInView",
    known_first=_writer,
    asks=openapi.takes(HandInViewMessage),
    security=PEOPLE,
    answers=openapi.answers(ApprovalMessage, "It waits for another officer", status=201)
    | openapi.problems(413),
)
async def hand_in(request: Request, client_id: str) -> Response:
    """Its version is the latest of its ID plus one. It takes effect when another officer has approved it."""
    member = await _writer(request)
    message, context = await body_of(request, HandInViewMessage), context_of(request)
    approval = await context.systems.views.hand_in(
        member, client_id, _handed_in(message), reason=message.reason, now=context.clock()
    )
    return JsonAnswer(approval_message(context, member, approval), 201)


@router.get(
    "/systems/{client_id}/views/{digest}",
    summary="Download a view",
    operation_id="downloadView",
    answers=openapi.answers_file("The canonical bytes, whose SM3 is the digest", "application/octet-stream"),
)
async def download(request: Request, client_id: str, digest: Hex32) -> Response:
    """Returns the file of a version, even if it was withdrawn."""
    await staff_of(request, *READERS)
    row = await context_of(request).systems.views.find(client_id, bytes.fromhex(digest))
    name = f"{row.view_id.replace('/', '-')}-v{row.version}.json"
    return file_answer(row.octets, "application/octet-stream", name)


@router.post(
    "/systems/{client_id}/views/{digest}/withdrawal",
    summary="Withdraw a view",
    operation_id="withdrawView",
    asks=openapi.takes(WithdrawViewMessage),
    security=PEOPLE,
    answers=openapi.answers(ViewsMessage, "All views of the system in their new state"),
)
async def withdraw(request: Request, client_id: str, digest: Hex32) -> Response:
    """Applies to new requests only; if an earlier version is left, it is in force again."""
    member, context = await _writer(request), context_of(request)
    message = await body_of(request, WithdrawViewMessage)
    await context.systems.views.withdraw(
        client_id, bytes.fromhex(digest), reason=message.reason, by=member.by, now=context.clock()
    )
    listed = await list_views(context.db, client_id)
    return JsonAnswer(ViewsMessage(tuple(_view(view) for view in listed)))


@router.get(
    "/approvals/{approval_id}/view",
    summary="Show the view of a request for approval",
    operation_id="showProposedView",
    answers=openapi.answers(ViewDraftMessage, "Each sample rendered by it, and by the version in force then"),
)
async def proposed(request: Request, approval_id: Id) -> Response:
    """Returns the view of an action `view.add`. A draft that wasn't approved is stored for at most a day."""
    _, context, row = await seen_approval(request, approval_id)
    return JsonAnswer(_draft(await context.systems.views.proposed(row)))


def _handed_in(message: ViewFilesMessage) -> SubmittedView:
    samples = tuple(ViewFile(sample.name, _decoded(sample.content_b64)) for sample in message.samples)
    return SubmittedView(_decoded(message.view_b64), samples)


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise InvalidRequest(fields=["view_b64", "samples"]) from error


def _view(listed: ListedView) -> ViewMessage:
    row = listed.view
    return filled(
        ViewMessage,
        row,
        id=row.view_id,
        digest=row.digest.hex(),
        title=listed.title,
        content=listed.content,
        state=listed.state,
        asked_by_name=listed.asked_by_name,
        approved_by_name=listed.approved_by_name,
    )


def _draft(draft: Draft) -> ViewDraftMessage:
    view = draft.view
    return filled(
        ViewDraftMessage,
        view,
        digest=view.digest.hex(),
        view=msgspec.json.decode(view.octets),
        in_force=None if draft.in_force is None else draft.in_force.version,
        samples=draft.samples,
    )
